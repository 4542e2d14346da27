//! Why revisions cannot be squashed.

use sea_orm::DbErr;

use super::DataStatement;
use crate::autogenerate::{AutogenerateError, ScratchError};
use crate::database_error::full_reason;

/// Why revisions cannot be squashed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SquashError {
    /// The scratch database cannot be used or read.
    #[error(transparent)]
    Autogenerate(#[from] AutogenerateError),
    /// A revision failed on the scratch database.
    #[error("revision `{revision}` fails on a scratch database: {reason}")]
    Revision { revision: String, file: String, reason: String },
    /// The schema has objects that cannot be written as code.
    #[error("the schema has objects that cannot be written")]
    Omitted { objects: Vec<String> },
    /// The database refuses the schema that would be written.
    #[error("the database refuses the schema of the squash revision: {}", full_reason(.0))]
    Schema(#[source] DbErr),
    /// A statement that changes rows does not run on the schema of the end of the range.
    #[error("a statement of `{}` does not run on the schema at the end of the range: {reason}", statement.revision)]
    Statement { statement: Box<DataStatement>, reason: String },
    /// A revision above other revisions decides by the rows that it reads what it writes.
    #[error("revision `{revision}` reads rows and changes rows, and what it does depends on the database")]
    DependsOnRows { revision: String, file: String },
    /// The schema of the squash revision is another one.
    #[error("the squash revision would make another schema")]
    SchemaDiffers { differences: Vec<String> },
    /// The squash revision would leave other rows.
    #[error("the squash revision would leave other rows")]
    RowsDiffer { places: Vec<String>, data: Vec<DataStatement> },
}

impl From<ScratchError> for SquashError {
    fn from(error: ScratchError) -> Self {
        AutogenerateError::from(error).into()
    }
}

/// The error of a database that cannot be read.
pub(super) fn unread(error: DbErr) -> SquashError {
    AutogenerateError::Inspect(error).into()
}
