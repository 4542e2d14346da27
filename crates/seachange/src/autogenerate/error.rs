//! Why a database and entities cannot be compared.

use sea_orm::DbErr;

use super::entities::EntityError;
use super::scratch::ScratchError;
use crate::database_error::full_reason;
use crate::error::Error;

/// Why a database and entities cannot be compared. Nothing was changed in the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AutogenerateError {
    /// The entities describe no schema.
    #[error(transparent)]
    Entities(#[from] EntityError),
    /// There is no place to build the tables of the entities in.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// A revision failed on the empty database that was made for it.
    #[error("the revisions cannot be replayed: {0}")]
    Replay(#[source] Box<Error>),
    /// The schema cannot be copied, so that nothing can be tried out on it.
    #[error("the steps cannot be tried out: {reason}")]
    Copy {
        /// Why.
        reason: String,
    },
    /// The database refuses one of the steps.
    #[error("the database refuses the steps: {}", full_reason(.0))]
    Statement(#[source] DbErr),
    /// The catalogue cannot be read.
    #[error("cannot read the schema: {}", full_reason(.0))]
    Inspect(#[source] DbErr),
}
