//! Changes of what foreign keys refer to.

use std::collections::BTreeSet;

use super::table::TableDiff;
use crate::autogenerate::operation::TableChange;
use crate::schema::{ForeignKey, TableName};

/// The columns and keys that changes of tables affect, and to which foreign keys may refer.
#[derive(Debug, Default)]
pub(super) struct ReferencedChanges {
    columns: BTreeSet<(TableName, String)>,
    /// Tables with keys that are added or dropped.
    keys: BTreeSet<TableName>,
}

impl ReferencedChanges {
    pub(super) fn of(changed: &[TableDiff]) -> Self {
        let mut touched = Self::default();
        for (table, change) in changed.iter().flat_map(|table| table.changes.iter().map(|change| (&table.name, change)))
        {
            match change {
                TableChange::AddColumn(column) | TableChange::DropColumn(column) => touched.column(table, &column.name),
                TableChange::ModifyColumn { to, .. } => touched.column(table, &to.name),
                TableChange::AddPrimaryKey(_)
                | TableChange::DropPrimaryKey(_)
                | TableChange::AddUnique(_)
                | TableChange::DropUnique(_) => {
                    touched.keys.insert(table.clone());
                }
                _ => {}
            }
        }
        let indexed = changed
            .iter()
            .filter(|table| table.created_indexes.iter().chain(&table.dropped_indexes).any(|index| index.unique));
        touched.keys.extend(indexed.map(|table| table.name.clone()));
        touched
    }

    fn column(&mut self, table: &TableName, column: &str) {
        self.columns.insert((table.clone(), column.to_owned()));
    }

    /// Whether this revision changes the columns or keys that a foreign key refers to.
    pub(super) fn is_target_of(&self, key: &ForeignKey) -> bool {
        let table = &key.referenced_table;
        self.keys.contains(table)
            || key.referenced_columns.iter().any(|column| self.columns.contains(&(table.clone(), column.clone())))
    }
}
