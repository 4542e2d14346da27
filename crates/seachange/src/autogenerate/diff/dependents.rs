//! Objects that PostgreSQL computes from a column. PostgreSQL refuses to change the type of the column while they
//! exist.

use std::collections::BTreeMap;

use super::column_refs::mentions;
use super::table::{TableChanges, TableDiff};
use crate::autogenerate::operation::{EnumUsage, SchemaOperation, TableChange};
use crate::schema::{Column, Expression, Index, IndexKey, Schema, Table, Unique};

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
