//! The text of one constraint, of a table or of a column.

use std::borrow::Cow;

use super::column_text::{ColumnConstraintKind, ColumnConstraintText, ColumnText};
use super::group::{group, unwrapped};
use super::key_part::key_parts;
use super::reference::Reference;
use super::same;
use super::tokens;
use crate::sql::{Token, joined, significant};

/// The kind of a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    PrimaryKey,
    Unique,
    Check,
    ForeignKey,
}

/// A constraint, with the facts that editing and inspecting need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConstraintText {
    /// The name after `CONSTRAINT`.
    pub(crate) name: Option<String>,
    pub(crate) kind: ConstraintKind,
    /// The columns; for a check of the table, every word in it.
    pub(crate) columns: Vec<String>,
    /// The reference of a foreign key.
    pub(crate) references: Option<Reference>,
    /// The content of the first parentheses, verbatim but without parentheses around the whole. For a check, this is
    /// its condition.
    pub(crate) body: String,
    /// Whether a primary key of one `INTEGER` column is the row number.
    pub(crate) numbers_rows: bool,
    /// `AUTOINCREMENT`
    pub(crate) autoincrement: bool,
}

impl ConstraintText {
    /// Reads a table constraint.
    pub(crate) fn parse(text: &str) -> Self {
        let all = tokens(text);
        let words = significant(&all);
        let (name, rest) = named(&words);
        let kind = kind(rest);
        let body = group(&all).unwrap_or_default();
        let columns = match kind {
            ConstraintKind::Check => names(body),
            _ => key_parts(body).into_iter().filter_map(|part| part.name).collect(),
        };
        Self {
            name,
            kind,
            columns,
            references: Reference::find(rest),
            body: joined(unwrapped(body)),
            numbers_rows: kind == ConstraintKind::PrimaryKey,
            autoincrement: says(rest, "AUTOINCREMENT"),
        }
    }

    /// Returns the constraints of a column in the form of table constraints, each with its position among the column's
    /// parts.
    pub(crate) fn of_column(column: &ColumnText) -> impl Iterator<Item = (usize, Self)> + '_ {
        column.parts.iter().enumerate().filter_map(|(at, part)| {
            let kind = match part.kind {
                ColumnConstraintKind::PrimaryKey => ConstraintKind::PrimaryKey,
                ColumnConstraintKind::Unique => ConstraintKind::Unique,
                ColumnConstraintKind::Check => ConstraintKind::Check,
                ColumnConstraintKind::References => ConstraintKind::ForeignKey,
                _ => return None,
            };
            let constraint = Self {
                name: part.name.clone(),
                kind,
                columns: vec![column.name.clone()],
                references: (kind == ConstraintKind::ForeignKey).then(|| reference(&column.parts[at..])).flatten(),
                body: part.body(),
                // With `DESC` the column is an ordinary one, for compatibility with old databases.
                numbers_rows: kind == ConstraintKind::PrimaryKey && !says(&part.tokens(), "DESC"),
                autoincrement: says(&part.tokens(), "AUTOINCREMENT"),
            };
            Some((at, constraint))
        })
    }

    /// Returns whether the constraint mentions a column of the table `table`, to which it belongs.
    pub(crate) fn mentions(&self, table: &str, column: &str) -> bool {
        let own = self.columns.iter();
        let referred = self.references.iter().filter(|reference| same(&reference.table, table));
        own.chain(referred.flat_map(|reference| &reference.columns)).any(|name| same(name, column))
    }
}

/// Splits off the name after `CONSTRAINT`. The tokens have no white space.
pub(super) fn named<'t, 'a>(tokens: &'t [Token<'a>]) -> (Option<String>, &'t [Token<'a>]) {
    match tokens {
        [first, name, rest @ ..] if first.is_word("CONSTRAINT") => (name.spelled().map(Cow::into_owned), rest),
        rest => (None, rest),
    }
}

fn says(tokens: &[Token<'_>], keyword: &str) -> bool {
    tokens.iter().any(|token| token.is_word(keyword))
}

/// Reads the reference of a column that begins with the first of `parts`. `DEFERRABLE` may follow in a later part.
fn reference(parts: &[ColumnConstraintText]) -> Option<Reference> {
    let next = parts.iter().skip(1).position(|part| part.kind == ColumnConstraintKind::References);
    let own = &parts[..next.map_or(parts.len(), |next| next + 1)];
    let tokens: Vec<Token<'_>> = own.iter().flat_map(ColumnConstraintText::tokens).collect();
    Reference::find(&tokens)
}

fn kind(tokens: &[Token<'_>]) -> ConstraintKind {
    match tokens.first() {
        Some(token) if token.is_word("PRIMARY") => ConstraintKind::PrimaryKey,
        Some(token) if token.is_word("UNIQUE") => ConstraintKind::Unique,
        Some(token) if token.is_word("FOREIGN") => ConstraintKind::ForeignKey,
        _ => ConstraintKind::Check,
    }
}

fn names(tokens: &[Token<'_>]) -> Vec<String> {
    tokens.iter().filter_map(|token| token.name().map(Cow::into_owned)).collect()
}
