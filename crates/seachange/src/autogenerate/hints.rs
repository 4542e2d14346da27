//! What the entities leave open, so that it is not compared, and the former names that they declare.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;

use crate::schema::{Schema, Table, TableName};

/// What the schema of the entities does not show: which names they declare, and what was renamed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityHints {
    /// The names of constraints and indexes that the entities declare. SeaORM generates all other names, and generated
    /// names are ignored when comparing.
    pub names: BTreeSet<(TableName, String)>,
    /// The unique constraints that the entities declare, by name. A unique index is accepted instead of any other
    /// unique constraint.
    pub uniques: BTreeSet<(TableName, String)>,
    /// The former names of tables, by their new names.
    pub renamed_tables: BTreeMap<TableName, TableName>,
    /// The former names of columns, by their table and their new names.
    pub renamed_columns: BTreeMap<(TableName, String), String>,
}

impl EntityHints {
    /// Adds renames that only change the case of a name, on database systems where both are the same name: columns on
    /// SQLite, MySQL and MariaDB, and tables on SQLite.
    pub(super) fn add_changes_of_case(&mut self, from: &Schema, to: &Schema, backend: DbBackend) {
        if backend == DbBackend::Postgres {
            return;
        }
        if backend == DbBackend::Sqlite {
            let same =
                |old: &TableName, new: &TableName| old.schema == new.schema && old.name.eq_ignore_ascii_case(&new.name);
            let pairs = changed_case(from.tables.keys(), to.tables.keys(), same);
            self.renamed_tables.extend(pairs.into_iter().map(|(old, new)| (new.clone(), old.clone())));
        }
        for table in to.tables.values() {
            let old_name = self.renamed_tables.get(&table.name).filter(|old| from.tables.contains_key(*old));
            let Some(old) = from.table(old_name.unwrap_or(&table.name)) else { continue };
            let names = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
            let (before, after) = (names(old), names(table));
            let pairs = changed_case(before.iter(), after.iter(), |old, new| old.eq_ignore_ascii_case(new));
            let pairs = pairs.into_iter().map(|(old, new)| ((table.name.clone(), new.clone()), old.clone()));
            self.renamed_columns.extend(pairs.collect::<Vec<_>>());
        }
    }

    /// Whether the entities declare the name of a constraint or an index.
    pub(super) fn asks_for_name(&self, table: &TableName, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.names.contains(&(table.clone(), name.to_owned())))
    }

    /// Whether the entities declare a unique constraint of this name. If so, a unique index is not accepted instead.
    pub(super) fn asks_for_unique(&self, table: &TableName, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.uniques.contains(&(table.clone(), name.to_owned())))
    }
}

/// The names that are the same apart from their case, old and new, and that no other name equals.
fn changed_case<'n, N: PartialEq>(
    before: impl Iterator<Item = &'n N> + Clone,
    after: impl Iterator<Item = &'n N> + Clone,
    is_same: impl Fn(&N, &N) -> bool,
) -> Vec<(&'n N, &'n N)> {
    let olds = before.clone().filter(|old| after.clone().all(|new| new != *old));
    let pairs = olds.filter_map(|old| Some((old, after.clone().find(|new| is_same(old, new))?)));
    pairs.filter(|(_, new)| before.clone().all(|old| old != *new)).collect()
}
