//! Names and literals in statements that no builder can express.

use sea_orm::DbBackend;
use sqlparser::keywords::ALL_KEYWORDS;

use super::{CodeNode, SchemaCall};
use crate::alter::clause;
use crate::schema::TableName;

/// A statement.
pub(super) fn statement(sql: String) -> CodeNode {
    CodeNode::Call(SchemaCall::Sql(sql))
}

/// Statements that only PostgreSQL has.
pub(super) fn postgres(lacking: &'static str, statements: impl IntoIterator<Item = String>) -> CodeNode {
    CodeNode::Only { databases: &[DbBackend::Postgres], lacking, code: statements.into_iter().map(statement).collect() }
}

/// Writes a name for PostgreSQL or SQLite, with quotes only if it needs them.
pub(super) fn name(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { clause::quoted(DbBackend::Postgres, name) }
}

/// Says whether a name means the same without quotes. Every keyword of any dialect counts as reserved.
fn is_plain(name: &str) -> bool {
    let starts = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let goes_on = name.chars().all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '_');
    starts && goes_on && ALL_KEYWORDS.binary_search(&name.to_ascii_uppercase().as_str()).is_err()
}

/// Writes the name of a table or a type for PostgreSQL or SQLite.
pub(super) fn table(table: &TableName) -> String {
    qualified(DbBackend::Postgres, table)
}

/// Writes a name for a database.
pub(super) fn quoted(backend: DbBackend, name: &str) -> String {
    match backend {
        DbBackend::MySql => clause::quoted(backend, name),
        _ => self::name(name),
    }
}

/// Writes the name of a table with its schema.
pub(super) fn qualified(backend: DbBackend, TableName { schema, name }: &TableName) -> String {
    let name = quoted(backend, name);
    match schema {
        Some(schema) => format!("{}.{name}", quoted(backend, schema)),
        None => name,
    }
}

/// Writes names for PostgreSQL or SQLite, in a comma-separated list.
pub(super) fn list(names: &[String]) -> String {
    names.iter().map(|name| self::name(name)).collect::<Vec<_>>().join(", ")
}

/// Writes a text as a literal of PostgreSQL that is valid under every setting.
pub(super) fn text(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}
