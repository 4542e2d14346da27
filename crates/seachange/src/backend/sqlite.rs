//! SQLite.

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DbErr, ExecResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use sqlparser::dialect::SQLiteDialect;

use super::{Backend, answer, drop_listed};
use crate::database_error::database_error;
use crate::journal::Presence;
use crate::journal::trace::{self, Object, ObjectKind, Trace};

/// SQLite: table changes roll back; one writer at a time.
pub(super) struct Sqlite;

/// A view falls before the tables it reads; indexes and triggers fall with their table.
const OBJECTS: &str = r"SELECT type AS kind, name FROM sqlite_master
    WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type DESC";

/// How many tables or views have this name, in whichever case.
const TABLE: &str =
    "SELECT count(*) AS answer FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE";

const INDEX: &str = "SELECT count(*) AS answer FROM sqlite_schema WHERE type = 'index' AND name = ? COLLATE NOCASE";

const COLUMN: &str = "SELECT count(*) AS answer FROM pragma_table_info(?2) WHERE name = ?1 COLLATE NOCASE";

#[async_trait]
impl Backend for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn rolls_back_ddl(&self) -> bool {
        true
    }

    /// IMMEDIATE takes the write lock at once: a deferred transaction that reads first and writes later fails when
    /// somebody else has written in between, and no waiting helps it.
    fn transaction_options(&self) -> TransactionOptions {
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
    }

    fn moment<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.timestamp_with_time_zone()
    }

    /// SQLite has one code for all errors of this kind, so that the text must tell.
    fn is_missing_table(&self, error: &DbErr) -> bool {
        database_error(error).is_some_and(|error| error.message().starts_with("no such table"))
    }

    fn is_missing_column(&self, error: &DbErr) -> bool {
        database_error(error).is_some_and(|error| error.message().starts_with("no such column"))
    }

    fn last_insert_id(&self, result: &ExecResult) -> u64 {
        result.last_insert_id()
    }

    /// Result codes BUSY and LOCKED, whatever stands above the lowest byte.
    fn is_kept_waiting(&self, error: &DbErr) -> bool {
        let code = database_error(error).and_then(|error| error.code()?.parse::<i32>().ok());
        code.is_some_and(|code| [5, 6].contains(&(code & 0xff)))
    }

    fn traces(&self, sql: &str) -> Vec<Trace> {
        trace::traces(sql, &SQLiteDialect {}, false)
    }

    /// Constraints have no place in the catalogue, but for the text of the table.
    async fn presence(&self, connection: &DatabaseConnection, object: &Object) -> Result<Presence, DbErr> {
        let sql = match object.kind {
            ObjectKind::Table => TABLE,
            ObjectKind::Index => INDEX,
            ObjectKind::Column => COLUMN,
            ObjectKind::Constraint => return Ok(Presence::Unusable),
        };
        let texts = [Some(object.name.clone()), object.table.clone()];
        let count: i64 =
            answer(connection, sql, texts.map(Value::from).into_iter().take(sql.matches('?').count())).await?;
        Ok(if count > 0 { Presence::Present } else { Presence::Absent })
    }

    fn takes_turns(&self) -> bool {
        true
    }

    async fn set_patience(&self, executor: &DatabaseExecutor<'_>, patience: Duration) -> Result<(), DbErr> {
        let milliseconds = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
        executor.execute_unprepared(&format!("PRAGMA busy_timeout = {milliseconds}")).await.map(drop)
    }

    async fn change_counter(&self, executor: &DatabaseExecutor<'_>) -> Result<Option<i64>, DbErr> {
        let pragma = Statement::from_string(executor.get_database_backend(), "PRAGMA data_version");
        let row = executor.query_one_raw(pragma).await?;
        row.map(|row| row.try_get_by_index(0)).transpose()
    }

    /// Foreign keys are off meanwhile, because a table that falls would first delete its rows, and those of its
    /// children with them; inside a transaction the switch does nothing, so it stands outside.
    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        connection.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
        let dropped = async {
            let transaction = connection.begin_with_options(self.transaction_options()).await?;
            drop_listed(&transaction, OBJECTS, '"', "").await?;
            transaction.commit().await
        };
        let dropped = dropped.await;
        connection.execute_unprepared("PRAGMA foreign_keys = ON").await?;
        dropped
    }
}
