//! The end of the relay that the code of a revision holds: SeaORM's mock of a database, which runs what it is sent.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::lock::Mutex;
use sea_orm::{DbBackend, DbErr, ExecResult, MockDatabaseTrait, QueryResult, Statement, Transaction};

use super::StatementHandler;
use super::begin;
use crate::alter::offline_scope;

/// A session that code and engine share.
pub(super) struct SharedHandler<S> {
    /// The session, which the engine takes out when the code has come to its end.
    pub(super) session: Mutex<Option<S>>,
    /// Whether the code may send nothing more.
    pub(super) is_over: AtomicBool,
}

impl<S> SharedHandler<S> {
    pub(super) fn new(session: S) -> Self {
        Self { session: Mutex::new(Some(session)), is_over: AtomicBool::new(false) }
    }
}

/// Runs what the code asks in the session, on the thread of the code, and waits for the answer.
pub(super) struct InterceptingConnection<S> {
    shared: Arc<SharedHandler<S>>,
    backend: DbBackend,
    /// Transactions that the code has begun, and the one it was given.
    depth: usize,
    /// Whether the outermost transaction is not the code's: it is begun and ended elsewhere.
    is_given: bool,
    /// What went wrong where SeaORM leaves no way to say so: every statement after it fails with it.
    broken: Option<DbErr>,
}

impl<S: StatementHandler> InterceptingConnection<S> {
    pub(super) fn new(shared: Arc<SharedHandler<S>>, backend: DbBackend, is_given: bool) -> Self {
        Self { shared, backend, depth: 0, is_given, broken: None }
    }

    fn ask<T>(&mut self, work: impl AsyncFnOnce(&mut S) -> Result<T, DbErr>) -> Result<T, DbErr> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let answer = async {
            let mut session = self.shared.session.lock().await;
            match session.as_mut().filter(|_| !self.shared.is_over.load(Ordering::Acquire)) {
                Some(session) => work(session).await,
                None => Err(over()),
            }
        };
        // The code does not return to its runtime between two statements, which would count it as one that never yields.
        pollster::block_on(tokio::task::unconstrained(answer))
    }

    /// Asks for the begin or the end of a transaction.
    fn control(&mut self, work: impl AsyncFnOnce(&mut S) -> Result<(), DbErr>) {
        if let Err(error) = self.ask(work) {
            self.broken.get_or_insert(error);
        }
    }

    /// Whether the innermost transaction is the one that was given.
    fn is_outermost(&self) -> bool {
        self.is_given && self.depth == 0
    }
}

impl<S> fmt::Debug for InterceptingConnection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handset").field("backend", &self.backend).field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<S: StatementHandler> MockDatabaseTrait for InterceptingConnection<S> {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        match offline_scope::is_check() {
            true => self.ask(async |session| session.execute_check(statement).await),
            false => self.ask(async |session| session.execute(statement).await),
        }
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match offline_scope::is_check() {
            true => self.ask(async |session| session.query_check(statement).await),
            false => self.ask(async |session| session.query(statement).await),
        }
    }

    fn begin(&mut self) {
        let begin = begin::take();
        if !self.is_outermost() {
            self.control(async |session| session.begin(begin).await);
        }
        self.depth += 1;
    }

    fn commit(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if !self.is_outermost() {
            self.control(async |session| session.commit().await);
        }
    }

    fn rollback(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if !self.is_outermost() {
            self.control(async |session| session.rollback().await);
        }
    }

    fn drain_transaction_log(&mut self) -> Vec<Transaction> {
        Vec::new()
    }

    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    /// Also how the end of the code asks whether something went wrong that it was not told.
    fn ping(&self) -> Result<(), DbErr> {
        self.broken.clone().map_or(Ok(()), Err)
    }
}

/// What a task is told that asks for something when its revision has come to its end.
pub(super) fn over() -> DbErr {
    DbErr::Custom("the revision has come to its end".to_owned())
}
