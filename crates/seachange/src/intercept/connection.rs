//! The mock connection that the code of a revision gets: it passes each statement to a session, which executes it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::lock::Mutex;
use sea_orm::{DbBackend, DbErr, ExecResult, MockDatabaseTrait, QueryResult, Statement, Transaction};

use super::StatementHandler;
use super::begin;
use crate::alter::offline_scope;

/// A session that the code and the engine share.
pub(super) struct SharedHandler<S> {
    /// The session, which the engine takes when the code has ended.
    pub(super) session: Mutex<Option<S>>,
    /// Whether the code may send no more statements.
    pub(super) is_over: AtomicBool,
}

impl<S> SharedHandler<S> {
    pub(super) fn new(session: S) -> Self {
        Self { session: Mutex::new(Some(session)), is_over: AtomicBool::new(false) }
    }
}

/// Executes the statements of the code in the session, on the thread of the code, and waits for the results.
pub(super) struct InterceptingConnection<S> {
    shared: Arc<SharedHandler<S>>,
    backend: DbBackend,
    /// The number of open transactions: those that the code has begun, and the one that it was given.
    depth: usize,
    /// Whether the outermost transaction was given to the code: then the engine begins and ends it.
    is_given: bool,
    /// An error that SeaORM's mock could not return: every later statement fails with it.
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
        // The code does not yield to its runtime between two statements, so tokio's cooperative budget would run out.
        pollster::block_on(tokio::task::unconstrained(answer))
    }

    /// Begins or ends a transaction.
    fn control(&mut self, work: impl AsyncFnOnce(&mut S) -> Result<(), DbErr>) {
        if let Err(error) = self.ask(work) {
            self.broken.get_or_insert(error);
        }
    }

    /// Whether the innermost transaction is the one that the engine gave.
    fn is_outermost(&self) -> bool {
        self.is_given && self.depth == 0
    }
}

impl<S> fmt::Debug for InterceptingConnection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterceptingConnection")
            .field("backend", &self.backend)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
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

    /// Also called at the end of the code, to return an error that the code did not get.
    fn ping(&self) -> Result<(), DbErr> {
        self.broken.clone().map_or(Ok(()), Err)
    }
}

/// The error for a task that sends a statement after its revision has ended.
pub(super) fn over() -> DbErr {
    DbErr::Custom("the revision has ended".to_owned())
}
