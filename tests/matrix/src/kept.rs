//! Whether rows were kept.

use std::collections::{BTreeMap, BTreeSet};

use seachange::autogenerate::{SchemaOperation, TableChange};
use seachange::schema::TableName;

use crate::rows::Rows;

/// The changes of tables and columns, by their old names.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    tables: BTreeMap<TableName, TableName>,
    columns: BTreeMap<(TableName, String), String>,
    gone: BTreeSet<TableName>,
    /// Columns that were dropped, or are generated now.
    lost: BTreeSet<(TableName, String)>,
}

impl Fate {
    pub(crate) fn of(operations: &[SchemaOperation]) -> Self {
        let mut fate = Self::default();
        for operation in operations {
            match operation {
                SchemaOperation::RenameTable { from, to } => drop(fate.tables.insert(from.clone(), to.clone())),
                SchemaOperation::DropTable(table) => drop(fate.gone.insert(table.name.clone())),
                SchemaOperation::Change { table, change } => fate.change(table, change),
                _ => {}
            }
        }
        fate
    }

    fn change(&mut self, table: &TableName, change: &TableChange) {
        let renamed = self.tables.iter().find(|(_, new)| *new == table);
        let table = renamed.map_or(table, |(old, _)| old).clone();
        match change {
            TableChange::RenameColumn { from, to } => drop(self.columns.insert((table, from.clone()), to.clone())),
            TableChange::DropColumn(column) => drop(self.lost.insert((table, column.name.clone()))),
            TableChange::ModifyColumn { from, to } if from.generated != to.generated => {
                self.lost.insert((table, to.name.clone()));
            }
            _ => {}
        }
    }

    /// Compares the rows after the upgrade with those before it. Returns the differences.
    pub(crate) fn after_up(&self, before: &BTreeMap<TableName, Rows>, now: &BTreeMap<TableName, Rows>) -> Vec<String> {
        let name = |table: &TableName| self.tables.get(table).unwrap_or(table).clone();
        let column = |table: &TableName, old: &str| {
            self.columns.get(&(table.clone(), old.to_owned())).cloned().unwrap_or_else(|| old.to_owned())
        };
        self.compare(before, now, name, column)
    }

    /// Compares the rows after the upgrade and the downgrade with those before. Returns the differences.
    pub(crate) fn after_down(
        &self,
        before: &BTreeMap<TableName, Rows>,
        now: &BTreeMap<TableName, Rows>,
    ) -> Vec<String> {
        self.compare(before, now, TableName::clone, |_, column| column.to_owned())
    }

    fn compare(
        &self,
        before: &BTreeMap<TableName, Rows>,
        now: &BTreeMap<TableName, Rows>,
        table_name: impl Fn(&TableName) -> TableName,
        column_name: impl Fn(&TableName, &str) -> String,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for (table, old_rows) in before.iter().filter(|(table, _)| !self.gone.contains(table)) {
            let rows = now.get(&table_name(table)).map(Vec::as_slice).unwrap_or_default();
            if rows.len() != old_rows.len() {
                faults.push(format!("{table} had {} rows and has {}", old_rows.len(), rows.len()));
            }
            for (old, new) in old_rows.iter().zip(rows) {
                let kept = old.iter().filter(|(column, _)| !self.lost.contains(&(table.clone(), (*column).clone())));
                let changed = kept.filter(|(column, value)| {
                    new.get(&column_name(table, column)).is_none_or(|new| !is_same(value.as_deref(), new.as_deref()))
                });
                faults.extend(changed.map(|(column, value)| format!("{table}.{column} was {value:?}: {new:?}")));
            }
        }
        faults
    }
}

/// Returns whether two texts represent the same value, possibly of different types.
fn is_same(old: Option<&str>, new: Option<&str>) -> bool {
    let (Some(old), Some(new)) = (old, new) else {
        return old == new;
    };
    let number = |text: &str| match text {
        "true" => Some(1.0),
        "false" => Some(0.0),
        _ => text.parse::<f64>().ok(),
    };
    let without_spaces = |text: &str| text.replace([' ', '"'], "");
    number(old).is_some() && number(old) == number(new)
        || without_spaces(old) == without_spaces(new)
        // A timestamp, with and without its time zone.
        || old.len() >= 19 && new.len() >= 19 && old[..19] == new[..19]
}
