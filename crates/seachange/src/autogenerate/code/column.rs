//! Column definitions.

use sea_orm::DbBackend;
use sea_orm::sea_query::{Alias, ColumnDef, ColumnType, IntoIden, PostgresQueryBuilder, Table};

use super::default::default;
use super::{ColumnDefinition, ColumnOption, identity, sql};
use crate::schema::{AutoIncrement, Column, SequenceOptions, SqlType};

/// Returns the definition of a column, without keys and without its comment.
pub(super) fn definition(column: &Column, backend: DbBackend) -> ColumnDefinition {
    let mut settings = Vec::new();
    let mut extras = Vec::new();
    let mut kind = kind(&column.column_type, backend);
    match &column.auto_increment {
        Some(numbered) if is_plain(numbered, &kind) => settings.push(ColumnOption::AutoIncrement),
        Some(AutoIncrement::Serial) => kind = ColumnType::Custom(Alias::new(identity::serial_type(column)).into_iden()),
        Some(AutoIncrement::Identity { always, options }) => extras.push(identity::clause(*always, options)),
        Some(AutoIncrement::Rowid { .. } | AutoIncrement::Counter) | None => {}
    }
    settings
        .extend(column.default.iter().map(|text| ColumnOption::Default(default(text, &column.column_type, backend))));
    let mut nullable = Some(column.nullable);
    if let Some(generated) = &column.generated {
        let (expression, stored) = (generated.expression.text.clone(), generated.stored);
        settings.push(ColumnOption::Generated { expression, stored });
        // MySQL accepts `NOT NULL` only after the expression, and MariaDB does not accept it.
        let is_mysql = backend == DbBackend::MySql;
        extras.extend((is_mysql && !column.nullable).then(|| "NOT NULL".to_owned()));
        nullable = (!is_mysql && !column.nullable).then_some(false);
    }
    extras.extend(column.collation.iter().map(|name| format!("COLLATE {}", collation(name, backend))));
    extras.extend(column.on_update.iter().map(|value| format!("ON UPDATE {}", value.text)));
    extras.extend((!column.options.is_empty()).then(|| column.options.0.clone()));
    settings.extend((!extras.is_empty()).then(|| ColumnOption::Extra(extras.join(" "))));
    ColumnDefinition { name: column.name.clone(), kind, nullable, settings }
}

/// Returns the definition of a column with its comment, and without keys.
pub(super) fn definition_with_comment(column: &Column, backend: DbBackend) -> ColumnDefinition {
    let mut new = definition(column, backend);
    new.settings.extend(column.comment.iter().map(|comment| ColumnOption::Comment(comment.clone())));
    new
}

/// The name of a collation, as it is written after `COLLATE`.
pub(super) fn collation(name: &str, backend: DbBackend) -> String {
    let is_plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if is_plain && backend != DbBackend::Postgres { name.to_owned() } else { sql::name(name) }
}

/// Says whether `.auto_increment()` creates this numbering.
fn is_plain(numbered: &AutoIncrement, kind: &ColumnType) -> bool {
    let is_integer = matches!(kind, ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger);
    match numbered {
        AutoIncrement::Rowid { autoincrement } => *autoincrement,
        AutoIncrement::Counter => true,
        AutoIncrement::Serial => is_integer && writes_serial(),
        AutoIncrement::Identity { always: false, options } => {
            is_integer && *options == SequenceOptions::default() && !writes_serial()
        }
        AutoIncrement::Identity { always: true, .. } => false,
    }
}

/// Says whether sea-query writes `serial` on PostgreSQL, which depends on a feature of sea-query.
fn writes_serial() -> bool {
    let mut table = Table::create();
    table.table("t").col(ColumnDef::new("c").integer().auto_increment());
    table.to_string(PostgresQueryBuilder).contains("serial")
}

/// The type to write: the type of the entity, or the database's own text if sea-query would write another type.
pub(super) fn kind(of: &SqlType, backend: DbBackend) -> ColumnType {
    if is_written_right(&of.kind, &of.text, backend) {
        of.kind.clone()
    } else {
        ColumnType::Custom(Alias::new(of.text.as_str()).into_iden())
    }
}

/// Says whether sea-query writes a type correctly. It writes the names and values of enumerated types as they are,
/// without quotes, schema or escapes.
fn is_written_right(kind: &ColumnType, text: &str, backend: DbBackend) -> bool {
    match (kind, backend) {
        (ColumnType::Enum { name, .. }, DbBackend::Postgres) => name.to_string() == text,
        (ColumnType::Enum { variants, .. }, DbBackend::MySql) => {
            variants.iter().all(|variant| !variant.to_string().contains(['\'', '\\']))
        }
        (ColumnType::Array(element), _) => is_written_right(element, text.trim_end_matches("[]"), backend),
        _ => true,
    }
}
