//! The end of the relay that the code of a revision holds, as SeaORM's stand-in for a database.

use std::sync::mpsc::sync_channel;

use sea_orm::{DbBackend, DbErr, ExecResult, MockDatabaseTrait, QueryResult, Statement, Transaction};
use tokio::sync::mpsc::UnboundedSender;

use super::{Reply, Request};
use crate::alter::script_scope;

/// Passes on what the code asks, and waits for the answer.
#[derive(Debug)]
pub(super) struct Handset {
    requests: UnboundedSender<Request>,
    backend: DbBackend,
    /// Transactions that the code has begun, and the one it was given.
    depth: usize,
    /// Whether the outermost transaction is not the code's: it is begun and ended elsewhere.
    is_given: bool,
    /// What went wrong where SeaORM leaves no way to say so: every statement after it fails with it.
    broken: Option<DbErr>,
}

impl Handset {
    pub(super) fn new(requests: UnboundedSender<Request>, backend: DbBackend, is_given: bool) -> Self {
        Self { requests, backend, depth: 0, is_given, broken: None }
    }

    fn ask<T>(&mut self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, DbErr> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let (reply, answer) = sync_channel(1);
        let sent = self.requests.send(request(reply));
        sent.ok().and_then(|()| answer.recv().ok()).unwrap_or_else(|| Err(over()))
    }

    /// Asks for the begin or the end of a transaction.
    fn control(&mut self, request: fn(Reply<()>) -> Request) {
        if let Err(error) = self.ask(request) {
            self.broken.get_or_insert(error);
        }
    }

    /// Whether the innermost transaction is the one that was given.
    fn is_outermost(&self) -> bool {
        self.is_given && self.depth == 0
    }
}

impl MockDatabaseTrait for Handset {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        let request = if script_scope::is_check() { Request::ExecuteCheck } else { Request::Execute };
        self.ask(|reply| request(statement, reply))
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let request = if script_scope::is_check() { Request::QueryCheck } else { Request::Query };
        self.ask(|reply| request(statement, reply))
    }

    fn begin(&mut self) {
        if !self.is_outermost() {
            self.control(Request::Begin);
        }
        self.depth += 1;
    }

    fn commit(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if !self.is_outermost() {
            self.control(Request::Commit);
        }
    }

    fn rollback(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if !self.is_outermost() {
            self.control(Request::Rollback);
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

fn over() -> DbErr {
    DbErr::Custom("the run is over".to_owned())
}
