//! Enumerated types of PostgreSQL.

use super::dependents::{after_changes, dependents};
use super::table::TableChanges;
use crate::autogenerate::operation::{EnumUsage, SchemaOperation};
use crate::schema::{EnumType, Schema, Table, TableName};

/// Operations on enumerated types, by the time at which they are possible.
#[derive(Debug, Default)]
pub(super) struct EnumSteps {
    /// Before tables change: new types, and new values.
    pub(super) before: Vec<SchemaOperation>,
    /// After tables have changed: values that are removed or moved.
    pub(super) after: Vec<SchemaOperation>,
    /// After tables are dropped: types that are dropped.
    pub(super) last: Vec<SchemaOperation>,
}

pub(super) fn diff(from: &Schema, to: &Schema, tables: &TableChanges) -> EnumSteps {
    let mut steps = EnumSteps::default();
    for (name, new) in &to.enumerations {
        match from.enumerations.get(name) {
            None => steps.before.push(SchemaOperation::CreateEnumeration(new.clone())),
            Some(old) => alter(from, to, tables, old, new, &mut steps),
        }
    }
    let gone = from.enumerations.iter().filter(|(name, _)| !to.enumerations.contains_key(*name));
    steps.last.extend(gone.map(|(_, old)| SchemaOperation::DropEnumeration(old.clone())));
    steps
}

/// Adds new values first, because changed columns may use them. Removes old values last, because the columns that used
/// them have changed by then.
fn alter(from: &Schema, to: &Schema, tables: &TableChanges, old: &EnumType, new: &EnumType, steps: &mut EnumSteps) {
    let widened = EnumType { values: widened(&old.values, &new.values), ..old.clone() };
    if widened.values != old.values {
        let there: Vec<_> = from.tables.values().cloned().collect();
        steps.before.push(altered(old.clone(), widened.clone(), &there));
    }
    if widened.values != new.values {
        steps.after.push(altered(widened, new.clone(), &after_changes(from, to, tables)));
    }
}

/// The operation on a type, with its columns and dependents in these tables.
fn altered(from: EnumType, to: EnumType, tables: &[Table]) -> SchemaOperation {
    let users: Vec<_> = tables.iter().flat_map(|table| users_in(table, &to.name)).collect();
    let dependents = tables.iter().flat_map(|table| dependents(table, &users)).collect();
    SchemaOperation::AlterEnumeration { from, to, users, dependents }
}

/// The old values in their order, with each new value inserted after its predecessor.
fn widened(old: &[String], new: &[String]) -> Vec<String> {
    let mut values = old.to_vec();
    let mut at = 0;
    for value in new {
        match values.iter().position(|own| own == value) {
            Some(found) => at = found + 1,
            None => {
                values.insert(at, value.clone());
                at += 1;
            }
        }
    }
    values
}

fn users_in<'t>(table: &'t Table, name: &'t TableName) -> impl Iterator<Item = EnumUsage> + 't {
    let columns = table.columns.iter().filter(|column| column.column_type.is_of(name));
    columns.map(|column| EnumUsage { table: table.name.clone(), column: column.clone() })
}
