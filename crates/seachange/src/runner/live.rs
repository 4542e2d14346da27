//! The database itself, as it answers the code of a revision.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseExecutor, DatabaseTransaction, DbErr, ExecResult, QueryResult, Statement, TransactionTrait,
};

use crate::database_error::is_lost_connection;
use crate::event::{Event, EventHandler};
use crate::limits::Deadline;
use crate::relay::Session;

/// A connection or a transaction, and the transactions that the code has begun on it.
pub(crate) struct Live<'a> {
    base: DatabaseExecutor<'a>,
    transactions: Vec<DatabaseTransaction>,
    handler: &'a EventHandler,
    /// When the statement that runs has to end.
    deadline: &'a Deadline,
    /// The connection broke: what comes after it would run somewhere else.
    lost: Option<DbErr>,
    /// How many statements ran.
    pub(crate) finished: usize,
    /// The last statement that the database refused.
    pub(crate) refused: Option<String>,
}

impl<'a> Live<'a> {
    pub(crate) fn new(
        base: impl Into<DatabaseExecutor<'a>>,
        handler: &'a EventHandler,
        deadline: &'a Deadline,
    ) -> Self {
        Self { base: base.into(), transactions: Vec::new(), handler, deadline, lost: None, finished: 0, refused: None }
    }

    /// Whether a transaction is open.
    pub(crate) fn is_in_transaction(&self) -> bool {
        !self.transactions.is_empty() || matches!(self.base, DatabaseExecutor::Transaction(_))
    }

    /// Where a statement goes now.
    pub(crate) fn executor(&self) -> DatabaseExecutor<'_> {
        match (self.transactions.last(), &self.base) {
            (Some(transaction), _) => transaction.into(),
            (None, DatabaseExecutor::Connection(connection)) => (*connection).into(),
            (None, DatabaseExecutor::Transaction(transaction)) => (*transaction).into(),
            (None, DatabaseExecutor::OwnedTransaction(transaction)) => transaction.into(),
        }
    }

    /// A statement begins; its time is measured from now on, and may be limited.
    fn start(&self) -> Result<Instant, DbErr> {
        self.check()?;
        self.deadline.start();
        Ok(Instant::now())
    }

    fn check(&self) -> Result<(), DbErr> {
        self.lost.clone().map_or(Ok(()), Err)
    }

    /// Notes what came of a statement, and tells whoever watches.
    fn note<T>(&mut self, sql: &str, elapsed: Duration, outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        self.deadline.stop();
        (self.handler)(&Event::Statement { sql, elapsed, failed: outcome.is_err() });
        match &outcome {
            Ok(_) => self.finished += 1,
            Err(error) => {
                self.refused = Some(sql.to_owned());
                self.lose(error);
            }
        }
        outcome
    }

    fn lose(&mut self, error: &DbErr) {
        if is_lost_connection(error) {
            self.lost.get_or_insert_with(|| error.clone());
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
impl Session for Live<'_> {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let start = self.start()?;
        let outcome = self.send(&statement).await;
        self.note(&statement.sql, start.elapsed(), outcome)
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let start = self.start()?;
        let outcome = self.executor().query_all_raw(statement.clone()).await;
        self.note(&statement.sql, start.elapsed(), outcome)
    }

    async fn begin(&mut self) -> Result<(), DbErr> {
        self.check()?;
        let begun = self.executor().begin().await;
        let transaction = begun.inspect_err(|error| self.lose(error))?;
        self.transactions.push(transaction);
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.check()?;
        match self.transactions.pop() {
            Some(transaction) => transaction.commit().await.inspect_err(|error| self.lose(error)),
            None => Ok(()),
        }
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        match self.transactions.pop() {
            Some(transaction) => transaction.rollback().await.inspect_err(|error| self.lose(error)),
            None => Ok(()),
        }
    }
}
