//! A revision that cannot be written as a script, and why.

use sea_orm::DbErr;
use seachange_graph::Direction;
use thiserror::Error;

use crate::runner::FailureCause;

/// A revision that cannot be written as a script. No script was written.
#[derive(Debug, Error)]
#[error("the {direction} of `{revision}`, {message}, cannot be written as a script: {obstacle}")]
pub struct ScriptError {
    /// The revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// The name of its file.
    pub file: String,
    /// What was to be written.
    pub direction: Direction,
    /// What stands in the way.
    pub obstacle: ScriptErrorKind,
    /// The statement that it sent, where one stands in the way.
    pub statement: Option<String>,
}

/// What keeps a revision from being written as a script.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScriptErrorKind {
    /// It asks the database something, and what it does next may depend on the answer.
    #[error("{0}")]
    Reads(ReadKind),
    /// A statement cannot be written out.
    #[error("{0}")]
    Value(&'static str),
    /// Its code failed.
    #[error("{0}")]
    Code(FailureCause),
}

/// What a revision asks the database.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadKind {
    /// Whether something is there: `has_table`, `has_column` or `has_index`.
    #[error("it asks the database with `{0}`")]
    Probe(&'static str),
    /// The rows, or the generated key, of what it has just written.
    #[error("it reads back what it writes")]
    Returned,
    /// Anything else.
    #[error("it reads from the database")]
    Data,
}

impl ScriptErrorKind {
    /// What an error means that the code of a revision ended with.
    pub(super) fn failed(error: DbErr) -> Self {
        match error {
            // SeaORM did not get the key that it asked for.
            DbErr::RecordNotInserted | DbErr::UnpackInsertId => Self::Reads(ReadKind::Returned),
            error => Self::Code(FailureCause::Database(error)),
        }
    }
}
