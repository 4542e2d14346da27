//! Expressions whose SQL dialect is unknown.

use crate::sql::{self, SqlDialect, Token, TokenKind};

/// Splits an expression into tokens, by the rules of the dialect that its quotes show.
pub(super) fn tokens(expression: &str) -> Vec<Token<'_>> {
    let postgres = sql::tokens(expression, SqlDialect::Postgres);
    let is_bracketed = |at: usize| postgres[at].text == "[" && is_name(&postgres[at + 1..]);
    if expression.contains('`') || (0..postgres.len()).any(is_bracketed) {
        // Backticks and brackets quote names on SQLite.
        return sql::tokens(expression, SqlDialect::Sqlite);
    }
    postgres
}

/// Whether the tokens after an opening bracket are a quoted name, and not the items or the bounds of an array.
fn is_name(rest: &[Token<'_>]) -> bool {
    let end = rest.iter().position(|token| token.text == "]");
    let inner = &rest[..end.unwrap_or(0)];
    inner.first().is_some_and(|first| first.kind == TokenKind::Word)
        && inner.iter().all(|token| matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Space))
}

/// The text between the quotes of a token.
pub(super) fn inner<'a>(token: &Token<'a>) -> &'a str {
    let text = match token.text.find(['\'', '"', '`', '[']) {
        Some(quote) => &token.text[quote..],
        None => token.text,
    };
    let last = text.chars().next_back().map_or(0, char::len_utf8);
    text.get(1..text.len().saturating_sub(last)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn quotes_tell_the_system() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(tokens(text).iter().map(|token| token.text).collect::<Vec<_>>(), expected, "{text}");
        };
        check("a.\"b\"\"c\"", &["a", ".", "\"b\"\"c\""]);
        check("'it''s'::text", &["'it''s'", "::", "text"]);
        check("E'it\\'s' e", &["E'it\\'s'", " ", "e"]);
        check("[a b]", &["[a b]"]);
        check("`a``b`", &["`a``b`"]);
        check("ARRAY['a]', b]", &["ARRAY", "[", "'a]'", ",", " ", "b", "]"]);
        check("a[1]", &["a", "[", "1", "]"]);
        check("'open", &["'open"]);
    }
}
