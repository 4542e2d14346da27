//! Statements in a script: with their values, ended by one semicolon, and in a form in which the client sends exactly
//! what `up` sends.

use sea_orm::Statement;

use crate::backend::dialect::{Dialect, with_values};
use crate::sql::clients::client_statements;
use crate::sql::{SqlDialect, StatementKind, StatementText, Token, TokenKind, read, statements, tokens};

/// Renders a statement with its values, which `up` sends as parameters.
///
/// # Errors
///
/// Why the statement cannot be rendered, as a text for the user.
pub(super) fn render(dialect: &dyn Dialect, statement: &Statement) -> Result<String, &'static str> {
    Ok(rendered(dialect, &with_values(dialect, statement)?))
}

/// A statement with its values, as it stands in a script.
pub(super) fn rendered(dialect: &dyn Dialect, sql: &str) -> String {
    terminated(dialect, &kept(sql, dialect.grammar()))
}

/// Ends each statement of a text with one semicolon, before any comments at its end: after a line comment, the
/// semicolon would be part of the comment. A statement that the client would split is wrapped.
fn terminated(dialect: &dyn Dialect, sql: &str) -> String {
    let all = statements(sql, dialect.grammar());
    let Some(last) = all.last() else { return sql.trim().to_owned() };
    let place = |statement: &StatementText<'_>| statement.place + statement.text.len();
    let comments: String = tokens(&sql[place(last)..], dialect.grammar())
        .iter()
        .filter(|token| token.kind == TokenKind::Comment)
        .map(|token| format!(" {}", token.text.trim()))
        .collect();
    let is_cut = |statement: &StatementText<'_>| client_statements(statement.text, dialect.grammar()).len() > 1;
    if !all.iter().any(is_cut) {
        return dialect.wrap(format!("{};{comments}", sql[..place(last)].trim_start()), false);
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for (number, statement) in all.iter().enumerate() {
        let comments = if number + 1 == all.len() { &*comments } else { "" };
        let text = sql[start..place(statement)].trim_start_matches([';', ' ', '\t', '\r', '\n']);
        parts.push(dialect.wrap(format!("{text};{comments}"), is_cut(statement)));
        start = place(statement);
    }
    parts.join("\n")
}

/// The text in a form that survives the client: the clients of SQLite, MySQL and MariaDB read a line end as `\n`,
/// even if it is `\r\n` in a string.
fn kept(sql: &str, grammar: SqlDialect) -> String {
    if grammar == SqlDialect::Postgres || !sql.contains("\r\n") {
        return sql.to_owned();
    }
    let is_rows = |sql: &str| read(sql, grammar).iter().all(|facts| facts.kind == StatementKind::Rows);
    let takes_expressions = grammar == SqlDialect::Sqlite && is_rows(sql);
    let written = |token: &Token<'_>| match (grammar, token.kind) {
        _ if !token.text.contains("\r\n") => token.text.to_owned(),
        (SqlDialect::Sqlite, TokenKind::Text) if takes_expressions => {
            format!("({})", token.text.replace("\r\n", "' || char(13, 10) || '"))
        }
        // `sqlite3` removes one carriage return at the end of each line.
        (SqlDialect::Sqlite, _) => token.text.replace("\r\n", "\r\r\n"),
        (_, TokenKind::Text) => token.text.replace("\r\n", r"\r\n"),
        _ => token.text.to_owned(),
    };
    tokens(sql, grammar).iter().map(written).collect()
}

#[cfg(test)]
mod tests;
