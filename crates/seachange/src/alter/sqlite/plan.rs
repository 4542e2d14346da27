//! Decides how to make a change: with SQLite's own `ALTER TABLE`, or by rebuilding the table.

use sea_orm::DbBackend;

use super::conversion::Conversion;
use super::edit::Edit;
use super::snapshot::Snapshot;
use crate::alter::clause::quoted;
use crate::alter::error::AlterError;
use crate::alter::operation::AlterOperation;
use crate::sqlite_ddl::column_text::{ColumnConstraintKind, ColumnConstraintText, ColumnText};
use crate::sqlite_ddl::same;
use crate::sqlite_ddl::table_text::TableText;

/// How to make some changes.
pub(super) enum AlterStrategy {
    /// Run these statements.
    Native(Vec<String>),
    /// Replace the old table with one of this text.
    Rebuild(RebuiltTable),
}

/// The table that replaces the old one.
pub(super) struct RebuiltTable {
    pub(super) text: TableText,
    /// The new columns that existing rows would have no value for.
    pub(super) unfilled: Vec<String>,
    /// The columns of a new primary key.
    pub(super) keyed: Vec<String>,
    /// The column among them that is the row number.
    pub(super) numbered: Option<String>,
    /// The columns whose values are not copied to the new table.
    pub(super) dropped: Vec<String>,
    /// The columns whose content changes.
    pub(super) conversions: Vec<Conversion>,
}

/// Decides how to make changes. Either all of them are renames, or no rename is among them.
pub(super) fn plan(snapshot: &Snapshot, operations: &[AlterOperation]) -> Result<AlterStrategy, AlterError> {
    let mut edit = Edit::new(snapshot);
    let mut native = Vec::new();
    for operation in operations {
        native.push(native_statement(&edit, operation)?);
        edit.apply(operation)?;
    }
    let native: Option<Vec<_>> = native.into_iter().collect();
    Ok(match native {
        Some(statements) => AlterStrategy::Native(statements.into_iter().flatten().collect()),
        None => {
            let numbered = edit.row_number().filter(|name| edit.keyed.iter().any(|key| same(key, name)));
            let Edit { text, unfilled, keyed, dropped, using, .. } = edit;
            let mut conversions = Conversion::between(&snapshot.text, &text, &using);
            conversions.retain(|conversion| !dropped.iter().any(|name| conversion.is_of(name)));
            AlterStrategy::Rebuild(RebuiltTable { text, unfilled, keyed, numbered, dropped, conversions })
        }
    })
}

/// Returns SQLite's own statement for a change. The outer option is `None` if SQLite has no such statement; the inner
/// option is `None` if there is nothing to do.
fn native_statement(edit: &Edit<'_>, operation: &AlterOperation) -> Result<Option<Option<String>>, AlterError> {
    let quoted = |name: &str| quoted(DbBackend::Sqlite, name);
    let clause = match operation {
        AlterOperation::AddColumn(column) => {
            let new = edit.written(column)?;
            can_add(&new).then(|| format!("ADD COLUMN {}", new.text()))
        }
        AlterOperation::DropColumn(name) => {
            let (_, column) = edit.column(name)?;
            let plain = !column.has(ColumnConstraintKind::Unique) && !column.has(ColumnConstraintKind::References);
            plain.then(|| format!("DROP COLUMN {}", quoted(name)))
        }
        AlterOperation::RenameColumn { from, to } => {
            edit.column(from)?;
            Some(format!("RENAME COLUMN {} TO {}", quoted(from), quoted(to)))
        }
        AlterOperation::DropDefault(name) if !edit.column(name)?.1.has(ColumnConstraintKind::Default) => {
            return Ok(Some(None));
        }
        AlterOperation::Comment(_) | AlterOperation::ColumnComment { .. } => return Ok(Some(None)),
        _ => None,
    };
    let table = quoted(&edit.snapshot.table);
    Ok(clause.map(|clause| Some(format!("ALTER TABLE \"main\".{table} {clause}"))))
}

/// Returns whether `ADD COLUMN` accepts the column, whatever rows the table has. The restrictions are in
/// <https://sqlite.org/lang_altertable.html>.
fn can_add(column: &ColumnText) -> bool {
    let default = column.part(ColumnConstraintKind::Default);
    let has_value = default.is_some_and(ColumnConstraintText::defaults_to_value);
    let is_key = column.has(ColumnConstraintKind::PrimaryKey) || column.has(ColumnConstraintKind::Unique);
    let is_empty = column.has(ColumnConstraintKind::NotNull) && !column.fills_itself();
    let is_computed = default.is_some_and(|default| !default.defaults_to_constant());
    let refers_to_value = column.has(ColumnConstraintKind::References) && has_value;
    let is_stored = column
        .part(ColumnConstraintKind::Generated)
        .and_then(|part| part.tokens().last().map(|token| token.is_word("STORED")))
        .unwrap_or(false);
    ![is_key, is_empty, is_computed, refers_to_value, is_stored].contains(&true)
}
