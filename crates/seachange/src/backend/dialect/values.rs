//! Statements with their values in the text.

use sea_orm::{Statement, Value};

use super::Dialect;
use crate::sql::{Token, TokenKind, tokens};

/// A statement with its values, which `up` sends as parameters. Nothing else is changed.
///
/// # Errors
///
/// Why the statement cannot be rendered, as a text for the user.
pub(crate) fn with_values(dialect: &dyn Dialect, statement: &Statement) -> Result<String, &'static str> {
    match &statement.values {
        Some(values) => inline(dialect, &statement.sql, &values.0),
        None => Ok(statement.sql.clone()),
    }
}

/// Replaces placeholders by values.
fn inline(dialect: &dyn Dialect, sql: &str, values: &[Value]) -> Result<String, &'static str> {
    let literals: Vec<String> = values.iter().map(|value| dialect.literal(value)).collect::<Result<_, _>>()?;
    let mut filled = PlaceholderFill { text: String::new(), used: vec![false; literals.len()], next: 0 };
    for token in tokens(sql, dialect.grammar()) {
        filled.add(token, &literals)?;
    }
    if filled.used.contains(&false) { Err("a value has no placeholder") } else { Ok(filled.text) }
}

/// A text whose placeholders are filled from left to right.
struct PlaceholderFill {
    /// The text so far.
    text: String,
    /// For each value, whether the text contains it.
    used: Vec<bool>,
    /// The index of the value for the next placeholder without a number.
    next: usize,
}

impl PlaceholderFill {
    /// Appends a token, or the value that it stands for.
    fn add(&mut self, token: Token<'_>, literals: &[String]) -> Result<(), &'static str> {
        let index = match token.text.strip_prefix(['?', '$']).map(str::parse::<usize>) {
            _ if token.kind != TokenKind::Placeholder => None,
            Some(Ok(number)) => Some(number.wrapping_sub(1)),
            Some(Err(_)) if token.text == "?" => Some(self.next),
            _ => None,
        };
        let Some(index) = index else {
            self.text.push_str(token.text);
            return Ok(());
        };
        self.text.push_str(literals.get(index).ok_or("a placeholder has no value")?);
        self.used[index] = true;
        self.next = index + 1;
        Ok(())
    }
}
