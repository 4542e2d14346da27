//! Applies one change to the text of a table.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Expr, TableName};

use super::conversion::UsingClause;
use super::dependents;
use super::snapshot::Snapshot;
use crate::alter::clause;
use crate::alter::error::AlterError;
use crate::alter::operation::{AlterOperation, ForeignKeyName, NewForeignKey};
use crate::sqlite_ddl::column_text::{ColumnConstraintKind, ColumnText};
use crate::sqlite_ddl::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_ddl::place::ConstraintLocation;
use crate::sqlite_ddl::same;
use crate::sqlite_ddl::table_text::TableText;

const SQLITE: DbBackend = DbBackend::Sqlite;

/// The text of a table while it is edited, and the table before the edit.
pub(super) struct Edit<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) text: TableText,
    /// The new columns that existing rows would have no value for.
    pub(super) unfilled: Vec<String>,
    /// The columns of a new primary key.
    pub(super) keyed: Vec<String>,
    /// The dropped columns. A column of the same name that is added later does not get their values.
    pub(super) dropped: Vec<String>,
    /// The conversions of values that the changes state.
    pub(super) using: Vec<UsingClause>,
}

impl<'a> Edit<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self {
            snapshot,
            text: snapshot.text.clone(),
            unfilled: Vec::new(),
            keyed: Vec::new(),
            dropped: Vec::new(),
            using: Vec::new(),
        }
    }

    /// Makes one change. SQLite renames columns itself, because it also changes their names in all other objects.
    pub(super) fn apply(&mut self, operation: &AlterOperation) -> Result<(), AlterError> {
        match operation {
            AlterOperation::AddColumn(column) => self.add_column(column),
            AlterOperation::ModifyColumn { new, keeps_type } => self.modify_column(new, *keeps_type),
            AlterOperation::RenameColumn { .. } => Ok(()),
            AlterOperation::DropColumn(column) => self.drop_column(column),
            AlterOperation::DropDefault(column) => self.drop_default(column),
            AlterOperation::AddPrimaryKey { name, columns } => self.add_primary_key(name, columns),
            AlterOperation::DropPrimaryKey(name) => self.drop_primary_key(name),
            AlterOperation::Comment(_) => Ok(()),
            AlterOperation::ColumnComment { column, .. } => self.column(column).map(|_| ()),
            AlterOperation::AddForeignKey(key) => self.add_foreign_key(key),
            AlterOperation::DropForeignKey(key) => self.drop_foreign_key(key),
            AlterOperation::AddUnique { name, columns } => self.add_unique(name, columns),
            AlterOperation::DropUnique(name) => self.drop_named(ConstraintKind::Unique, name),
            AlterOperation::AddCheck { name, expression } => self.add_check(name, expression),
            AlterOperation::DropCheck(name) => self.drop_named(ConstraintKind::Check, name),
        }
    }

    /// Returns a column and its position.
    pub(super) fn column(&self, name: &str) -> Result<(usize, ColumnText), AlterError> {
        self.text.column(name).ok_or_else(|| AlterError::NoSuchColumn {
            table: self.table(),
            column: name.to_owned(),
            columns: self.text.columns().map(|column| column.name).collect(),
        })
    }

    /// Writes a column definition and parses it.
    pub(super) fn written(&self, column: &ColumnDef) -> Result<ColumnText, AlterError> {
        let sql = clause::column(SQLITE, &self.snapshot.table, column)?;
        ColumnText::parse(&sql).ok_or_else(|| AlterError::Uneditable { table: self.table(), reason: sql })
    }

    pub(super) fn table(&self) -> String {
        self.snapshot.table.clone()
    }

    fn add_column(&mut self, column: &ColumnDef) -> Result<(), AlterError> {
        let new = self.written(column)?;
        if self.text.column(&new.name).is_some() {
            return Err(AlterError::ColumnExists { table: self.table(), column: new.name });
        }
        if new.has(ColumnConstraintKind::NotNull) && !new.fills_itself() {
            self.unfilled.push(new.name.clone());
        }
        self.text.push_column(&new.text());
        Ok(())
    }

    fn modify_column(&mut self, column: &ColumnDef, keeps_type: bool) -> Result<(), AlterError> {
        let mut new = self.written(column)?;
        let (at, mut old) = self.column(&new.name)?;
        if new.has(ColumnConstraintKind::Generated) && !old.has(ColumnConstraintKind::Generated) {
            let reason = "it cannot become a generated column; drop it and add it again";
            return Err(AlterError::UnsupportedChange { table: self.table(), column: old.name, reason });
        }
        if let Some(using) = column.get_column_spec().using.as_ref().filter(|_| !keeps_type) {
            self.using.push(UsingClause { column: old.name.clone(), expression: clause::written(SQLITE, using) });
        }
        self.take_key_over(&mut new);
        old.merge(new);
        self.text.items[at].text = old.text();
        Ok(())
    }

    fn drop_default(&mut self, name: &str) -> Result<(), AlterError> {
        let (at, mut column) = self.column(name)?;
        column.parts.retain(|part| part.kind != ColumnConstraintKind::Default);
        self.text.items[at].text = column.text();
        Ok(())
    }

    fn drop_column(&mut self, name: &str) -> Result<(), AlterError> {
        let (at, column) = self.column(name)?;
        let by = dependents::of_column(self.snapshot, &self.text, &column);
        if !by.is_empty() {
            return Err(AlterError::ColumnInUse { table: self.table(), column: column.name, by });
        }
        self.text.remove(at);
        self.dropped.push(column.name);
        Ok(())
    }

    fn add_foreign_key(&mut self, new: &NewForeignKey) -> Result<(), AlterError> {
        let table = TableName(None, self.table().into());
        let clause = clause::foreign_key(SQLITE, &table, new)?;
        self.require_new_name(new.key.get_name().unwrap_or_default())?;
        self.require_columns(&new.key.get_columns())?;
        self.text.push_constraint(&clause);
        Ok(())
    }

    fn add_unique(&mut self, name: &str, columns: &[String]) -> Result<(), AlterError> {
        self.require_new_name(name)?;
        self.require_columns(columns)?;
        self.text.push_constraint(&clause::unique(SQLITE, name, columns));
        Ok(())
    }

    fn add_check(&mut self, name: &str, expression: &Expr) -> Result<(), AlterError> {
        self.require_new_name(name)?;
        self.text.push_constraint(&clause::check(SQLITE, name, expression));
        Ok(())
    }

    pub(super) fn require_columns(&self, columns: &[String]) -> Result<(), AlterError> {
        columns.iter().try_for_each(|column| self.column(column).map(|_| ()))
    }

    pub(super) fn require_new_name(&self, name: &str) -> Result<(), AlterError> {
        let is_taken = |own: Option<&String>| own.is_some_and(|own| same(own, name));
        let constraints = self.text.constraints().any(|(_, constraint)| is_taken(constraint.name.as_ref()));
        let mut columns = self.text.columns();
        if constraints || columns.any(|column| column.parts.iter().any(|part| is_taken(part.name.as_ref()))) {
            return Err(AlterError::ConstraintExists { table: self.table(), name: name.to_owned() });
        }
        Ok(())
    }

    fn drop_named(&mut self, kind: ConstraintKind, name: &str) -> Result<(), AlterError> {
        match self.named(kind, name)? {
            Some(place) => self.text.remove_constraint(place),
            None => return Err(self.no_such(kind, name)),
        }
        Ok(())
    }

    fn drop_foreign_key(&mut self, key: &ForeignKeyName) -> Result<(), AlterError> {
        let kind = ConstraintKind::ForeignKey;
        if self.named(kind, &key.name)?.is_some() {
            return self.drop_named(kind, &key.name);
        }
        let matching: Vec<ConstraintLocation> = self
            .text
            .constraints_of(kind)
            .filter_map(|(place, constraint)| has_columns_of(&constraint, key).then_some(place))
            .collect();
        match matching.as_slice() {
            [place] => self.text.remove_constraint(*place),
            [] => return Err(self.no_such(kind, &key.name)),
            _ => {
                return Err(AlterError::AmbiguousForeignKey { table: self.table(), columns: key.columns.clone() });
            }
        }
        Ok(())
    }
}

/// Whether a foreign key has the columns and the parent of the statement that names it.
fn has_columns_of(constraint: &ConstraintText, key: &ForeignKeyName) -> bool {
    let parent = constraint.references.as_ref().map(|reference| reference.table.as_str());
    constraint.columns.len() == key.columns.len()
        && constraint.columns.iter().zip(&key.columns).all(|(own, other)| same(own, other))
        && parent.zip(key.parent.as_deref()).is_some_and(|(own, other)| same(own, other))
}
