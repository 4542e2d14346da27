//! SQLite.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseConnectionType, DatabaseExecutor, DatabaseTransaction, DbBackend,
    DbErr, ExecResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};
use sqlparser::dialect::SQLiteDialect;

use super::{
    Backend, BegunTransaction, LockKey, ObjectState, SAVEPOINT, TableFacts, clamp_to_setting, drop_listed, query_scalar,
};
use crate::database_error::database_error;
use crate::limits::{Deadline, Limits};
use crate::sql::catalog_effect::{self, CatalogEffect, CatalogObject, CatalogObjectKind};
use crate::sql::{SqlDialect, quoted_name};

/// SQLite: changes of tables roll back; only one session writes at a time.
pub(super) struct SqliteBackend;

/// A view is dropped before the tables that it reads; SQLite drops indexes and triggers with their table.
const OBJECTS: &str = r"SELECT type AS kind, name FROM sqlite_master
    WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type DESC";

/// How many instructions of its virtual machine SQLite executes between two calls of the progress handler: some
/// microseconds.
const INSTRUCTIONS: i32 = 1000;

/// How long one attempt of SQLite to get the write lock takes, in milliseconds, before the engine reports the wait.
const ENTER_PATIENCE: u32 = 100;

/// Reads a number that changes when another session has written.
const CHANGE_COUNTER: &str = "PRAGMA data_version";

/// The settings that the engine restores in a session in memory after a revision.
pub(crate) const RESTORED_PRAGMAS: [&str; 16] = [
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cell_size_check",
    "defer_foreign_keys",
    "foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "query_only",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "synchronous",
    "temp_store",
    "trusted_schema",
    "writable_schema",
];

/// Temporary objects of the session. Triggers are dropped with their tables, except those on tables that stay.
const TEMPORARY_OBJECTS: &str = "SELECT type AS kind, name FROM sqlite_temp_schema
    WHERE type IN ('trigger', 'view', 'table') ORDER BY CASE type WHEN 'trigger' THEN 1 WHEN 'view' THEN 2 ELSE 3 END";

const ATTACHED: &str = "SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')";

/// The primary result code: the lowest byte.
fn code(error: &DbErr) -> Option<i32> {
    let code = database_error(error)?.code()?.parse::<i32>().ok()?;
    Some(code & 0xff)
}

/// The number of tables or views with this name, ignoring case.
const TABLE: &str =
    "SELECT count(*) AS answer FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE";

const INDEX: &str = "SELECT count(*) AS answer FROM sqlite_schema WHERE type = 'index' AND name = ? COLLATE NOCASE";

const COLUMN: &str = "SELECT count(*) AS answer FROM pragma_table_info(?2) WHERE name = ?1 COLLATE NOCASE";

#[async_trait]
impl Backend for SqliteBackend {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn rolls_back_ddl(&self) -> bool {
        true
    }

    fn sql_dialect(&self) -> SqlDialect {
        SqlDialect::Sqlite
    }

    /// A zero character would end the literal.
    fn text_literal(&self, text: &str) -> String {
        let quoted = text.replace('\'', "''");
        quoted.split('\0').map(|part| format!("'{part}'")).collect::<Vec<_>>().join(" || char(0) || ")
    }

    /// The engine has to know soon that another session writes, to report the wait. The revision then waits up to its
    /// limits.
    async fn begin_revision(
        &self,
        session: &DatabaseTransaction,
        (before, _): (&str, u64),
        _key: LockKey,
        limits: &Limits,
    ) -> Result<Option<BegunTransaction>, DbErr> {
        let patience = clamp_to_setting(limits.statement_lock_timeout(), 1);
        let text = format!(
            "{before}PRAGMA busy_timeout = {ENTER_PATIENCE}; BEGIN IMMEDIATE; PRAGMA busy_timeout = {patience};
            SAVEPOINT {SAVEPOINT}; {CHANGE_COUNTER}"
        );
        // Each of the settings returns a row as well.
        let rows = session.query_all_raw(Statement::from_string(DbBackend::Sqlite, text)).await?;
        let change_counter = rows.last().map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(Some(BegunTransaction { change_counter }))
    }

    async fn session_settings(&self, session: &DatabaseTransaction) -> Result<Vec<(String, String)>, DbErr> {
        let mut settings = Vec::new();
        for name in RESTORED_PRAGMAS {
            let pragma = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
            let row = session.query_one_raw(pragma).await?;
            if let Some(value) = row.and_then(|row| row.try_get_by_index::<i64>(0).ok()) {
                settings.push((name.to_owned(), value.to_string()));
            }
        }
        Ok(settings)
    }

    async fn restore_session(&self, session: &DatabaseTransaction, settings: &[(String, String)]) -> Result<(), DbErr> {
        drop_listed(session, TEMPORARY_OBJECTS, '"', "").await?;
        let attached = Statement::from_string(DbBackend::Sqlite, ATTACHED);
        for row in session.query_all_raw(attached).await? {
            let name: String = row.try_get("", "name")?;
            session.execute_unprepared(&format!("DETACH \"{}\"", name.replace('"', "\"\""))).await?;
        }
        for (name, value) in settings {
            session.execute_unprepared(&format!("PRAGMA {name} = {value}")).await?;
        }
        Ok(())
    }

    /// IMMEDIATE takes the write lock at once. A deferred transaction that reads first and writes later fails when
    /// another session has written in between, and waiting does not help.
    fn transaction_options(&self) -> TransactionOptions {
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
    }

    fn timestamp_column<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.timestamp_with_time_zone()
    }

    /// The engine does not read the bodies of triggers.
    async fn table_facts(&self, executor: &DatabaseExecutor<'_>, table: &str) -> Result<TableFacts, DbErr> {
        const TRIGGERS: &str = "SELECT count(*) AS answer FROM (SELECT type, tbl_name FROM sqlite_schema
            UNION ALL SELECT type, tbl_name FROM sqlite_temp_schema)
            WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE";
        let name = table.rsplit('.').next().unwrap_or(table);
        let triggers: i64 = query_scalar(executor, TRIGGERS, [name.into()]).await?;
        Ok(TableFacts { rolls_back: true, has_known_triggers: triggers == 0 })
    }

    /// SQLite has one code for all errors of this kind, so the message is compared.
    fn is_missing_table(&self, error: &DbErr) -> bool {
        database_error(error).is_some_and(|error| error.message().starts_with("no such table"))
    }

    fn is_missing_savepoint(&self, error: &DbErr) -> bool {
        database_error(error).is_some_and(|error| error.message().starts_with("no such savepoint"))
    }

    fn is_missing_column(&self, error: &DbErr) -> bool {
        database_error(error).is_some_and(|error| error.message().starts_with("no such column"))
    }

    fn last_insert_id(&self, result: &ExecResult) -> u64 {
        result.last_insert_id()
    }

    /// Result codes BUSY and LOCKED.
    fn is_lock_conflict(&self, error: &DbErr) -> bool {
        code(error).is_some_and(|code| [5, 6].contains(&code))
    }

    fn catalog_effects(&self, sql: &str) -> Vec<CatalogEffect> {
        catalog_effect::traces(sql, &SQLiteDialect {}, false)
    }

    /// The catalogue lists no constraints; only the text of the table has them.
    async fn object_state(
        &self,
        executor: &DatabaseExecutor<'_>,
        object: &CatalogObject,
    ) -> Result<ObjectState, DbErr> {
        let sql = match object.kind {
            CatalogObjectKind::Table => TABLE,
            CatalogObjectKind::Index => INDEX,
            CatalogObjectKind::Column => COLUMN,
            CatalogObjectKind::Constraint => return Ok(ObjectState::Unusable),
        };
        let texts = [Some(object.name.clone()), object.table.clone()];
        let count: i64 =
            query_scalar(executor, sql, texts.map(Value::from).into_iter().take(sql.matches('?').count())).await?;
        Ok(if count > 0 { ObjectState::Present } else { ObjectState::Absent })
    }

    fn is_single_writer(&self) -> bool {
        true
    }

    async fn set_busy_timeout(&self, executor: &DatabaseExecutor<'_>, patience: Duration) -> Result<(), DbErr> {
        let milliseconds = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
        executor.execute_unprepared(&format!("PRAGMA busy_timeout = {milliseconds}")).await.map(drop)
    }

    fn limit_settings(&self, limits: &Limits) -> Vec<(&'static str, String)> {
        vec![("busy_timeout", clamp_to_setting(limits.statement_lock_timeout(), 1).to_string())]
    }

    async fn setting(&self, connection: &DatabaseConnection, name: &'static str) -> Result<String, DbErr> {
        let pragma = Statement::from_string(connection.get_database_backend(), format!("PRAGMA {name}"));
        let row = connection.query_one_raw(pragma).await?;
        let value = row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?;
        Ok(value.unwrap_or_default().to_string())
    }

    async fn set(&self, connection: &DatabaseConnection, name: &'static str, value: &str) -> Result<(), DbErr> {
        connection.execute_unprepared(&format!("PRAGMA {name} = {value}")).await.map(drop)
    }

    /// SQLite calls a progress handler repeatedly to ask whether to continue.
    async fn enforce_deadline(
        &self,
        connection: &DatabaseConnection,
        deadline: Option<&Arc<Deadline>>,
    ) -> Result<(), DbErr> {
        let DatabaseConnectionType::SqlxSqlitePoolConnection(_) = &connection.inner else { return Ok(()) };
        let wrap = |error: sea_orm::sqlx::Error| DbErr::Conn(RuntimeErr::SqlxError(error.into()));
        let mut pinned = connection.get_sqlite_connection_pool().acquire().await.map_err(wrap)?;
        let mut handle = pinned.lock_handle().await.map_err(wrap)?;
        match deadline.cloned() {
            Some(deadline) => handle.set_progress_handler(INSTRUCTIONS, move || !deadline.is_over()),
            None => handle.remove_progress_handler(),
        }
        Ok(())
    }

    /// When a statement is interrupted or the disk is full, SQLite may end the transaction itself. The driver does not
    /// notice this, and would count the next transaction as one inside of it. This `BEGIN` gives the driver a
    /// transaction to end.
    async fn before_rollback(&self, transaction: &DatabaseTransaction) {
        let _ = transaction.execute_unprepared("BEGIN").await;
    }

    /// Result code INTERRUPT.
    fn is_timed_out(&self, error: &DbErr) -> bool {
        code(error) == Some(9)
    }

    async fn data_version(&self, executor: &DatabaseExecutor<'_>) -> Result<Option<i64>, DbErr> {
        let pragma = Statement::from_string(DbBackend::Sqlite, CHANGE_COUNTER);
        let row = executor.query_one_raw(pragma).await?;
        row.map(|row| row.try_get_by_index(0)).transpose()
    }

    /// There is no limit of time.
    fn read_only_texts(&self, _limit: Duration) -> Vec<String> {
        vec!["PRAGMA query_only = ON".to_owned(), "BEGIN".to_owned()]
    }

    /// The columns are qualified, because a bare quoted name that is no column is a string.
    fn record_digest(&self, number: usize, schema: Option<&str>, table: &str) -> String {
        let quoted = |name: &str| quoted_name(SqlDialect::Sqlite, name);
        let place = quoted(schema.unwrap_or("main"));
        format!(
            "SELECT {number} AS number, group_concat(record, ',') AS record FROM (
                SELECT r.revision || ' ' || r.source_hash || ' ' || r.state AS record FROM {place}.{} AS r
                ORDER BY r.revision)",
            quoted(table)
        )
    }

    /// Foreign keys are off while the tables are dropped, because SQLite would otherwise first delete the rows of a
    /// dropped table, and of the tables that refer to it. The `PRAGMA` has no effect inside of a transaction, so it
    /// comes before it.
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
