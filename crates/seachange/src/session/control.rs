//! The SQL that begins and ends transactions for the code of a revision.

use sea_orm::{AccessMode, IsolationLevel, SqliteTransactionMode};

use crate::intercept::BeginOptions;
use crate::sql::SqlDialect;

/// Begins a transaction, or a savepoint inside of another transaction.
pub(super) fn begin(dialect: SqlDialect, begin: BeginOptions, is_outermost: bool, depth: usize) -> String {
    let options = options(begin);
    match (dialect, is_outermost) {
        (SqlDialect::Sqlite, true) => match begin.sqlite_mode {
            None | Some(SqliteTransactionMode::Deferred) => "BEGIN".to_owned(),
            Some(SqliteTransactionMode::Immediate) => "BEGIN IMMEDIATE".to_owned(),
            Some(SqliteTransactionMode::Exclusive) => "BEGIN EXCLUSIVE".to_owned(),
        },
        (SqlDialect::Postgres, true) => format!("BEGIN{}", joined(&options)),
        // The options apply to the transaction that starts after them.
        (SqlDialect::MySql, true) => {
            let sets = options.iter().map(|option| format!("SET TRANSACTION {option}; "));
            format!("{}START TRANSACTION", sets.collect::<String>())
        }
        // The database refuses options that come too late.
        (SqlDialect::Sqlite, false) => savepoint(depth),
        (SqlDialect::Postgres | SqlDialect::MySql, false) if options.is_empty() => savepoint(depth),
        (SqlDialect::Postgres | SqlDialect::MySql, false) => {
            let sets = options.iter().map(|option| format!("; SET TRANSACTION {option}"));
            format!("{}{}", savepoint(depth), sets.collect::<String>())
        }
    }
}

/// Commits a transaction, or releases a savepoint.
pub(super) fn commit(is_inner: bool, depth: usize) -> String {
    if is_inner { format!("RELEASE SAVEPOINT {}", name(depth)) } else { "COMMIT".to_owned() }
}

/// Rolls back a transaction, or to a savepoint.
pub(super) fn rollback(is_inner: bool, depth: usize) -> String {
    if is_inner { format!("ROLLBACK TO SAVEPOINT {}", name(depth)) } else { "ROLLBACK".to_owned() }
}

fn savepoint(depth: usize) -> String {
    format!("SAVEPOINT {}", name(depth))
}

fn name(depth: usize) -> String {
    format!("seachange_savepoint_{depth}")
}

fn joined(options: &[String]) -> String {
    options.iter().map(|option| format!(" {option}")).collect()
}

fn options(begin: BeginOptions) -> Vec<String> {
    let level = begin.isolation_level.map(|level| match level {
        IsolationLevel::RepeatableRead => "REPEATABLE READ",
        IsolationLevel::ReadCommitted => "READ COMMITTED",
        IsolationLevel::ReadUncommitted => "READ UNCOMMITTED",
        IsolationLevel::Serializable => "SERIALIZABLE",
    });
    let access = begin.access_mode.map(|mode| match mode {
        AccessMode::ReadOnly => "READ ONLY",
        AccessMode::ReadWrite => "READ WRITE",
    });
    let level = level.map(|level| format!("ISOLATION LEVEL {level}"));
    level.into_iter().chain(access.map(str::to_owned)).collect()
}
