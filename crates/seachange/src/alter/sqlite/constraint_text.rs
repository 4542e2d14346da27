//! The text of one table constraint.

use std::borrow::Cow;

use super::token::{Kind, Token, tokens};

/// What a table constraint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
}

/// A table constraint, as far as editing needs to understand it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConstraintText {
    /// The name after `CONSTRAINT`.
    pub(super) name: Option<String>,
    pub(super) kind: ConstraintKind,
    /// Every word of the first parentheses: for all but checks, the columns.
    pub(super) columns: Vec<String>,
    /// What a foreign key refers to.
    pub(super) references: Option<Reference>,
}

/// The table and the columns that a foreign key refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) table: String,
    /// Empty when the primary key is meant.
    pub(super) columns: Vec<String>,
}

impl ConstraintText {
    /// Reads a table constraint.
    pub(super) fn parse(text: &str) -> Self {
        let all = tokens(text);
        let all: Vec<_> = all.into_iter().filter(|token| token.kind != Kind::Trivia).collect();
        let (name, rest) = match all.as_slice() {
            [first, name, rest @ ..] if first.is_word("CONSTRAINT") => (name.name().map(Cow::into_owned), rest),
            rest => (None, rest),
        };
        Self { name, kind: kind(rest), columns: group(rest), references: Reference::find(rest) }
    }

    /// Says whether the constraint mentions a column of the table `table`, to which it belongs.
    pub(super) fn mentions(&self, table: &str, column: &str) -> bool {
        let own = self.columns.iter();
        let referred = self.references.iter().filter(|reference| same(&reference.table, table));
        own.chain(referred.flat_map(|reference| &reference.columns)).any(|name| same(name, column))
    }
}

impl Reference {
    /// Finds the reference among the tokens of a constraint.
    pub(super) fn find(tokens: &[Token<'_>]) -> Option<Self> {
        let at = tokens.iter().position(|token| token.is_word("REFERENCES"))?;
        let table = tokens.get(at + 1)?.name()?.into_owned();
        let has_columns = tokens.get(at + 2).is_some_and(|token| token.kind == Kind::Open);
        let columns = if has_columns { group(&tokens[at + 2..]) } else { Vec::new() };
        Some(Self { table, columns })
    }
}

/// Compares names as SQLite does.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

fn kind(tokens: &[Token<'_>]) -> ConstraintKind {
    match tokens.first() {
        Some(token) if token.is_word("PRIMARY") => ConstraintKind::PrimaryKey,
        Some(token) if token.is_word("UNIQUE") => ConstraintKind::Unique,
        Some(token) if token.is_word("FOREIGN") => ConstraintKind::ForeignKey,
        _ => ConstraintKind::Check,
    }
}

/// Returns the names in the first parentheses, those of nested parentheses too.
fn group(tokens: &[Token<'_>]) -> Vec<String> {
    let mut depth = 0_usize;
    let mut names = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth <= 1 => break,
            Kind::Close => depth -= 1,
            Kind::Word | Kind::QuotedName if depth > 0 => names.extend(token.name().map(Cow::into_owned)),
            _ => {}
        }
    }
    names
}
