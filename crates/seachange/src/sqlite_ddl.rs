//! Parses the texts of `CREATE TABLE` and `CREATE INDEX` that SQLite stores, without loss.
//!
//! The texts contain what no `PRAGMA` reports: names of constraints, checks, expressions, deferrability, comments. An
//! alteration edits them; the inspector reads them.

pub(crate) mod column_text;
pub(crate) mod constraint_text;
#[cfg(feature = "sqlite")]
pub(crate) mod expression;
mod group;
#[cfg(feature = "sqlite")]
pub(crate) mod index_text;
pub(crate) mod key_part;
pub(crate) mod place;
#[cfg(test)]
pub(crate) mod random;
pub(crate) mod reference;
pub(crate) mod table_text;
#[cfg(test)]
mod tests;

use crate::sql::{self, SqlDialect, Token};

/// Splits a text into tokens.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    sql::tokens(text, SqlDialect::Sqlite)
}

/// Compares names as SQLite does.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}
