//! Executes the statements of a revision on the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr, ExecResult, QueryResult,
    Statement,
};

use super::control;
use super::rows::{LimitedRows, rows};
use crate::database_error::{has_code, is_lost_connection};
use crate::error::Refusal;
use crate::event::{Event, EventHandler};
use crate::intercept::{BeginOptions, StatementHandler};
use crate::limits::Deadline;
use crate::run_context::RunContext;
use crate::sql::SqlDialect;

/// SQLSTATE `in_failed_sql_transaction`: an earlier statement failed, and PostgreSQL ignores all statements until the
/// rollback.
const ABORTED: &str = "25P02";

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
}

impl DirectSession {
    /// A session for the code of a revision, inside a transaction of the engine (`is_held`) or outside.
    pub(crate) fn of(context: RunContext<'_>, base: Connection, is_held: bool) -> Self {
        let (handler, deadline) = (Arc::clone(context.handler), Arc::clone(context.deadline));
        Self::new(base, context.backend.sql_dialect(), is_held, handler, deadline)
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
            lost: None,
            aborted_by: None,
            refusal: None,
            finished: 0,
            refused: None,
        }
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
        let start = self.start()?;
        let outcome = self.send(&statement).await;
        self.record_result(&statement.sql, start.elapsed(), outcome)
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let start = self.start()?;
        let sql = statement.sql.clone();
        let outcome = rows(&self.executor(), statement).await;
        match self.record_result(&sql, start.elapsed(), outcome)? {
            LimitedRows::All(rows) => Ok(rows),
            LimitedRows::TooMany => Err(self.refuse(Refusal::TooManyRows, &sql)),
        }
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.check()?;
        let is_outermost = !self.is_in_transaction();
        self.send_control(&control::begin(self.dialect, begin, is_outermost, self.depth)).await?;
        self.depth += 1;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.check()?;
        self.depth = self.depth.saturating_sub(1);
        match self.aborted_by.take() {
            // PostgreSQL would roll back, and report a success.
            Some(failed) if self.dialect == SqlDialect::Postgres => {
                self.send_control(&control::rollback(self.is_in_transaction(), self.depth)).await?;
                let FailedStatement { sql, error } = failed;
                self.refused = Some(sql);
                Err(error)
            }
            _ => {
                let committed = self.send_control(&control::commit(self.is_in_transaction(), self.depth)).await;
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
        self.send_control(&control::rollback(self.is_in_transaction(), self.depth)).await
    }
}
