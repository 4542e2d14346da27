//! Reads texts of SQL as databases write them, without a parser: only quotes and brackets count.

use super::SqlDialect;
use super::lexer::lex;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::{TokenKind, tokens};

/// The tokens of a text, with their start positions.
pub(crate) fn pieces(text: &str, dialect: SqlDialect) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    lex(text, dialect.into()).map(move |token| {
        let place = start;
        start += token.text.len();
        (place, token.text)
    })
}

/// The position of the bracket that closes the one at the start of `text`.
pub(crate) fn closing(text: &str, dialect: SqlDialect) -> Option<usize> {
    let mut depth = 0_usize;
    for (position, piece) in pieces(text, dialect) {
        match piece {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(position);
        }
    }
    None
}

/// Removes spaces at the ends, and the parentheses around the whole.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn without_parentheses(text: &str, dialect: SqlDialect) -> &str {
    let text = text.trim();
    if text.starts_with('(') && closing(text, dialect) == Some(text.len() - 1) {
        return without_parentheses(&text[1..text.len() - 1], dialect);
    }
    text
}

/// Splits at the commas outside of brackets and quotes.
pub(crate) fn items(text: &str, dialect: SqlDialect) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (position, piece) in pieces(text, dialect) {
        match piece {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                found.push(text[start..position].trim());
                start = position + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found
}

/// Writes a text of several lines on one line.
#[cfg(feature = "postgres")]
pub(crate) fn on_one_line(text: &str, dialect: SqlDialect) -> String {
    let written =
        |token: super::Token<'_>| if token.kind == TokenKind::Space { " ".to_owned() } else { token.text.to_owned() };
    tokens(text.trim(), dialect).into_iter().map(written).collect()
}

/// Whether the whole text is one string without a prefix.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn is_literal(text: &str, dialect: SqlDialect) -> bool {
    let all = tokens(text, dialect);
    matches!(all.as_slice(), [only] if only.kind == TokenKind::Text && text.starts_with('\'') && text.len() > 1)
}

#[cfg(all(test, any(feature = "postgres", feature = "mysql")))]
mod tests {
    use super::*;
    use SqlDialect::{MySql, Postgres};

    #[test]
    fn parentheses_go_only_when_they_are_round_the_whole() {
        for (text, expected) in [
            ("((a > 0))", "a > 0"),
            ("(a > 0) AND (b > 0)", "(a > 0) AND (b > 0)"),
            ("(a = ')')", "a = ')'"),
            ("(a = 'it''s (' )", "a = 'it''s ('"),
            ("(\"odd)\" = 1)", "\"odd)\" = 1"),
            ("now()", "now()"),
            ("(", "("),
        ] {
            assert_eq!(without_parentheses(text, Postgres), expected);
        }
        assert_eq!(without_parentheses(r"(a = '\')')", MySql), r"a = '\')'");
    }

    #[test]
    fn commas_in_brackets_and_quotes_split_nothing() {
        assert_eq!(items("a, f(b, c), ARRAY[1, 2], 'x, y'", Postgres), ["a", "f(b, c)", "ARRAY[1, 2]", "'x, y'"]);
    }

    #[test]
    fn pieces_make_the_text_again() {
        for text in ["", "é 'ü''ö", "a'b\"c`d", "'x\\'", "''"] {
            for dialect in [Postgres, MySql] {
                assert_eq!(pieces(text, dialect).map(|(_, piece)| piece).collect::<String>(), text);
            }
        }
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn lines_become_one_outside_of_quotes() {
        let text = "\nCASE\n    WHEN a = 'x\n  y' THEN 1\nEND";
        assert_eq!(on_one_line(text, Postgres), "CASE WHEN a = 'x\n  y' THEN 1 END");
    }
}
