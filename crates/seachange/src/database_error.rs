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

/// Whether the way to the database is gone: nothing that is sent after this arrives.
pub(crate) fn is_lost_connection(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(SqlxError::Database(error)) => is_goodbye(error.as_ref()),
        Some(error) => matches!(
            error,
            SqlxError::Io(_)
                | SqlxError::Tls(_)
                | SqlxError::Protocol(_)
                | SqlxError::PoolClosed
                | SqlxError::PoolTimedOut
                | SqlxError::WorkerCrashed
        ),
        None => matches!(error, DbErr::ConnectionAcquire(_)),
    }
}

/// PostgreSQL's class 08 are errors of the connection; 57P01 to 57P03 and 57P05 say that the server ends it. MariaDB
/// says 70100 when somebody killed it, and also when only a statement was ended.
fn is_goodbye(error: &dyn DatabaseError) -> bool {
    const WORDS: [&str; 5] = ["57P01", "57P02", "57P03", "57P05", "70100"];
    let is_goodbye = |code: &str| code.starts_with("08") || WORDS.contains(&code);
    error.code().is_some_and(|code| is_goodbye(&code)) && !leaves_the_connection(error)
}

/// MariaDB's errors 1317, somebody killed the statement, and 1969, `max_statement_time exceeded`: the connection stays.
#[cfg(feature = "mysql")]
fn leaves_the_connection(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<sea_orm::SqlxMySqlError>().is_some_and(|error| [1317, 1969].contains(&error.number()))
}

#[cfg(not(feature = "mysql"))]
fn leaves_the_connection(_error: &dyn DatabaseError) -> bool {
    false
}

/// The number of an error of MySQL or MariaDB.
#[cfg(feature = "mysql")]
pub(crate) fn mysql_number(error: &DbErr) -> Option<u16> {
    database_error(error)?.try_downcast_ref::<sea_orm::SqlxMySqlError>().map(sea_orm::SqlxMySqlError::number)
}

/// Whether the database answered with this code. SQLite has one code for too much.
pub(crate) fn has_code(error: &DbErr, code: &str) -> bool {
    database_error(error).and_then(DatabaseError::code).is_some_and(|found| found == code)
}

/// What went wrong, with what PostgreSQL says of it beside the message: which view it is that reads a column.
pub(crate) fn full_reason(error: &DbErr) -> String {
    match detail(error) {
        Some(detail) => format!("{}: {detail}", reason(error)),
        None => reason(error),
    }
}

#[cfg(feature = "postgres")]
fn detail(error: &DbErr) -> Option<&str> {
    database_error(error)?.try_downcast_ref::<sea_orm::SqlxPostgresError>()?.detail()
}

#[cfg(not(feature = "postgres"))]
fn detail(_error: &DbErr) -> Option<&str> {
    None
}

/// What went wrong, in the words of the database where there are any.
pub(crate) fn reason(error: &DbErr) -> String {
    match (database_error(error), error) {
        (Some(error), _) => error.message().to_owned(),
        (None, DbErr::Migration(text) | DbErr::Custom(text) | DbErr::Type(text)) => text.clone(),
        (None, other) => other.to_string(),
    }
}
