//! Columns.

use super::column_type::column_type;
use crate::schema::{Column, Expression, Generated};
use crate::sqlite_ddl::column_text::{ColumnConstraintKind, ColumnText};
use crate::sqlite_ddl::expression::{default_value, expression};

/// Builds a column from its text. `names` are the columns of the table.
pub(super) fn column(text: &ColumnText, names: &[String]) -> Column {
    let default = text.last(ColumnConstraintKind::Default).and_then(|part| default_value(&part.default_text()));
    Column {
        nullable: !text.has(ColumnConstraintKind::NotNull),
        default: default.map(|(text, normal)| Expression { text, normal }),
        generated: generated(text, names),
        collation: collation(text).filter(|collation| collation != "BINARY"),
        ..Column::new(text.name.clone(), column_type(&text.type_text))
    }
}

/// Returns the collation in SQLite's own spelling. SQLite accepts it in any case.
fn collation(text: &ColumnText) -> Option<String> {
    Some(text.last(ColumnConstraintKind::Collate)?.tokens().last()?.name()?.to_ascii_uppercase())
}

fn generated(text: &ColumnText, names: &[String]) -> Option<Generated> {
    let part = text.part(ColumnConstraintKind::Generated)?;
    let (text, normal) = expression(&part.body(), names);
    let stored = part.tokens().last().is_some_and(|token| token.is_word("STORED"));
    Some(Generated { expression: Expression { text, normal }, stored })
}
