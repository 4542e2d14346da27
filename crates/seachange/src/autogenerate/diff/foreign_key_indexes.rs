//! Indexes that foreign keys need. MySQL and MariaDB refuse to drop the last index that begins with the columns of a
//! foreign key of the table. They drop an index that they created themselves as soon as another index can replace it.

use super::table::TableDiff;
use crate::autogenerate::operation::TableChange;
use crate::schema::{ForeignKey, Index, IndexPart, KeptOptions, Table};

/// Whether an index that serves the foreign key is dropped or added, while no other index for it stays. An added index
/// counts, because the downgrade drops it.
pub(super) fn is_unserved(key: &ForeignKey, table: &Table, changed: &TableDiff) -> bool {
    let replaced = replaced(changed);
    let begins = |columns: &Vec<String>| columns.starts_with(&key.columns);
    replaced.iter().any(begins) && !table.keys().any(|columns| begins(&columns) && !replaced.contains(&columns))
}

/// Whether one of the indexes begins with the columns of a foreign key.
pub(super) fn begins_one_of(key: &ForeignKey, indexes: &[Index]) -> bool {
    indexes.iter().any(|index| index.leading_columns().starts_with(&key.columns))
}

/// Whether the index equals the one that the database creates for a foreign key of the table without an index.
pub(super) fn is_as_made_for_foreign_key(index: &Index, table: &Table) -> bool {
    let made = |key: &ForeignKey| Index {
        name: index.name.clone(),
        unique: false,
        method: None,
        parts: key.columns.iter().map(IndexPart::column).collect(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        invalid: false,
        options: KeptOptions::default(),
    };
    let has_none = |key: &ForeignKey| !table.keys().any(|columns| columns.starts_with(&key.columns));
    table.foreign_keys.iter().any(|key| made(key) == *index && has_none(key))
}

/// The columns of the indexes that are dropped or added, including those of primary keys and unique constraints.
fn replaced(changed: &TableDiff) -> Vec<Vec<String>> {
    let constraints = changed.changes.iter().filter_map(|change| match change {
        TableChange::AddPrimaryKey(key) | TableChange::DropPrimaryKey(key) => Some(key.columns.clone()),
        TableChange::AddUnique(unique) | TableChange::DropUnique(unique) => Some(unique.columns.clone()),
        _ => None,
    });
    let indexes = changed.dropped_indexes.iter().chain(&changed.created_indexes);
    constraints.chain(indexes.map(Index::leading_columns)).collect()
}
