//! The error for a revision that cannot be written as a script, and its reasons.

use sea_orm::DbErr;
use seachange_graph::Direction;
use thiserror::Error;

use super::FailureCause;

/// A revision that cannot be written as a script. No script was written.
#[derive(Debug, Error)]
#[error("the {direction} of `{revision}`, {message}, cannot be written as a script: {obstacle}")]
#[non_exhaustive]
pub struct ScriptError {
    /// The revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// The name of its file.
    pub file: String,
    /// The direction that was to be written.
    pub direction: Direction,
    /// The reason.
    pub obstacle: ScriptErrorKind,
    /// The statement that cannot be written or answered, if there is one.
    pub statement: Option<String>,
}

/// Why a revision cannot be written as a script.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScriptErrorKind {
    /// It queries the database, and its next statements may depend on the answer.
    #[error("{0}")]
    Reads(ReadKind),
    /// A statement contains a value that cannot be written as SQL.
    #[error("{0}")]
    Value(&'static str),
    /// Its code failed.
    #[error("{0}")]
    Code(FailureCause),
}

/// What a revision reads from the database.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadKind {
    /// Whether a table, column or index exists: `has_table`, `has_column` or `has_index`.
    #[error("it asks the database with `{0}`")]
    Probe(&'static str),
    /// The rows, or the generated key, of its own INSERT, UPDATE or DELETE.
    #[error("it reads back what it writes")]
    Returned,
    /// Anything else.
    #[error("it reads from the database")]
    Data,
}

impl ScriptErrorKind {
    /// The reason for an error that the code of a revision returned.
    pub(crate) fn failed(error: DbErr) -> Self {
        match error {
            // SeaORM did not get the generated key.
            DbErr::RecordNotInserted | DbErr::UnpackInsertId => Self::Reads(ReadKind::Returned),
            error => Self::Code(FailureCause::Database(error)),
        }
    }
}
