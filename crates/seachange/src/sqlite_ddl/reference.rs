//! The reference of a foreign key, and its actions.

use super::group::group;
use super::key_part::key_parts;
use crate::schema::{Deferrable, ReferentialAction};
use crate::sql::{Token, TokenKind as Kind};

/// The part of a foreign key that begins with `REFERENCES`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The referenced table.
    pub(crate) table: String,
    /// The referenced columns; empty when the key refers to the primary key.
    pub(crate) columns: Vec<String>,
    /// `ON DELETE`
    pub(crate) on_delete: ReferentialAction,
    /// `ON UPDATE`
    pub(crate) on_update: ReferentialAction,
    /// `DEFERRABLE`
    pub(crate) deferrable: Option<Deferrable>,
}

impl Reference {
    /// Finds the reference among the tokens of a constraint. The tokens have no white space.
    pub(crate) fn find(tokens: &[Token<'_>]) -> Option<Self> {
        let at = tokens.iter().position(|token| token.is_word("REFERENCES"))?;
        let table = tokens.get(at + 1)?.spelled()?.into_owned();
        let rest = &tokens[at + 2..];
        let has_columns = rest.first().is_some_and(|token| token.kind == Kind::Open);
        let columns = has_columns.then(|| group(rest)).flatten().map(key_parts).unwrap_or_default();
        Some(Self {
            table,
            columns: columns.into_iter().filter_map(|part| part.name).collect(),
            on_delete: action(rest, "DELETE"),
            on_update: action(rest, "UPDATE"),
            deferrable: deferrable(rest),
        })
    }
}

fn action(tokens: &[Token<'_>], event: &str) -> ReferentialAction {
    let at = tokens.windows(2).position(|pair| pair[0].is_word("ON") && pair[1].is_word(event));
    match at.map_or(&[][..], |at| &tokens[at + 2..]) {
        [first, ..] if first.is_word("CASCADE") => ReferentialAction::Cascade,
        [first, ..] if first.is_word("RESTRICT") => ReferentialAction::Restrict,
        [set, null, ..] if set.is_word("SET") && null.is_word("NULL") => ReferentialAction::SetNull,
        [set, default, ..] if set.is_word("SET") && default.is_word("DEFAULT") => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}

fn deferrable(tokens: &[Token<'_>]) -> Option<Deferrable> {
    let at = tokens.iter().position(|token| token.is_word("DEFERRABLE"))?;
    if at > 0 && tokens[at - 1].is_word("NOT") {
        return None;
    }
    let is_deferred = tokens.get(at + 1).is_some_and(|token| token.is_word("INITIALLY"))
        && tokens.get(at + 2).is_some_and(|token| token.is_word("DEFERRED"));
    Some(if is_deferred { Deferrable::Deferred } else { Deferrable::Immediate })
}
