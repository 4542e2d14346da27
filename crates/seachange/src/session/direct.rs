//! Executes the statements of a revision on the database.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::TryStreamExt;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
use sea_orm::sqlx::Decode;
#[cfg(feature = "mysql")]
use sea_orm::sqlx::MySql;
#[cfg(feature = "sqlite")]
use sea_orm::sqlx::sqlite::SqliteValueRef;
use sea_orm::sqlx::{ColumnIndex, Database, Row, ValueRef};
#[cfg(feature = "sqlite")]
use sea_orm::sqlx::{Sqlite, TypeInfo};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr, ExecResult,
    IsolationLevel, QueryResult, SqliteTransactionMode, Statement, StreamTrait,
};

use super::policy::{is_alteration, may_set_search_path};
use super::scratch::{OutsideChange, outside_change};
use crate::backend::Backend;
use crate::database_error::{has_code, is_lost_connection};
use crate::error::Refusal;
use crate::event::{Event, EventHandler};
use crate::intercept::{BeginOptions, StatementHandler};
use crate::lease::Lease;
use crate::limits::Deadline;
use crate::run_context::RunContext;
use crate::sql::{self, SqlDialect, StatementKind};

/// SQLSTATE `in_failed_sql_transaction`: an earlier statement failed, and PostgreSQL ignores all statements until the
/// rollback.
const ABORTED: &str = "25P02";

/// Shows whether the code has begun a transaction with SQL.
const SEARCHING: &str = "SAVEPOINT seachange_search_path";

/// The connection that executes the statements of a revision.
#[derive(Clone)]
pub(crate) enum Connection {
    /// A pool of one connection.
    Connection(DatabaseConnection),
    /// A connection that a transaction holds.
    Held(Arc<DatabaseTransaction>),
}

/// A statement that failed, with the error of the database.
#[derive(Debug, Clone)]
pub(crate) struct FailedStatement {
    pub(crate) sql: String,
    pub(crate) error: DbErr,
}

/// A session of the database, with the transactions that the code has begun in it.
///
/// Transactions are begun and ended with plain SQL, so that the engine knows what is open, whether the code uses SeaORM
/// or SQL.
pub(crate) struct DirectSession {
    base: Connection,
    dialect: SqlDialect,
    /// Whether the engine holds a transaction around all of the code.
    is_held: bool,
    /// How many transactions the code has begun, one inside of another.
    depth: usize,
    handler: EventHandler,
    /// When the running statement has to end.
    deadline: Arc<Deadline>,
    /// The lease without which no statement is sent, on a cluster.
    lease: Option<Arc<Lease>>,
    /// The error that broke the connection: a later statement would run in another session.
    lost: Option<DbErr>,
    /// The statement after whose failure PostgreSQL ignores all others until the rollback.
    aborted_by: Option<FailedStatement>,
    /// The refusal of a statement. Nothing is sent after it.
    refusal: Option<Refusal>,
    /// How many statements ran.
    pub(crate) finished: usize,
    /// The last statement that the database or the engine refused.
    pub(crate) refused: Option<String>,
    /// Whether statements that change something outside of the database are refused.
    stays_inside: bool,
    /// Where new sessions have to find the record.
    found: Option<FoundRecord>,
}

/// The record in a schema that a session finds by its search path.
struct FoundRecord {
    backend: &'static dyn Backend,
    schema: String,
    /// A connection that runs no statement of the revision.
    side: DatabaseConnection,
}

impl DirectSession {
    /// A session for the code of a revision, inside a transaction of the engine (`is_held`) or outside.
    pub(crate) fn of(context: RunContext<'_>, base: Connection, is_held: bool) -> Self {
        let (handler, deadline) = (Arc::clone(context.handler), Arc::clone(context.deadline));
        let session = Self::new(base, context.backend.sql_dialect(), is_held, handler, deadline);
        let found = context.store.found_schema().filter(|_| session.dialect == SqlDialect::Postgres);
        let found = found.map(|schema| FoundRecord {
            backend: context.backend,
            schema: schema.to_owned(),
            side: context.connection.clone(),
        });
        Self { lease: context.lease.get(), found, ..session.staying_inside(context.code.stays_inside) }
    }

    /// A session in which the engine holds a transaction, if `is_held`.
    pub(crate) fn new(
        base: Connection,
        dialect: SqlDialect,
        is_held: bool,
        handler: EventHandler,
        deadline: Arc<Deadline>,
    ) -> Self {
        Self {
            base,
            dialect,
            is_held,
            depth: 0,
            handler,
            deadline,
            lease: None,
            lost: None,
            aborted_by: None,
            refusal: None,
            finished: 0,
            refused: None,
            stays_inside: false,
            found: None,
        }
    }

    /// Refuses statements that change something outside of the database, if `stays_inside`.
    pub(crate) fn staying_inside(self, stays_inside: bool) -> Self {
        Self { stays_inside, ..self }
    }

    /// Whether a transaction is open.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.is_held || self.depth > 0
    }

    /// Whether the code has begun a transaction.
    pub(crate) fn has_begun(&self) -> bool {
        self.depth > 0
    }

    /// The connection that executes a statement.
    pub(crate) fn executor(&self) -> DatabaseExecutor<'_> {
        match &self.base {
            Connection::Connection(connection) => connection.into(),
            Connection::Held(held) => (&**held).into(),
        }
    }

    /// The refusal of a statement, if there was one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Refuses a statement and all later ones; returns the error for the code.
    pub(crate) fn refuse(&mut self, refusal: Refusal, sql: &str) -> DbErr {
        let error = DbErr::Custom(refusal.to_string());
        if self.refusal.is_none() {
            self.refused = Some(sql.to_owned());
            self.refusal = Some(refusal);
        }
        error
    }

    /// Stops sending: every later statement fails with this error.
    pub(crate) fn stop(&mut self, error: &DbErr) {
        self.lost.get_or_insert_with(|| error.clone());
    }

    /// The statement that failed first, if `error` only says that the transaction is aborted since.
    pub(crate) fn first_failure(&self, error: &DbErr) -> Option<FailedStatement> {
        self.aborted_by.clone().filter(|_| has_code(error, ABORTED))
    }

    /// The statement after whose failure PostgreSQL ignores all others, if the code continued in spite of it.
    pub(crate) fn aborted_by(&self) -> Option<&FailedStatement> {
        self.aborted_by.as_ref().filter(|_| self.dialect == SqlDialect::Postgres)
    }

    /// Starts the measurement of a statement, whose time may be limited.
    fn start(&self) -> Result<Instant, DbErr> {
        self.check()?;
        self.deadline.start();
        Ok(Instant::now())
    }

    fn check(&self) -> Result<(), DbErr> {
        match (&self.refusal, &self.lost) {
            (Some(refusal), _) => Err(DbErr::Custom(refusal.to_string())),
            (None, Some(lost)) => Err(lost.clone()),
            (None, None) => Ok(()),
        }
    }

    /// Checks that the lease of the run holds, before a statement is sent. A statement after its end is refused.
    async fn check_lease(&mut self, sql: &str) -> Result<(), DbErr> {
        let Some(lease) = &self.lease else { return Ok(()) };
        match lease.check().await {
            Ok(()) => Ok(()),
            Err(end) => Err(self.refuse(Refusal::LeaseEnded { end }, sql)),
        }
    }

    /// As for a statement of the code, before a statement of the engine.
    pub(crate) async fn check_own(&self) -> Result<(), DbErr> {
        match &self.lease {
            Some(lease) => lease.check_statement().await,
            None => Ok(()),
        }
    }

    /// Refuses a statement that changes something outside of a scratch database.
    async fn check_place(&mut self, sql: &str) -> Result<(), DbErr> {
        if !self.stays_inside {
            return Ok(());
        }
        let facts = sql::read(sql, self.dialect);
        // The server would wait for rows for ever.
        if facts.iter().any(|facts| facts.kind == StatementKind::Copy) {
            return Err(self.refuse(Refusal::Copy, sql));
        }
        match outside_change(&self.executor(), &facts, self.dialect).await? {
            // What is there already cannot be made.
            None | Some(OutsideChange::Server { is_new: true, .. }) => Ok(()),
            Some(change) => {
                let is_on_server = self.dialect != SqlDialect::Sqlite;
                Err(self.refuse(Refusal::OutsideOfScratch { what: change.to_string(), is_on_server }, sql))
            }
        }
    }

    /// Records the result of a statement, and emits its event.
    fn record_result<T>(&mut self, sql: &str, elapsed: Duration, outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        self.deadline.stop();
        (self.handler)(&Event::Statement { sql, elapsed, failed: outcome.is_err() });
        match &outcome {
            Ok(_) => {
                self.finished += 1;
                self.aborted_by = None;
            }
            Err(error) => {
                self.refused = Some(sql.to_owned());
                if self.is_in_transaction() && !has_code(error, ABORTED) {
                    self.aborted_by = Some(FailedStatement { sql: sql.to_owned(), error: error.clone() });
                }
                self.mark_connection_lost(error);
            }
        }
        outcome
    }

    fn mark_connection_lost(&mut self, error: &DbErr) {
        if is_lost_connection(error) {
            self.stop(error);
        }
    }

    /// Begins or ends a transaction.
    async fn send_control(&mut self, sql: &str) -> Result<(), DbErr> {
        let told = self.executor().execute_unprepared(sql).await;
        told.map(drop).inspect_err(|error| self.mark_connection_lost(error))
    }

    /// Executes a statement that may change where new sessions look for tables, unless they would not find the record.
    async fn send_with_search_path(&mut self, statement: &Statement) -> Result<ExecResult, DbErr> {
        // The code may have begun a transaction with SQL, in which a savepoint can be set. Other statements than `ALTER` may
        // not run in a transaction: they are checked afterwards.
        let is_in_transaction = self.is_in_transaction() || self.executor().execute_unprepared(SEARCHING).await.is_ok();
        if !is_in_transaction && is_alteration(&statement.sql) {
            self.executor().execute_unprepared("BEGIN").await?;
            let sent = match self.send(statement).await {
                Ok(result) => self.check_search_path(&statement.sql).await.map(|()| result),
                failed => failed,
            };
            let end = if sent.is_ok() { "COMMIT" } else { "ROLLBACK" };
            self.executor().execute_unprepared(end).await?;
            return sent;
        }
        let result = self.send(statement).await?;
        self.check_search_path(&statement.sql).await?;
        Ok(result)
    }

    /// Refuses a statement that has run, if new sessions would not find the record now.
    async fn check_search_path(&mut self, sql: &str) -> Result<(), DbErr> {
        let Some(found) = &self.found else { return Ok(()) };
        let schema = found.schema.clone();
        match found.backend.search_path_without(&self.executor(), &found.side, &schema).await? {
            None => Ok(()),
            Some(path) => Err(self.refuse(Refusal::SearchPath { path, schema }, sql)),
        }
    }

    async fn send(&self, statement: &Statement) -> Result<ExecResult, DbErr> {
        match statement.values {
            Some(_) => self.executor().execute_raw(statement.clone()).await,
            None => self.executor().execute_unprepared(&statement.sql).await,
        }
    }
}

#[async_trait]
impl StatementHandler for DirectSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.check_place(&statement.sql).await?;
        self.check_lease(&statement.sql).await?;
        let start = self.start()?;
        let outcome = match self.found.is_some() && may_set_search_path(&statement.sql) {
            true => self.send_with_search_path(&statement).await,
            false => self.send(&statement).await,
        };
        self.record_result(&statement.sql, start.elapsed(), outcome)
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.check_place(&statement.sql).await?;
        self.check_lease(&statement.sql).await?;
        let start = self.start()?;
        let sql = statement.sql.clone();
        let outcome = rows(&self.executor(), statement).await;
        match self.record_result(&sql, start.elapsed(), outcome)? {
            LimitedRows::All(rows) => {
                if self.found.is_some() && may_set_search_path(&sql) {
                    self.check_search_path(&sql).await?;
                }
                Ok(rows)
            }
            LimitedRows::TooMany => Err(self.refuse(Refusal::TooManyRows, &sql)),
        }
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.check()?;
        self.check_lease("BEGIN").await?;
        let is_outermost = !self.is_in_transaction();
        self.send_control(&begin_text(self.dialect, begin, is_outermost, self.depth)).await?;
        self.depth += 1;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.check()?;
        self.check_lease("COMMIT").await?;
        self.depth = self.depth.saturating_sub(1);
        match self.aborted_by.take() {
            // PostgreSQL would roll back, and report a success.
            Some(failed) if self.dialect == SqlDialect::Postgres => {
                self.send_control(&rollback_text(self.is_in_transaction(), self.depth)).await?;
                let FailedStatement { sql, error } = failed;
                self.refused = Some(sql);
                Err(error)
            }
            _ => {
                let committed = self.send_control(&commit_text(self.is_in_transaction(), self.depth)).await;
                if committed.is_err() && !self.is_in_transaction() {
                    // When SQLite refuses a commit, the transaction stays open.
                    let _ = self.executor().execute_unprepared("ROLLBACK").await;
                }
                committed
            }
        }
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.aborted_by = None;
        if self.depth == 0 {
            return Ok(());
        }
        self.depth -= 1;
        self.send_control(&rollback_text(self.is_in_transaction(), self.depth)).await
    }
}

/// Begins a transaction, or a savepoint inside of another transaction.
fn begin_text(dialect: SqlDialect, begin: BeginOptions, is_outermost: bool, depth: usize) -> String {
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
fn commit_text(is_inner: bool, depth: usize) -> String {
    if is_inner { format!("RELEASE SAVEPOINT {}", name(depth)) } else { "COMMIT".to_owned() }
}

/// Rolls back a transaction, or to a savepoint.
fn rollback_text(is_inner: bool, depth: usize) -> String {
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
