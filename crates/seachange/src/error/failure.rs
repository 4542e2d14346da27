//! A failed revision, and what it left in the database.

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
#[non_exhaustive]
pub struct RevisionFailure {
    /// The revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// The name of its file.
    pub file: String,
    /// The direction of the step.
    pub direction: Direction,
    /// Why it failed.
    #[source]
    pub cause: FailureCause,
    /// The statement that the database refused, if it is known.
    pub statement: Option<String>,
    /// The limit that the statement exceeded, if that is the cause.
    pub limit: Option<Limit>,
    /// How often the revision was run.
    pub attempts: u32,
    /// What the revision left in the database.
    pub left: Leftover,
    /// The name of the database system.
    pub system: &'static str,
    /// Whether that system rolls back changes of tables. If it does, what is left depends on the revision's choice of a
    /// transaction.
    pub rolls_back: bool,
    /// How many steps of the plan were finished before; they stay applied.
    pub done: usize,
    /// How many steps the plan had.
    pub of: usize,
    /// Whether all steps were to run in one transaction, so that none of them left anything.
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
    /// After the code had run, the transaction of the engine was no longer open.
    #[error("the revision ended the transaction that the engine began for it")]
    TransactionEnded,
    /// With foreign keys off for a table rebuild, the revision left rows that violate foreign keys.
    #[error("{}", list(.0))]
    ForeignKeys(Vec<ForeignKeyViolation>),
    /// The revision was not run, because it would fail on rows of the database; one line for each change.
    #[error("{}", .0.join("; "))]
    Rows(Vec<String>),
}

/// What a failed revision left in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leftover {
    /// Nothing: it was rolled back.
    Nothing,
    /// Everything before the failure; the row says that the revision was begun.
    Begun {
        /// The statements of the revision that are known to have run.
        statements: usize,
    },
    /// The revision ended the transaction of the engine in a way that the engine could not detect in advance.
    /// Statements that ran before or after that point may have taken effect. The record does not have the revision.
    Escaped,
    /// Nothing or everything: the connection was lost during the commit.
    Unknown,
}

fn list(violations: &[ForeignKeyViolation]) -> String {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    lines.join("; ")
}
