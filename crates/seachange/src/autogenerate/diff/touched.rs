//! What changes below foreign keys.

use std::collections::BTreeSet;

use super::table::Changed;
use crate::autogenerate::operation::Change;
use crate::schema::{ForeignKey, TableName};

/// What the changes of tables do to columns and keys that others may refer to.
#[derive(Debug, Default)]
pub(super) struct Touched {
    columns: BTreeSet<(TableName, String)>,
    /// Tables whose keys come or go.
    keys: BTreeSet<TableName>,
}

impl Touched {
    pub(super) fn of(changed: &[Changed]) -> Self {
        let mut touched = Self::default();
        for (table, change) in changed.iter().flat_map(|table| table.changes.iter().map(|change| (&table.name, change)))
        {
            match change {
                Change::AddColumn(column) | Change::DropColumn(column) => touched.column(table, &column.name),
                Change::ModifyColumn { to, .. } => touched.column(table, &to.name),
                Change::AddPrimaryKey(_) | Change::DropPrimaryKey(_) | Change::AddUnique(_) | Change::DropUnique(_) => {
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

    /// Whether what a foreign key refers to changes in this revision.
    pub(super) fn is_target_of(&self, key: &ForeignKey) -> bool {
        let table = &key.referenced_table;
        self.keys.contains(table)
            || key.referenced_columns.iter().any(|column| self.columns.contains(&(table.clone(), column.clone())))
    }
}
