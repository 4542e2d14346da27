//! Names, as the database systems read them.

use sqlparser::ast::{Ident, ObjectName};

use super::{SqlDialect, Token, TokenKind};

/// The maximum length of a name on PostgreSQL, in bytes.
const POSTGRES_LENGTH: usize = 63;

/// A name in the quotes of the system.
pub(crate) fn quoted_name(dialect: SqlDialect, name: &str) -> String {
    let quote = if dialect == SqlDialect::MySql { '`' } else { '"' };
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}

/// A name as the system stores or compares it. PostgreSQL folds names without quotes to lower case, and cuts names that
/// are longer than 63 bytes. SQLite compares without case. MySQL and MariaDB keep names as they are.
pub(crate) fn folded(name: &str, is_quoted: bool, dialect: SqlDialect) -> String {
    match dialect {
        SqlDialect::Postgres if is_quoted => truncated(name).to_owned(),
        SqlDialect::Postgres => truncated(name).to_ascii_lowercase(),
        SqlDialect::Sqlite => name.to_ascii_lowercase(),
        SqlDialect::MySql => name.to_owned(),
    }
}

/// The part of a name that PostgreSQL keeps: the whole characters within 63 bytes.
pub(crate) fn truncated(name: &str) -> &str {
    &name[..name.floor_char_boundary(POSTGRES_LENGTH)]
}

/// A name of the parsed statement.
pub(super) fn of_ident(ident: &Ident, dialect: SqlDialect) -> String {
    // The parser keeps doubled quotes when it keeps escapes.
    let value = match ident.quote_style {
        Some(quote) => ident.value.replace(&format!("{quote}{quote}"), &quote.to_string()),
        None => ident.value.clone(),
    };
    folded(&value, ident.quote_style.is_some(), dialect)
}

/// A qualified name of the parsed statement: its parts, joined by dots.
pub(super) fn of_object(name: &ObjectName, dialect: SqlDialect) -> String {
    let parts =
        name.0.iter().map(|part| part.as_ident().map_or_else(|| part.to_string(), |ident| of_ident(ident, dialect)));
    parts.collect::<Vec<_>>().join(".")
}

/// The qualified name at the start of some significant tokens, and its number of tokens.
pub(super) fn qualified(tokens: &[Token<'_>], dialect: SqlDialect) -> Option<(String, usize)> {
    let name = |token: &Token<'_>| {
        let is_string_name = dialect == SqlDialect::Sqlite && token.kind == TokenKind::Text;
        let name = if is_string_name { Some(super::lexer::unquoted(token.text)) } else { token.name() };
        name.map(|name| folded(&name, token.kind != TokenKind::Word, dialect))
    };
    let mut text = name(tokens.first()?)?;
    let mut length = 1;
    while let Some([dot, part]) = tokens.get(length..length + 2)
        && dot.kind == TokenKind::Dot
        && let Some(part) = name(part)
    {
        text = format!("{text}.{part}");
        length += 2;
    }
    Some((text, length))
}
