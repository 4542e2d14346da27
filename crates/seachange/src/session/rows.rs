//! Reads the rows of a query, up to the number that the engine keeps in memory.

use std::pin::pin;

use futures_util::TryStreamExt;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
use sea_orm::sqlx::Decode;
#[cfg(feature = "mysql")]
use sea_orm::sqlx::MySql;
use sea_orm::sqlx::{ColumnIndex, Database, Row, ValueRef};
#[cfg(feature = "sqlite")]
use sea_orm::sqlx::{Sqlite, TypeInfo, sqlite::SqliteValueRef};
use sea_orm::{DatabaseExecutor, DbErr, QueryResult, Statement, StreamTrait};

/// How many rows a query of a revision may return.
const MOST_ROWS: usize = 100_000;

/// How many bytes of values a query of a revision may return.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The result of a query.
pub(super) enum LimitedRows {
    /// All of its rows.
    All(Vec<QueryResult>),
    /// It has more rows or bytes than the engine keeps in memory.
    TooMany,
}

/// Reads the rows of a query one by one, and stops when they are too many.
///
/// # Errors
///
/// The error of the database.
pub(super) async fn rows(executor: &DatabaseExecutor<'_>, statement: Statement) -> Result<LimitedRows, DbErr> {
    match executor {
        DatabaseExecutor::Connection(connection) => collect(*connection, statement).await,
        DatabaseExecutor::Transaction(transaction) => collect(*transaction, statement).await,
        DatabaseExecutor::OwnedTransaction(transaction) => collect(transaction, statement).await,
    }
}

async fn collect(source: &impl StreamTrait, statement: Statement) -> Result<LimitedRows, DbErr> {
    let mut stream = pin!(source.stream_raw(statement).await?);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = stream.try_next().await? {
        bytes += size(&row);
        rows.push(row);
        if rows.len() > MOST_ROWS || bytes > MOST_BYTES {
            return Ok(LimitedRows::TooMany);
        }
    }
    Ok(LimitedRows::All(rows))
}

/// The approximate number of bytes of the values of a row.
fn size(row: &QueryResult) -> usize {
    #[cfg(feature = "sqlite")]
    if let Some(row) = row.try_as_sqlite_row() {
        return sum(row, sqlite_length);
    }
    #[cfg(feature = "postgres")]
    if let Some(row) = row.try_as_pg_row() {
        return sum(row, |value| value.as_bytes().map_or(0, <[u8]>::len));
    }
    #[cfg(feature = "mysql")]
    if let Some(row) = row.try_as_mysql_row() {
        return sum(row, |value| <&[u8] as Decode<MySql>>::decode(value).map_or(0, <[u8]>::len));
    }
    let _ = row;
    0
}

/// The length of a value. For a number it is a constant: SQLite would convert the number to text to tell its bytes.
#[cfg(feature = "sqlite")]
fn sqlite_length(value: SqliteValueRef<'_>) -> usize {
    const NUMBER: usize = 8;
    let has_bytes = ["TEXT", "BLOB"].contains(&value.type_info().name());
    if has_bytes { <&[u8] as Decode<Sqlite>>::decode(value).map_or(0, <[u8]>::len) } else { NUMBER }
}

fn sum<R: Row>(row: &R, length: impl Fn(<R::Database as Database>::ValueRef<'_>) -> usize) -> usize
where
    usize: ColumnIndex<R>,
{
    let values = (0..row.len()).filter_map(|index| row.try_get_raw(index).ok());
    values.filter(|value| !value.is_null()).map(length).sum()
}
