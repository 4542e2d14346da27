//! Rewrites statements into words that the parser knows and that mean the same to the system.

use super::cursor::Cursor;
use super::{SqlDialect, Token, TokenKind};

/// A rewritten statement.
pub(super) struct Reduced<'a> {
    /// The tokens.
    pub(super) tokens: Vec<Token<'a>>,
    /// Whether the removed words lock rows.
    pub(super) locks: bool,
    /// Whether the removed words keep a query from running.
    pub(super) is_stored: bool,
}

/// Rewrites a statement into words that the parser knows. Returns nothing if there is nothing to change.
pub(super) fn reduced<'a>(cursor: Cursor<'_, 'a>) -> Option<Reduced<'a>> {
    let all = cursor.rest();
    let mut at = 0;
    let mut tokens = all.to_vec();
    tokens.retain(|_| {
        at += 1;
        !is_left_out(all, at - 1, cursor.dialect)
    });
    let mut is_changed = tokens.len() != all.len();
    if let Some(first) =
        tokens.first_mut().filter(|first| cursor.dialect == SqlDialect::Sqlite && first.is_word("REPLACE"))
    {
        first.text = "INSERT";
        is_changed = true;
    }
    let length = tokens.len();
    let locks = ends(&mut tokens, &["LOCK", "IN", "SHARE", "MODE"]);
    let is_stored = cursor.word(0) == "CREATE" && ends(&mut tokens, &["WITH", "NO", "DATA"]);
    if cursor.word(0) == "CREATE" {
        let _ = ends(&mut tokens, &["WITH", "DATA"])
            || ends(&mut tokens, &["WITH", "CHECK", "OPTION"])
            || ends(&mut tokens, &["WITH", "LOCAL", "CHECK", "OPTION"])
            || ends(&mut tokens, &["WITH", "CASCADED", "CHECK", "OPTION"]);
    }
    (is_changed || tokens.len() != length).then_some(Reduced { tokens, locks, is_stored })
}

/// Whether a token belongs to words that the parser does not know in this position, or reads as names of tables.
fn is_left_out(all: &[Token<'_>], at: usize, dialect: SqlDialect) -> bool {
    let is = |place: Option<usize>, words: &[&str]| {
        let token = place.and_then(|place| all.get(place));
        token.is_some_and(|token| words.iter().any(|word| token.text.eq_ignore_ascii_case(word)))
    };
    let (before, here, next) = (at.checked_sub(1), Some(at), Some(at + 1));
    match dialect {
        SqlDialect::Postgres => {
            let is_before_name =
                all.get(at + 1).is_some_and(|next| matches!(next.kind, TokenKind::Word | TokenKind::QuotedName));
            let is_only = is(here, &["ONLY"]) && is(before, &["FROM", "UPDATE", "JOIN", "USING", "INTO", ","]);
            // `OVERRIDING SYSTEM VALUE`
            let is_overriding = (0..3).any(|back| {
                let first = at.checked_sub(back);
                is(first, &["OVERRIDING"])
                    && is(first.map(|first| first + 1), &["SYSTEM", "USER"])
                    && is(first.map(|first| first + 2), &["VALUE"])
            });
            is_only && is_before_name || is_overriding
        }
        SqlDialect::Sqlite => {
            let is_not = is(here, &["NOT"]) && is(next, &["GLOB", "REGEXP", "MATCH", "INDEXED"]);
            let is_indexed = is(here, &["INDEXED"]) && (is(next, &["BY"]) || is(before, &["NOT"]));
            let is_by = is(here, &["BY"]) && is(before, &["INDEXED"]);
            let is_name = is(before, &["BY"]) && is(at.checked_sub(2), &["INDEXED"]);
            is_not || is_indexed || is_by || is_name
        }
        // These words come between the first word of the statement and the table.
        SqlDialect::MySql => {
            const MODIFIERS: [&str; 3] = ["LOW_PRIORITY", "QUICK", "IGNORE"];
            is(Some(0), &["UPDATE", "DELETE"]) && at > 0 && (1..=at).all(|place| is(Some(place), &MODIFIERS))
        }
    }
}

/// Removes some words from the end, and returns whether they were there.
fn ends(tokens: &mut Vec<Token<'_>>, words: &[&str]) -> bool {
    let Some(start) = tokens.len().checked_sub(words.len()) else { return false };
    let is_there = tokens[start..].iter().zip(words).all(|(token, word)| token.is_word(word));
    if is_there {
        tokens.truncate(start);
    }
    is_there
}
