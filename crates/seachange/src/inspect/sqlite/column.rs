//! Columns.

use super::kind::column_type;
use super::read::StoredColumn;
use crate::schema::{Column, Expression, Generated};
use crate::sqlite_text::column_text::{ColumnText, PartKind};
use crate::sqlite_text::expression::{default_value, expression};

/// Builds a column from what SQLite tells, and from its text what it does not. `names` are the columns of the table.
pub(super) fn column(text: Option<&ColumnText>, names: &[String], stored: StoredColumn) -> Column {
    let default = stored.default.as_deref().and_then(default_value);
    let collation = text.and_then(collation);
    Column {
        nullable: !stored.not_null,
        default: default.map(|(text, normal)| Expression { text, normal }),
        generated: text.and_then(|text| generated(text, names)),
        collation: collation.filter(|collation| collation != "BINARY"),
        ..Column::new(stored.name, column_type(&stored.declared_type))
    }
}

/// Returns the collation in the spelling of SQLite, which takes it in any case.
fn collation(text: &ColumnText) -> Option<String> {
    let part = text.parts.iter().rev().find(|part| part.kind == PartKind::Collate)?;
    Some(part.tokens().last()?.name()?.to_ascii_uppercase())
}

fn generated(text: &ColumnText, names: &[String]) -> Option<Generated> {
    let part = text.part(PartKind::Generated)?;
    let (text, normal) = expression(&part.body(), names);
    let stored = part.tokens().last().is_some_and(|token| token.is_word("STORED"));
    Some(Generated { expression: Expression { text, normal }, stored })
}
