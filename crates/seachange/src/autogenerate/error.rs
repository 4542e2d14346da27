//! Why a database and entities cannot be compared.

use sea_orm::DbErr;

use super::entities::EntityError;
use super::scratch::ScratchError;
use crate::database_error::full_reason;
use crate::error::Error;

/// Why a database and entities cannot be compared. The compared database is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AutogenerateError {
    /// The entities do not describe a valid schema.
    #[error(transparent)]
    Entities(#[from] EntityError),
    /// The scratch schema in which the tables of the entities are built cannot be used.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A revision failed on the empty scratch database.
    #[error("the revisions cannot be replayed: {0}")]
    Replay(#[source] Box<Error>),
    /// The schema cannot be copied, so the operations cannot be verified.
    #[error("the steps cannot be verified on a scratch copy: {reason}")]
    Copy {
        /// The reason.
        reason: String,
    },
    /// The database refuses one of the operations.
    #[error("the database refuses the steps: {}", full_reason(.0))]
    Statement(#[source] DbErr),
    /// The catalogue cannot be read.
    #[error("cannot read the schema: {}", full_reason(.0))]
    Inspect(#[source] DbErr),
}
