//! What the entities leave open, so that it is not compared, and the former names that they declare.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::TableName;

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
    /// Whether the entities declare the name of a constraint or an index.
    pub(super) fn asks_for_name(&self, table: &TableName, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.names.contains(&(table.clone(), name.to_owned())))
    }

    /// Whether the entities declare a unique constraint of this name. If so, a unique index is not accepted instead.
    pub(super) fn asks_for_unique(&self, table: &TableName, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.uniques.contains(&(table.clone(), name.to_owned())))
    }
}
