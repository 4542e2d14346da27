//! Why there is no scratch schema.

use sea_orm::DbErr;

use crate::connection::ConnectError;
use crate::database_error::full_reason;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::database_error::has_code;
#[cfg(feature = "mysql")]
use crate::database_error::mysql_number;

/// Why there is no scratch schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The user has no right to make one.
    #[error("cannot make a scratch {kind}: {}", full_reason(.source))]
    Forbidden {
        /// `schema` or `database`.
        kind: &'static str,
        /// What the database said.
        source: DbErr,
    },
    /// The database said something else.
    #[error("cannot use a scratch schema: {}", full_reason(.0))]
    Database(#[from] DbErr),
}

impl ScratchError {
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    /// What became of making a `schema` or a `database`.
    pub(super) fn of_making(kind: &'static str, source: DbErr) -> Self {
        if is_forbidden(&source) { Self::Forbidden { kind, source } } else { Self::Database(source) }
    }
}

#[cfg(any(feature = "mysql", feature = "postgres"))]
/// PostgreSQL's insufficient_privilege and read_only_sql_transaction, as a standby says it, and what MySQL says.
fn is_forbidden(error: &DbErr) -> bool {
    has_code(error, "42501") || has_code(error, "25006") || is_denied(error)
}

/// Access denied: to the database (1044), to a command (1142, 1227); or the server is read only (1290, 1836).
#[cfg(feature = "mysql")]
fn is_denied(error: &DbErr) -> bool {
    mysql_number(error).is_some_and(|number| [1044, 1142, 1227, 1290, 1836].contains(&number))
}

#[cfg(all(feature = "postgres", not(feature = "mysql")))]
fn is_denied(_error: &DbErr) -> bool {
    false
}
