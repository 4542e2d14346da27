//! Verifies that a parsed statement contains everything that its text contains.
//!
//! The parsed statement is written as text again, and both texts are compared, token by token, without the parts that
//! have no meaning of their own: order, case, quotes, parentheses, and optional words.

use std::collections::HashMap;

use super::{SqlDialect, Token, TokenKind, tokens};

/// Words that a parser may add, drop, or write in another way without changing what a statement does.
const NOISE: &[&str] = &["AS", "ASC", "BY", "COLUMN", "INNER", "INTO", "OUTER", "ROW", "ROWS", "TO", "="];

/// Words that mean the same.
const SAME: &[(&str, &str)] = &[
    ("!=", "<>"),
    ("==", "="),
    ("&&", "AND"),
    ("DEC", "DECIMAL"),
    ("CHARSET", "CHARACTER"),
    ("INDEX", "KEY"),
    ("TEMP", "TEMPORARY"),
    ("SCHEMA", "DATABASE"),
    ("VARYING", "VARCHAR"),
];

/// Whether the tokens of a statement equal those of the text that the parser writes for it.
pub(super) fn is_accounted(own: &[Token<'_>], written: &str, dialect: SqlDialect) -> bool {
    counts(own) == counts(&tokens(written, dialect))
}

/// The number of occurrences of each token.
fn counts(tokens: &[Token<'_>]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for token in tokens.iter().filter_map(normalized) {
        *counts.entry(token).or_insert(0) += 1;
    }
    counts
}

/// A token without the parts that have no meaning of their own.
fn normalized(token: &Token<'_>) -> Option<String> {
    let text = match token.kind {
        TokenKind::Space | TokenKind::Comment | TokenKind::Open | TokenKind::Close | TokenKind::Comma => return None,
        TokenKind::Dot | TokenKind::Semicolon | TokenKind::HintBegin | TokenKind::HintEnd => return None,
        TokenKind::Text => "'".to_owned(),
        TokenKind::Number => "0".to_owned(),
        TokenKind::QuotedName => token.name()?.to_uppercase(),
        TokenKind::Variable => token.text.trim_start_matches('@').trim_matches(['`', '\'', '"']).to_uppercase(),
        _ => token.text.to_uppercase(),
    };
    let text = SAME.iter().find(|(other, _)| *other == text).map_or(text, |(_, one)| (*one).to_owned());
    (!NOISE.contains(&text.as_str())).then_some(text)
}
