//! The database as it answers a revision whose every statement is journalled.

use std::collections::HashMap;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr, ExecResult, QueryResult, Statement};

use super::kind::{self, Kind, probe};
use super::{Entry, EntryState};
use crate::backend::Backend;
use crate::database_error::is_lost_connection;
use crate::relay::{self, Session};
use crate::runner::Live;
use crate::store::Store;

/// What an interrupted run of the revision came to: its finished statements by their numbers.
pub(crate) type Past = HashMap<i64, Entry>;

/// Runs the statements of one revision, and writes each down.
pub(crate) struct Journal<'a> {
    live: Live<'a>,
    backend: &'static dyn Backend,
    store: &'a Store,
    revision: &'a str,
    /// What is answered from the journal.
    past: Past,
    /// The number of the last statement.
    number: i64,
    /// How many statements took effect, in this run and before it.
    finished: usize,
    /// A change of the schema has ended the transaction that the code believes to be in.
    is_committed: bool,
    /// The code has begun a transaction as text.
    is_begun: bool,
    /// How many had taken effect when each open transaction of the code's began.
    marks: Vec<usize>,
    /// The code asks for something else than what it did before.
    strayed: Option<DbErr>,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(
        live: Live<'a>,
        backend: &'static dyn Backend,
        store: &'a Store,
        revision: &'a str,
        past: Past,
    ) -> Self {
        Self {
            live,
            backend,
            store,
            revision,
            past,
            number: 0,
            finished: 0,
            is_committed: false,
            is_begun: false,
            marks: Vec::new(),
            strayed: None,
        }
    }

    /// How many statements took effect.
    pub(crate) fn finished(&self) -> usize {
        self.finished
    }

    /// The last statement that the database refused.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.live.refused.as_deref()
    }

    /// Whether nothing has been committed since the transaction began that holds the code.
    pub(crate) fn is_held(&self) -> bool {
        self.live.is_in_transaction() && !self.is_committed
    }

    /// A statement that ran before, and that the code does not ask for now.
    pub(crate) fn forgotten(&self) -> Option<DbErr> {
        let entry = self.past.values().min_by_key(|entry| entry.number)?;
        let (number, sql) = (entry.number, &entry.sql);
        Some(DbErr::Custom(format!("statement {number} ran then, and the code does not ask for it now: `{sql}`")))
    }

    /// Why the code cannot go on from where it was interrupted. It may have swallowed the error.
    pub(crate) fn strayed(&self) -> Option<&DbErr> {
        self.strayed.as_ref()
    }

    /// The entry of the next statement, if it is finished.
    fn recall(&mut self, statement: &Statement) -> Result<Option<Entry>, DbErr> {
        if let Some(error) = &self.strayed {
            return Err(error.clone());
        }
        self.number += 1;
        let Some(entry) = self.past.remove(&self.number) else { return Ok(None) };
        if !entry.is_same(statement) {
            return Err(self.stray(&format!(
                "statement {} is not what it was when it ran: `{}` then, `{}` now",
                entry.number, entry.sql, statement.sql
            )));
        }
        self.finished += 1;
        Ok(Some(entry))
    }

    fn stray(&mut self, text: &str) -> DbErr {
        self.strayed.insert(DbErr::Custom(text.to_owned())).clone()
    }

    /// Runs a statement that changes rows, together with its entry.
    async fn run_with_entry<T>(&mut self, statement: Statement, run: impl Run<T>) -> Result<T, DbErr> {
        let entry = Entry::started(self.revision, self.number, &statement);
        let is_held = self.is_in_transaction() && !self.is_committed;
        if !is_held {
            self.start_transaction().await?;
        }
        let outcome = async {
            let (answer, result) = run.run(&mut self.live, statement, self.backend).await?;
            self.store.put_entry(&self.live.executor(), &finished(entry, result)).await?;
            Ok(answer)
        };
        let outcome = outcome.await;
        if !is_held {
            self.end_transaction(outcome.is_ok()).await?;
        }
        self.finished += usize::from(outcome.is_ok());
        outcome
    }

    /// Whether the code believes to be in a transaction.
    fn is_in_transaction(&self) -> bool {
        self.is_begun || self.live.is_in_transaction()
    }

    /// Runs the begin or the end of a transaction that was sent as text.
    async fn control(&mut self, statement: Statement, is_begun: bool) -> Result<ExecResult, DbErr> {
        let result = self.live.execute(statement).await?;
        self.is_begun = is_begun;
        self.is_committed = false;
        Ok(result)
    }

    /// Begins a transaction, or puts the one back that a change of the schema has ended.
    async fn start_transaction(&mut self) -> Result<(), DbErr> {
        if self.is_committed {
            return self.live.executor().execute_unprepared("START TRANSACTION").await.map(drop);
        }
        self.live.begin().await
    }

    async fn end_transaction(&mut self, is_good: bool) -> Result<(), DbErr> {
        match (self.is_committed, is_good) {
            (true, true) => self.live.executor().execute_unprepared("COMMIT").await.map(drop),
            (true, false) => self.live.executor().execute_unprepared("ROLLBACK").await.map(drop),
            (false, true) => self.live.commit().await,
            (false, false) => self.live.rollback().await,
        }
    }

    /// Runs a statement that no transaction holds: its intent is written before, its end after.
    async fn run_with_intent<T>(&mut self, statement: Statement, run: impl Run<T>) -> Result<T, DbErr> {
        if self.is_in_transaction() && self.backend.rolls_back_ddl() {
            return self.run_with_entry(statement, run).await;
        }
        let entry = Entry::started(self.revision, self.number, &statement);
        let (is_atomic, ends_transaction) = (kind::is_atomic(&statement), kind::ends_transaction(&statement));
        self.store.put_entry(&self.live.executor(), &entry).await?;
        let outcome = run.run(&mut self.live, statement, self.backend).await;
        // Whatever comes of it: the transaction ends before it begins.
        if ends_transaction && self.is_in_transaction() {
            self.is_committed = true;
            self.marks.iter_mut().for_each(|mark| *mark = self.finished);
        }
        match outcome {
            Ok((answer, result)) => {
                self.finished += 1;
                self.store.end_entry(&self.live.executor(), &finished(entry, result)).await?;
                Ok(answer)
            }
            // Whether it took effect, or a part of it, is in doubt, as the entry says.
            Err(error) if is_lost_connection(&error) || !is_atomic => Err(error),
            Err(error) => {
                let entry = Entry { state: EntryState::Refused, ..entry };
                self.store.end_entry(&self.live.executor(), &entry).await?;
                Err(error)
            }
        }
    }

    /// Runs a statement of which nothing is left when the session ends.
    async fn run_for_session(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let entry = Entry::started(self.revision, self.number, &statement);
        let result = self.live.execute(statement).await?;
        self.finished += 1;
        self.store.put_entry(&self.live.executor(), &finished(entry, (0, 0))).await?;
        Ok(result)
    }

    /// Asks whether something is there, and keeps the answer.
    async fn run_probe(&mut self, statement: Statement, column: &str) -> Result<Vec<QueryResult>, DbErr> {
        let entry = Entry::started(self.revision, self.number, &statement);
        let rows = self.live.query(statement).await?;
        let answer = rows.first().and_then(|row| truth(row, column));
        let entry = Entry { state: EntryState::Finished, answer, ..entry };
        self.store.put_entry(&self.live.executor(), &entry).await?;
        Ok(rows)
    }
}

/// A yes or no, in whichever type the database says it.
fn truth(row: &QueryResult, column: &str) -> Option<i64> {
    let integer = row.try_get::<i64>("", column).ok();
    integer.or_else(|| row.try_get::<bool>("", column).ok().map(i64::from))
}

fn finished(entry: Entry, (rows_affected, last_insert_id): (u64, u64)) -> Entry {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Entry {
        state: EntryState::Finished,
        rows_affected: count(rows_affected),
        last_insert_id: count(last_insert_id),
        ..entry
    }
}

#[async_trait]
impl Session for Journal<'_> {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let kind = Kind::of_execution(&statement);
        match kind {
            Kind::Passing | Kind::Probe => return self.live.execute(statement).await,
            Kind::Begin | Kind::End => return self.control(statement, kind == Kind::Begin).await,
            Kind::Session | Kind::Rows | Kind::Other => {}
        }
        match (self.recall(&statement)?, kind) {
            (Some(entry), Kind::Session) => {
                Err(self.stray(&format!("what statement {} made went with its session: `{}`", entry.number, entry.sql)))
            }
            (None, Kind::Session) => self.run_for_session(statement).await,
            (Some(entry), _) => {
                relay::executed(entry.rows_affected.unsigned_abs(), entry.last_insert_id.unsigned_abs())
            }
            (None, Kind::Rows) => self.run_with_entry(statement, Execute).await,
            (None, _) => self.run_with_intent(statement, Execute).await,
        }
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let kind = Kind::of(&statement);
        if kind == Kind::Passing {
            return self.live.query(statement).await;
        }
        let column = probe(&statement).filter(|_| kind == Kind::Probe);
        match (self.recall(&statement)?, column) {
            (Some(Entry { answer: Some(answer), .. }), Some(column)) => relay::row(column, (answer != 0).into()),
            (Some(entry), _) => {
                Err(self.stray(&format!("the rows that statement {} gave are not in the journal", entry.number)))
            }
            (None, Some(column)) => self.run_probe(statement, column).await,
            (None, None) if kind == Kind::Rows => self.run_with_entry(statement, Query).await,
            (None, None) => self.run_with_intent(statement, Query).await,
        }
    }

    async fn begin(&mut self) -> Result<(), DbErr> {
        self.live.begin().await?;
        self.marks.push(self.finished);
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.is_committed = false;
        self.marks.pop();
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.is_committed = false;
        self.finished = self.marks.pop().unwrap_or(self.finished);
        self.live.rollback().await
    }
}

/// A way to run a statement: what the code gets, and the counts that the journal keeps.
#[async_trait]
trait Run<T>: Send {
    async fn run(
        &self,
        live: &mut Live<'_>,
        statement: Statement,
        backend: &dyn Backend,
    ) -> Result<(T, (u64, u64)), DbErr>;
}

struct Execute;

struct Query;

#[async_trait]
impl Run<ExecResult> for Execute {
    async fn run(
        &self,
        live: &mut Live<'_>,
        statement: Statement,
        backend: &dyn Backend,
    ) -> Result<(ExecResult, (u64, u64)), DbErr> {
        let result = live.execute(statement).await?;
        let counts = (result.rows_affected(), backend.last_insert_id(&result));
        Ok((result, counts))
    }
}

#[async_trait]
impl Run<Vec<QueryResult>> for Query {
    async fn run(
        &self,
        live: &mut Live<'_>,
        statement: Statement,
        _backend: &dyn Backend,
    ) -> Result<(Vec<QueryResult>, (u64, u64)), DbErr> {
        let rows = live.query(statement).await?;
        let count = rows.len() as u64;
        Ok((rows, (count, 0)))
    }
}
