//! Adds and drops primary keys.

use sea_orm::DbBackend;

use super::edit::Edit;
use crate::alter::clause;
use crate::alter::error::AlterError;
use crate::sqlite_ddl::column_text::{ColumnConstraintKind, ColumnText};
use crate::sqlite_ddl::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_ddl::place::ConstraintLocation;
use crate::sqlite_ddl::same;

impl Edit<'_> {
    /// Adds a primary key over columns, which become `NOT NULL`.
    pub(super) fn add_primary_key(&mut self, name: &str, columns: &[String]) -> Result<(), AlterError> {
        if let Some((_, key)) = self.primary_key() {
            return Err(AlterError::PrimaryKeyExists { table: self.table(), columns: key.columns });
        }
        self.require_new_name(name)?;
        self.require_columns(columns)?;
        self.require_values(columns);
        self.keyed.extend(columns.iter().filter(|column| !self.unfilled.contains(column)).cloned());
        self.text.push_constraint(&clause::primary_key(DbBackend::Sqlite, name, columns));
        Ok(())
    }

    /// Drops the primary key, whatever its name. Columns of the key that could not be `NULL` stay `NOT NULL`.
    pub(super) fn drop_primary_key(&mut self, name: &str) -> Result<(), AlterError> {
        let Some((place, key)) = self.primary_key() else {
            return Err(self.no_such(ConstraintKind::PrimaryKey, name));
        };
        let required = self.text.says("WITHOUT") || self.text.says("STRICT") || self.row_number().is_some();
        self.text.remove_constraint(place);
        if required {
            self.require_values(&key.columns);
        }
        Ok(())
    }

    /// Lets the new definition of a column state whether the primary key is `AUTOINCREMENT`, which only a column
    /// constraint can. If the column is the key by a table constraint, the column constraint replaces it.
    pub(super) fn take_key_over(&mut self, new: &mut ColumnText) {
        let Some((place @ ConstraintLocation::Item(_), key)) = self.primary_key() else {
            return;
        };
        let Some(part) = new.parts.iter_mut().find(|part| part.kind == ColumnConstraintKind::PrimaryKey) else {
            return;
        };
        if !matches!(key.columns.as_slice(), [only] if same(only, &new.name)) {
            return;
        }
        if let Some(name) = key.name.as_deref().filter(|_| part.name.is_none()) {
            let name = clause::quoted(DbBackend::Sqlite, name);
            part.text = format!(" CONSTRAINT {name} {}", part.text.trim_start());
        }
        self.text.remove_constraint(place);
    }

    fn primary_key(&self) -> Option<(ConstraintLocation, ConstraintText)> {
        self.text.constraints_of(ConstraintKind::PrimaryKey).next()
    }

    /// Returns the column that is the row number, which is never `NULL`.
    pub(super) fn row_number(&self) -> Option<String> {
        let (_, key) = self.primary_key().filter(|(_, key)| key.numbers_rows && !self.text.says("WITHOUT"))?;
        let [name] = key.columns.as_slice() else { return None };
        let (_, column) = self.text.column(name)?;
        same(column.type_text.trim(), "integer").then_some(column.name)
    }

    fn require_values(&mut self, columns: &[String]) {
        for name in columns {
            if let Some((at, mut column)) = self.text.column(name) {
                column.require_value();
                self.text.items[at].text = column.text();
            }
        }
    }
}
