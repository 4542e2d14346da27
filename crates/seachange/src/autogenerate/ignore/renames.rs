//! Renames that are left out: the target keeps the old names.

use std::collections::BTreeMap;

use super::{Candidate, ObjectPresence, Selection};
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::diff::{self, Renames};
use crate::autogenerate::difference;
use crate::autogenerate::hints::EntityHints;
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::TableName;

/// Gives the tables and columns of the target their old names, where the selection contains the rename. Returns whether
/// there was one.
pub(super) fn leave_out(comparison: &mut Comparison, selection: &Selection<'_>) -> bool {
    let operations = diff::rename_operations(&comparison.renames());
    let (mut left_out, mut excluded) = (Renames::default(), Renames::default());
    for (operation, found) in operations.iter().zip(difference::by_operation(&operations)) {
        let both = ObjectPresence { in_database: true, in_entities: true };
        let candidate = |difference| Candidate { difference, is_unstated: false, object: both, table: both };
        if !found.iter().map(candidate).any(|candidate| selection.contains(&candidate)) {
            continue;
        }
        add(&mut left_out, operation);
        if found.iter().map(candidate).any(|candidate| selection.excludes(&candidate)) {
            add(&mut excluded, operation);
        }
    }
    keep_possible(&mut left_out, comparison);
    if left_out == Renames::default() {
        return false;
    }
    let inverse = inverse(&left_out);
    comparison.to = diff::apply_renames(&comparison.to, &inverse);
    rename_hints(&mut comparison.hints, &left_out, &inverse);
    comparison.renamed = None;
    adopt(comparison, &excluded, &inverse);
    true
}

fn add(renames: &mut Renames, operation: &SchemaOperation) {
    match operation {
        SchemaOperation::RenameTable { from, to } => {
            renames.tables.insert(from.clone(), to.clone());
        }
        SchemaOperation::Change { table, change: TableChange::RenameColumn { from, to } } => {
            renames.columns.insert((table.clone(), from.clone()), to.clone());
        }
        _ => {}
    }
}

/// Takes the tables and columns that are not compared from the database. Under their old names, the function that
/// decides about objects may include them.
fn adopt(comparison: &mut Comparison, excluded: &Renames, inverse: &Renames) {
    let Comparison { from, to, .. } = comparison;
    for old in excluded.tables.keys() {
        if let (Some(database), Some(own)) = (from.tables.get(old), to.tables.get_mut(old)) {
            own.clone_from(database);
        }
    }
    for (table, old) in excluded.columns.keys() {
        let table = inverse.tables.get(table).unwrap_or(table);
        let own = to.tables.get_mut(table).and_then(|own| own.columns.iter_mut().find(|column| column.name == *old));
        if let (Some(database), Some(own)) = (from.table(table).and_then(|table| table.column(old)), own) {
            own.clone_from(database);
        }
    }
}

/// Removes renames whose old name another table or column of the target has: it is the last of a chain.
fn keep_possible(renames: &mut Renames, comparison: &Comparison) {
    let to = &comparison.to;
    let tables = renames.tables.clone();
    renames.tables.retain(|old, _| !to.tables.contains_key(old) || tables.values().any(|new| new == old));
    let columns = renames.columns.clone();
    renames.columns.retain(|(table, old), _| {
        let is_renamed = || columns.iter().any(|((own, _), new)| own == table && new == old);
        to.table(table).is_none_or(|own| own.column(old).is_none()) || is_renamed()
    });
}

/// The renames back to the old names.
fn inverse(renames: &Renames) -> Renames {
    let tables: BTreeMap<TableName, TableName> =
        renames.tables.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
    let columns = renames.columns.iter().map(|((table, old), new)| {
        let table = tables.get(table).unwrap_or(table);
        ((table.clone(), new.clone()), old.clone())
    });
    Renames { columns: columns.collect(), tables }
}

fn rename_hints(hints: &mut EntityHints, left_out: &Renames, inverse: &Renames) {
    left_out.tables.values().for_each(|new| drop(hints.renamed_tables.remove(new)));
    hints.renamed_columns.retain(|(table, new), old| left_out.columns.get(&(table.clone(), old.clone())) != Some(new));
    let named = |(table, name): (TableName, String)| (inverse.tables.get(&table).cloned().unwrap_or(table), name);
    hints.names = std::mem::take(&mut hints.names).into_iter().map(named).collect();
    hints.uniques = std::mem::take(&mut hints.uniques).into_iter().map(named).collect();
    let columns = std::mem::take(&mut hints.renamed_columns).into_iter();
    hints.renamed_columns = columns.map(|(key, old)| (named(key), old)).collect();
}
