//! Enumerated types of PostgreSQL.

use std::collections::BTreeMap;

use super::rename::mentions;
use super::table::{TableChanges, TableDiff};
use crate::autogenerate::operation::{EnumUsage, SchemaOperation, TableChange};
use crate::schema::{Column, EnumType, Expression, Index, IndexKey, Schema, Table, TableName, Unique};

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

/// The tables after their changes. New indexes do not exist yet, and tables to drop still exist.
pub(super) fn after_changes(from: &Schema, to: &Schema, tables: &TableChanges) -> Vec<Table> {
    let changed: BTreeMap<_, _> = tables.changed.iter().map(|changed| (&changed.name, changed)).collect();
    let kept = from.tables.values().filter_map(|old| Some((old, to.tables.get(&old.name)?)));
    let kept = kept.map(|(old, new)| {
        changed.get(&old.name).map_or_else(|| old.clone(), |changed| with_changes(old, new, changed))
    });
    tables.created.iter().chain(&tables.dropped).cloned().chain(kept).collect()
}

fn with_changes(old: &Table, new: &Table, changed: &TableDiff) -> Table {
    let mut table = Table { columns: new.columns.clone(), ..old.clone() };
    table.indexes.retain(|index| !changed.dropped_indexes.contains(index));
    for change in &changed.changes {
        match change {
            TableChange::DropCheck(check) => table.checks.retain(|own| own != check),
            TableChange::AddCheck(check) => table.checks.push(check.clone()),
            TableChange::DropUnique(unique) => table.uniques.retain(|own| own != unique),
            TableChange::AddUnique(unique) => table.uniques.push(unique.clone()),
            _ => {}
        }
    }
    table
}

/// The operations that create what depends on the columns in `users`: generated columns with their unique constraints
/// and indexes, checks, expression indexes and partial indexes.
pub(super) fn dependents(table: &Table, users: &[EnumUsage]) -> Vec<SchemaOperation> {
    let users = users.iter().filter(|user| user.table == table.name).map(|user| user.column.name.as_str());
    let users: Vec<&str> = users.collect();
    if users.is_empty() {
        return Vec::new();
    }
    let generated: Vec<&Column> = table.columns.iter().filter(|column| is_generated_from(column, &users)).collect();
    let is_generated = |name: &str| generated.iter().any(|column| column.name == name);
    let depends = |expression: &Expression| {
        let columns = users.iter().copied().chain(generated.iter().map(|column| column.name.as_str()));
        any_mentioned(expression, columns)
    };
    let on_generated = |unique: &&Unique| unique.columns.iter().any(|column| is_generated(column));
    let columns = generated.iter().map(|column| TableChange::AddColumn(Box::new((*column).clone())));
    let uniques = table.uniques.iter().filter(on_generated).cloned().map(TableChange::AddUnique);
    let checks = table.checks.iter().filter(|check| depends(&check.expression)).cloned().map(TableChange::AddCheck);
    let changes = columns.chain(uniques).chain(checks);
    let changes = changes.map(|change| SchemaOperation::Change { table: table.name.clone(), change });
    let is_dependent = |index: &&Index| {
        let by_part = index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => is_generated(name),
            IndexKey::Expression(expression) => depends(expression),
        });
        by_part || index.predicate.as_ref().is_some_and(depends)
    };
    let indexes = table.indexes.iter().filter(is_dependent).cloned();
    changes.chain(indexes.map(|index| SchemaOperation::CreateIndex { table: table.name.clone(), index })).collect()
}

fn is_generated_from(column: &Column, users: &[&str]) -> bool {
    column.generated.as_ref().is_some_and(|generated| any_mentioned(&generated.expression, users.iter().copied()))
}

fn any_mentioned<'c>(expression: &Expression, mut columns: impl Iterator<Item = &'c str>) -> bool {
    columns.any(|column| mentions(&expression.normal, column))
}
