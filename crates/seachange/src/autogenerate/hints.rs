//! What the entities leave open, so that it is no difference; and what they say of the past.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::TableName;

/// What the tables of the entities do not tell by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityHints {
    /// The names of constraints and indexes that somebody asked for. SeaORM makes up the others, and so nobody minds when
    /// the database has the same thing by another name.
    pub names: BTreeSet<(TableName, String)>,
    /// The unique constraints that somebody asked for as such, by name. For others a unique index is as good.
    pub uniques: BTreeSet<(TableName, String)>,
    /// New names of tables, and what they were before.
    pub renamed_tables: BTreeMap<TableName, TableName>,
    /// New names of columns, and what they were before.
    pub renamed_columns: BTreeMap<(TableName, String), String>,
}

impl EntityHints {
    /// Whether somebody asked for the name of a constraint or an index.
    pub(super) fn asks_for_name(&self, table: &TableName, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.names.contains(&(table.clone(), name.to_owned())))
    }

    /// Whether somebody asked for a unique constraint, and not for an index.
    pub(super) fn asks_for_unique(&self, table: &TableName, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.uniques.contains(&(table.clone(), name.to_owned())))
    }
}
