//! The text of a `CREATE INDEX` statement.

use super::group::{group, unwrapped};
use super::key_part::{KeyPart, key_parts};
use super::tokens;
use crate::sql::{TokenKind as Kind, joined};

/// An index, as its text defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexText {
    /// Whether no two rows may have the same key.
    pub(crate) unique: bool,
    /// The key, in order.
    pub(crate) parts: Vec<KeyPart>,
    /// The condition for rows to be in the index, verbatim.
    pub(crate) predicate: Option<String>,
}

impl IndexText {
    /// Parses a statement as SQLite stores it. Returns nothing when it has no key.
    pub(crate) fn parse(sql: &str) -> Option<Self> {
        let all = tokens(sql);
        let key = group(&all)?;
        let after = all.iter().position(|token| token.kind == Kind::Open)? + key.len() + 1;
        let unique = all.iter().filter(|token| !token.is_trivia()).nth(1);
        let condition = all[after..].iter().position(|token| token.is_word("WHERE"));
        Some(Self {
            unique: unique.is_some_and(|token| token.is_word("UNIQUE")),
            parts: key_parts(key),
            predicate: condition.map(|at| joined(unwrapped(&all[after + at + 1..]))),
        })
    }
}
