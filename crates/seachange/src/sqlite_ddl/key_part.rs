//! The parts of a key: of an index, of a primary key, of a unique constraint.

use std::borrow::Cow;

use super::group::{split, trimmed, unwrapped};
use crate::sql::{Token, TokenKind as Kind, joined};

/// One part of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyPart {
    /// The text of the part, verbatim, without the parentheses around it.
    pub(crate) text: String,
    /// The name, if the part is only a name.
    pub(crate) name: Option<String>,
    /// The name after `COLLATE`.
    pub(crate) collation: Option<String>,
    /// Whether the order is descending.
    pub(crate) descending: bool,
}

/// Parses the content of a key's parentheses.
pub(crate) fn key_parts(tokens: &[Token<'_>]) -> Vec<KeyPart> {
    split(tokens).into_iter().filter(|part| !trimmed(part).is_empty()).map(key_part).collect()
}

fn key_part(tokens: &[Token<'_>]) -> KeyPart {
    let (tokens, descending) = without_order(without_autoincrement(trimmed(tokens)));
    let (tokens, collation) = without_collation(tokens);
    let tokens = unwrapped(tokens);
    let name = match tokens {
        // SQLite accepts a string as a name here, for compatibility with old schemas.
        [only] if only.kind != Kind::Number => only.spelled().map(Cow::into_owned),
        _ => None,
    };
    KeyPart { text: joined(tokens), name, collation, descending }
}

/// Removes the keyword from `(id AUTOINCREMENT)`, which a primary key of the table may contain.
fn without_autoincrement<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    match tokens {
        [rest @ .., last] if !rest.is_empty() && last.is_word("AUTOINCREMENT") => trimmed(rest),
        _ => tokens,
    }
}

fn without_order<'t, 'a>(tokens: &'t [Token<'a>]) -> (&'t [Token<'a>], bool) {
    match tokens {
        [rest @ .., last] if !rest.is_empty() && last.is_word("DESC") => (trimmed(rest), true),
        [rest @ .., last] if !rest.is_empty() && last.is_word("ASC") => (trimmed(rest), false),
        _ => (tokens, false),
    }
}

fn without_collation<'t, 'a>(tokens: &'t [Token<'a>]) -> (&'t [Token<'a>], Option<String>) {
    let Some((name, before)) = tokens.split_last() else {
        return (tokens, None);
    };
    match trimmed(before).split_last() {
        Some((keyword, rest)) if keyword.is_word("COLLATE") && !rest.is_empty() => {
            (trimmed(rest), name.spelled().map(Cow::into_owned))
        }
        _ => (tokens, None),
    }
}
