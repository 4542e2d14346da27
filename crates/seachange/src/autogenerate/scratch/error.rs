//! Why a scratch schema or a scratch database cannot be used.

use sea_orm::DbErr;

use crate::connection::ConnectError;
use crate::database_error::full_reason;
#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::database_error::has_code;
#[cfg(feature = "mysql")]
use crate::database_error::mysql_number;

/// Why a scratch schema or a scratch database cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScratchError {
    /// The connection failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The user has no right to create a schema or a database, or the server is read-only.
    #[error("cannot make a scratch {kind}: {}", full_reason(.source))]
    Forbidden {
        /// `schema` or `database`.
        kind: &'static str,
        /// The error of the database.
        source: DbErr,
    },
    /// The database returned another error.
    #[error("cannot use a scratch schema: {}", full_reason(.0))]
    Database(#[from] DbErr),
}

impl ScratchError {
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    /// The error for a `schema` or a `database` that was not created.
    pub(super) fn of_making(kind: &'static str, source: DbErr) -> Self {
        if is_forbidden(&source) { Self::Forbidden { kind, source } } else { Self::Database(source) }
    }
}

#[cfg(any(feature = "mysql", feature = "postgres"))]
/// Whether the error is PostgreSQL's insufficient_privilege (42501) or read_only_sql_transaction (25006, which a
/// standby returns), or one of MySQL's in `is_denied`.
fn is_forbidden(error: &DbErr) -> bool {
    has_code(error, "42501") || has_code(error, "25006") || is_denied(error)
}

/// Whether the user has no right to a database (1044) or a command (1142, 1227), or the server is read-only (1290,
/// 1836).
#[cfg(feature = "mysql")]
fn is_denied(error: &DbErr) -> bool {
    mysql_number(error).is_some_and(|number| [1044, 1142, 1227, 1290, 1836].contains(&number))
}

#[cfg(all(feature = "postgres", not(feature = "mysql")))]
fn is_denied(_error: &DbErr) -> bool {
    false
}
