//! Stores rows of a query as text, and restores rows of the driver from the text.
//!
//! The database itself restores them: it selects the values under their former names and types, so that the code reads
//! them with the same calls.

#[cfg(any(feature = "sqlite", feature = "mysql"))]
use sea_orm::{ConnectionTrait, Statement, Value};
use sea_orm::{DatabaseConnection, DatabaseExecutor, DbErr, QueryResult};
use serde::{Deserialize, Serialize};

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use crate::sql::SqlDialect;

/// How many rows one statement restores.
const AT_ONCE: usize = 100;

/// Rows of one query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredRows {
    /// The names of the columns, in their order.
    names: Vec<String>,
    rows: Vec<Vec<StoredCell>>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredCell {
    /// Its type, as the driver of the database names or numbers it.
    kind: String,
    /// The value as text; `None` for NULL. Bytes are hexadecimal.
    value: Option<String>,
}

impl StoredRows {
    /// Stores rows; `None` when a value has a type that cannot be restored.
    pub(super) fn of(rows: &[QueryResult]) -> Option<Self> {
        let Some(first) = rows.first() else { return Some(Self { names: Vec::new(), rows: Vec::new() }) };
        let names = first.column_names();
        let rows = rows.iter().map(cells).collect::<Option<Vec<_>>>()?;
        Some(Self { names, rows })
    }

    /// Restores rows of the driver.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub(super) async fn restore(
        &self,
        dialect: SqlDialect,
        connection: &DatabaseConnection,
        executor: &DatabaseExecutor<'_>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let mut made = Vec::new();
        for rows in self.rows.chunks(AT_ONCE) {
            made.extend(match dialect {
                #[cfg(feature = "sqlite")]
                SqlDialect::Sqlite => select(&self.names, rows, executor, sqlite::column, sqlite::value).await?,
                #[cfg(feature = "mysql")]
                SqlDialect::MySql => select(&self.names, rows, executor, mysql::column, mysql::value).await?,
                #[cfg(feature = "postgres")]
                SqlDialect::Postgres => postgres::select(&self.names, rows, connection).await?,
                #[cfg(not(all(feature = "sqlite", feature = "mysql", feature = "postgres")))]
                _ => Vec::new(),
            });
        }
        let _ = (connection, executor);
        Ok(made)
    }
}

/// Selects values again: `column` gives the expression of each, and `value` the value to bind.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
async fn select(
    names: &[String],
    rows: &[Vec<StoredCell>],
    executor: &DatabaseExecutor<'_>,
    column: fn(&StoredCell, &str) -> String,
    value: fn(&StoredCell) -> Option<Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    let mut made = Vec::new();
    for row in rows {
        let columns: Vec<String> = row.iter().zip(names).map(|(cell, name)| column(cell, name)).collect();
        let values = row.iter().map(value).collect::<Option<Vec<Value>>>().ok_or_else(unreadable)?;
        let sql = format!("SELECT {}", columns.join(", "));
        let statement = Statement::from_sql_and_values(executor.get_database_backend(), sql, values);
        made.extend(executor.query_all_raw(statement).await?);
    }
    Ok(made)
}

fn cells(row: &QueryResult) -> Option<Vec<StoredCell>> {
    #[cfg(feature = "sqlite")]
    if let Some(row) = row.try_as_sqlite_row() {
        return sqlite::cells(row);
    }
    #[cfg(feature = "postgres")]
    if let Some(row) = row.try_as_pg_row() {
        return postgres::cells(row);
    }
    #[cfg(feature = "mysql")]
    if let Some(row) = row.try_as_mysql_row() {
        return mysql::cells(row);
    }
    let _ = row;
    None
}

/// Quotes a name.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
fn quoted(name: &str, quote: char) -> String {
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}

/// The bytes of a hexadecimal text.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
fn unreadable() -> DbErr {
    DbErr::Custom("a value in the journal cannot be read".to_owned())
}
