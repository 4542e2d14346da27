//! A revision that failed, and what it left behind.

use sea_orm::DbErr;
use seachange_graph::Direction;
use thiserror::Error;

use super::refusal::Refusal;
use crate::alter::ForeignKeyViolation;
use crate::database_error::full_reason;
use crate::limits::Limit;

/// A revision that failed.
#[derive(Debug, Error)]
#[error("the {direction} of `{revision}`, {message}, failed")]
pub struct RevisionFailure {
    /// The revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// The name of its file.
    pub file: String,
    /// What was being done.
    pub direction: Direction,
    /// Why it failed.
    #[source]
    pub cause: FailureCause,
    /// The statement that the database refused, where it is known.
    pub statement: Option<String>,
    /// The limit that it ran into, where it was one.
    pub limit: Option<Limit>,
    /// How often it was run.
    pub attempts: u32,
    /// What is left of it in the database.
    pub left: Leftover,
    /// The name of the database system.
    pub system: &'static str,
    /// Whether that system rolls back changes of tables; what is left is then the choice of the revision.
    pub rolls_back: bool,
    /// How many steps of the plan were done before it; they stay.
    pub done: usize,
    /// How many steps the plan had.
    pub of: usize,
    /// Whether all of them were to run in one transaction, so that nothing is left of any.
    pub is_whole: bool,
}

/// Why a revision failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FailureCause {
    /// The database refused something, or the code returned an error of its own.
    #[error("{}", full_reason(.0))]
    Database(DbErr),
    /// The code panicked.
    #[error("the code panicked: {0}")]
    Panic(String),
    /// The engine refused to send a statement.
    #[error("{0}")]
    Refused(Refusal),
    /// The transaction of the engine was not there any more when the code had run.
    #[error("the revision ended the transaction that the engine began for it")]
    TransactionEnded,
    /// With foreign keys off for a table rebuild, the revision left rows that refer to nothing.
    #[error("{}", list(.0))]
    ForeignKeys(Vec<ForeignKeyViolation>),
}

/// What a failed revision left in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Nothing: it was rolled back.
    Nothing,
    /// Everything up to the failure; the row says that the revision was begun.
    Begun {
        /// The statements of the revision that are known to have run.
        statements: usize,
    },
    /// The revision ended the transaction of the engine, in a way that could not be seen before: what ran up to that point,
    /// or after it, may be in the database. The record does not have it.
    Escaped,
    /// Nothing or everything: the connection was lost while the database was asked to commit.
    Unknown,
}

fn list(violations: &[ForeignKeyViolation]) -> String {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    lines.join("; ")
}
