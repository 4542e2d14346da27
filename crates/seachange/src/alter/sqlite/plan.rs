//! Decides how to make a change: with SQLite's own `ALTER TABLE`, or by rebuilding the table.

use sea_orm::DbBackend;

use super::conversion::Conversion;
use super::edit::Edit;
use super::snapshot::Snapshot;
use crate::alter::clause::quoted;
use crate::alter::error::AlterError;
use crate::alter::operation::Operation;
use crate::sqlite_text::column_text::{ColumnText, Part, PartKind};
use crate::sqlite_text::same;
use crate::sqlite_text::table_text::TableText;

/// How to make some changes.
pub(super) enum Plan {
    /// With these statements.
    Native(Vec<String>),
    /// By a table of this text in place of the old one.
    Rebuild(NewTable),
}

/// The table that takes the place of the old one.
pub(super) struct NewTable {
    pub(super) text: TableText,
    /// New columns that rows would have no value for.
    pub(super) unfilled: Vec<String>,
    /// The columns of a new primary key.
    pub(super) keyed: Vec<String>,
    /// The one of them that is the row number.
    pub(super) numbered: Option<String>,
    /// The columns whose values do not go into the new table.
    pub(super) dropped: Vec<String>,
    /// The columns that hold something else afterwards.
    pub(super) conversions: Vec<Conversion>,
}

/// Decides how to make changes, which are all of them renames or none.
pub(super) fn plan(snapshot: &Snapshot, operations: &[Operation]) -> Result<Plan, AlterError> {
    let mut edit = Edit::new(snapshot);
    let mut native = Vec::new();
    for operation in operations {
        native.push(native_statement(&edit, operation)?);
        edit.apply(operation)?;
    }
    let native: Option<Vec<_>> = native.into_iter().collect();
    Ok(match native {
        Some(statements) => Plan::Native(statements.into_iter().flatten().collect()),
        None => {
            let numbered = edit.row_number().filter(|name| edit.keyed.iter().any(|key| same(key, name)));
            let Edit { text, unfilled, keyed, dropped, using, .. } = edit;
            let mut conversions = Conversion::between(&snapshot.text, &text, &using);
            conversions.retain(|conversion| !dropped.iter().any(|name| conversion.is_of(name)));
            Plan::Rebuild(NewTable { text, unfilled, keyed, numbered, dropped, conversions })
        }
    })
}

/// Returns SQLite's own statement for a change, if it has one, and none where there is nothing to do.
fn native_statement(edit: &Edit<'_>, operation: &Operation) -> Result<Option<Option<String>>, AlterError> {
    let quoted = |name: &str| quoted(DbBackend::Sqlite, name);
    let clause = match operation {
        Operation::AddColumn(column) => {
            let new = edit.written(column)?;
            can_add(&new).then(|| format!("ADD COLUMN {}", new.text()))
        }
        Operation::DropColumn(name) => {
            let (_, column) = edit.column(name)?;
            let plain = !column.has(PartKind::Unique) && !column.has(PartKind::References);
            plain.then(|| format!("DROP COLUMN {}", quoted(name)))
        }
        Operation::RenameColumn { from, to } => {
            edit.column(from)?;
            Some(format!("RENAME COLUMN {} TO {}", quoted(from), quoted(to)))
        }
        Operation::DropDefault(name) if !edit.column(name)?.1.has(PartKind::Default) => return Ok(Some(None)),
        Operation::Comment(_) | Operation::ColumnComment { .. } => return Ok(Some(None)),
        _ => None,
    };
    let table = quoted(&edit.snapshot.table);
    Ok(clause.map(|clause| Some(format!("ALTER TABLE \"main\".{table} {clause}"))))
}

/// Says whether `ADD COLUMN` takes the column, whatever rows there are: see the restrictions in
/// <https://sqlite.org/lang_altertable.html>.
fn can_add(column: &ColumnText) -> bool {
    let default = column.part(PartKind::Default);
    let has_value = default.is_some_and(Part::defaults_to_value);
    let is_key = column.has(PartKind::PrimaryKey) || column.has(PartKind::Unique);
    let is_empty = column.has(PartKind::NotNull) && !column.fills_itself();
    let is_computed = default.is_some_and(|default| !default.defaults_to_constant());
    let refers_to_value = column.has(PartKind::References) && has_value;
    let is_stored = column
        .part(PartKind::Generated)
        .and_then(|part| part.tokens().last().map(|token| token.is_word("STORED")))
        .unwrap_or(false);
    ![is_key, is_empty, is_computed, refers_to_value, is_stored].contains(&true)
}
