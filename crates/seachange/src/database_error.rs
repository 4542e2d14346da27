//! What the database itself said, under what SeaORM and SQLx wrap round it.

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr};

/// The error of the driver.
pub(crate) fn sqlx_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// The error of the database, if it answered.
pub(crate) fn database_error(error: &DbErr) -> Option<&(dyn DatabaseError + 'static)> {
    sqlx_error(error)?.as_database_error()
}

/// Whether the database answered with this code. SQLite has one code for too much.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) fn has_code(error: &DbErr, code: &str) -> bool {
    database_error(error).and_then(DatabaseError::code).is_some_and(|found| found == code)
}

/// What went wrong, in the words of the database where there are any.
pub(crate) fn reason(error: &DbErr) -> String {
    match (database_error(error), error) {
        (Some(error), _) => error.message().to_owned(),
        (None, DbErr::Migration(text) | DbErr::Custom(text) | DbErr::Type(text)) => text.clone(),
        (None, other) => other.to_string(),
    }
}
