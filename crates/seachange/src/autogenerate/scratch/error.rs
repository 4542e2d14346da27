//! Why there is no scratch schema.

use sea_orm::DbErr;

use crate::connection::ConnectError;
use crate::database_error::reason;

/// Why there is no scratch schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The user has no right to make one.
    #[error("cannot make a scratch {kind}: {}", reason(.source))]
    Forbidden {
        /// `schema` or `database`.
        kind: &'static str,
        /// What the database said.
        source: DbErr,
    },
    /// The database said something else.
    #[error("cannot use a scratch schema: {}", reason(.0))]
    Database(#[from] DbErr),
}
