//! Finds the error of the database inside of the errors of SeaORM and SQLx.

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

/// The error of the database, if the database returned one.
pub(crate) fn database_error(error: &DbErr) -> Option<&(dyn DatabaseError + 'static)> {
    sqlx_error(error)?.as_database_error()
}

/// Whether the connection to the database is lost: no later statement reaches it.
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

/// PostgreSQL's class 08 has the errors of the connection; with 57P01 to 57P03 and 57P05, the server ends it. MariaDB
/// reports 70100 when a user killed the connection, and also when only a statement was ended.
fn is_goodbye(error: &dyn DatabaseError) -> bool {
    const WORDS: [&str; 5] = ["57P01", "57P02", "57P03", "57P05", "70100"];
    let is_goodbye = |code: &str| code.starts_with("08") || WORDS.contains(&code);
    error.code().is_some_and(|code| is_goodbye(&code)) && !leaves_the_connection(error)
}

/// MariaDB's errors 1317 (a user killed the statement) and 1969 (`max_statement_time exceeded`): the connection stays.
#[cfg(feature = "mysql")]
fn leaves_the_connection(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<sea_orm::SqlxMySqlError>().is_some_and(|error| [1317, 1969].contains(&error.number()))
}

#[cfg(not(feature = "mysql"))]
fn leaves_the_connection(_error: &dyn DatabaseError) -> bool {
    false
}

/// Whether the server accepts no writes, or none from this session.
pub(crate) fn is_read_only(error: &DbErr) -> bool {
    // PostgreSQL's read_only_sql_transaction. MySQL's and MariaDB's errors for `--read-only`, for a read-only
    // transaction, and for a server in read-only mode.
    has_code(error, "25006") || is_mysql_number(error, &[1290, 1792, 1836])
}

/// Whether the user lacks a privilege.
pub(crate) fn is_denied(error: &DbErr) -> bool {
    // PostgreSQL's insufficient_privilege; MySQL's and MariaDB's errors for a database, a table, a column, and a
    // privilege.
    has_code(error, "42501") || is_mysql_number(error, &[1044, 1142, 1143, 1227])
}

/// Whether MySQL or MariaDB returned one of these error numbers.
fn is_mysql_number(error: &DbErr, numbers: &[u16]) -> bool {
    mysql_number(error).is_some_and(|number| numbers.contains(&number))
}

/// The number of an error of MySQL or MariaDB.
#[cfg(feature = "mysql")]
pub(crate) fn mysql_number(error: &DbErr) -> Option<u16> {
    database_error(error)?.try_downcast_ref::<sea_orm::SqlxMySqlError>().map(sea_orm::SqlxMySqlError::number)
}

/// The number of an error of MySQL or MariaDB.
#[cfg(not(feature = "mysql"))]
pub(crate) const fn mysql_number(_error: &DbErr) -> Option<u16> {
    None
}

/// Whether the database returned this code. SQLite uses one code for many errors.
pub(crate) fn has_code(error: &DbErr, code: &str) -> bool {
    database_error(error).and_then(DatabaseError::code).is_some_and(|found| found == code)
}

/// The error in one line, with PostgreSQL's detail and hint: for instance which view reads a column, and what to do.
pub(crate) fn full_reason(error: &DbErr) -> String {
    let hint = remarks(error).hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}{hint}", reason_with_detail(error))
}

/// The error in one line, with PostgreSQL's detail.
pub(crate) fn reason_with_detail(error: &DbErr) -> String {
    match remarks(error).detail {
        Some(detail) => format!("{}: {}", reason(error), detail.lines().collect::<Vec<_>>().join("; ")),
        None => reason(error),
    }
}

/// The fields of PostgreSQL's error beside its message.
#[derive(Debug, Default)]
pub(crate) struct ServerDetails<'a> {
    /// Facts, for instance the objects that depend on a column, or the existing row.
    pub(crate) detail: Option<&'a str>,
    /// The advice of the server.
    pub(crate) hint: Option<&'a str>,
}

#[cfg(feature = "postgres")]
pub(crate) fn remarks(error: &DbErr) -> ServerDetails<'_> {
    match database_error(error).and_then(|error| error.try_downcast_ref::<sea_orm::SqlxPostgresError>()) {
        Some(error) => ServerDetails { detail: error.detail(), hint: error.hint() },
        None => ServerDetails::default(),
    }
}

#[cfg(not(feature = "postgres"))]
pub(crate) fn remarks(_error: &DbErr) -> ServerDetails<'_> {
    ServerDetails::default()
}

/// The message of the error, from the database if it returned one.
pub(crate) fn reason(error: &DbErr) -> String {
    match (database_error(error), error) {
        (Some(error), _) => error.message().to_owned(),
        (None, DbErr::Migration(text) | DbErr::Custom(text) | DbErr::Type(text)) => text.clone(),
        (None, other) => other.to_string(),
    }
}
