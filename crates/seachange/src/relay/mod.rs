//! Runs the code of a revision, and puts every statement of it through somebody else's hands.
//!
//! The code gets a connection that is none: what it asks goes to a [`Session`], which runs it, journals it, or writes it
//! down. SeaORM's own hooks tell of a statement after it ran, and not of every one; this one is asked first.
//!
//! SeaORM lets others answer for a database in plain functions only, so the code runs on a thread of its own, where it
//! may wait for an answer, inside of the runtime of whoever called.

mod answer;
mod body;
mod handset;

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabaseConnection};
use sea_orm::{QueryResult, Statement};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use seachange_graph::Direction;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub(crate) use answer::{executed, row};
pub(crate) use body::{Ending, no_rebuild};

use handset::Handset;

/// Answers the code of a revision in the place of a database.
#[async_trait]
pub(crate) trait Session: Send {
    /// Runs a statement that gives no rows. One without values was sent as plain text.
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr>;

    /// Runs a statement that gives rows.
    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr>;

    /// Begins a transaction, inside of the one there is if there is one.
    async fn begin(&mut self) -> Result<(), DbErr>;

    /// Commits the innermost transaction.
    async fn commit(&mut self) -> Result<(), DbErr>;

    /// Rolls the innermost transaction back.
    async fn rollback(&mut self) -> Result<(), DbErr>;

    /// Whether statements are written down for another database, rather than run on the one that they are for.
    fn writes_down(&self) -> bool {
        false
    }

    /// Runs a statement with which an alteration checks itself, and which is no part of it.
    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute(statement).await
    }

    /// Runs a query with which an alteration checks itself.
    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.query(statement).await
    }
}

/// What changes a database: a direction of a revision, or what is to become one.
#[async_trait]
pub(crate) trait Body: Send + Sync {
    /// Makes the changes.
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr>;
}

/// A direction of a revision.
pub(crate) struct Half {
    pub(crate) migration: &'static dyn MigrationTrait,
    pub(crate) direction: Direction,
}

#[async_trait]
impl Body for Half {
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        match self.direction {
            Direction::Upgrade => self.migration.up(manager).await,
            Direction::Downgrade => self.migration.down(manager).await,
        }
    }
}

/// Code to run.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) body: Arc<dyn Body>,
    /// Whether the code is given a transaction, or a connection. Who gives it begins and ends the transaction.
    pub(crate) in_transaction: bool,
}

/// What the code asks for.
#[derive(Debug)]
enum Request {
    Execute(Statement, Reply<ExecResult>),
    Query(Statement, Reply<Vec<QueryResult>>),
    ExecuteCheck(Statement, Reply<ExecResult>),
    QueryCheck(Statement, Reply<Vec<QueryResult>>),
    Begin(Reply<()>),
    Commit(Reply<()>),
    Rollback(Reply<()>),
}

/// Where the answer goes: the thread of the code waits for it.
type Reply<T> = std::sync::mpsc::SyncSender<Result<T, DbErr>>;

/// Runs the code to its end, and answers what it asks from `session`.
///
/// A panic of the code is one of its endings. Dropped before the end, the code gets errors for answers from then on.
pub(crate) async fn run(code: Code, backend: DbBackend, session: &mut dyn Session) -> Ending {
    let (sender, mut requests) = mpsc::unbounded_channel();
    let handset = Handset::new(sender, backend, code.in_transaction);
    let mut thread = start(code, handset, session.writes_down());
    loop {
        tokio::select! {
            biased;
            Some(request) = requests.recv() => answer(request, session).await,
            ending = &mut thread => return ending.unwrap_or_else(|error| Ending::lost(&error)),
        }
    }
}

fn start(code: Code, handset: Handset, is_written_down: bool) -> JoinHandle<Ending> {
    let connection = MockDatabaseConnection::new(handset);
    let connection: DatabaseConnection = DatabaseConnectionType::MockDatabaseConnection(Arc::new(connection)).into();
    let runtime = tokio::runtime::Handle::current();
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    tokio::task::spawn_blocking(move || {
        tracing::dispatcher::with_default(&dispatch, || runtime.block_on(body::run(code, &connection, is_written_down)))
    })
}

/// Whoever asked may be gone: then nobody hears the answer.
async fn answer(request: Request, session: &mut dyn Session) {
    match request {
        Request::Execute(statement, reply) => drop(reply.send(session.execute(statement).await)),
        Request::Query(statement, reply) => drop(reply.send(session.query(statement).await)),
        Request::ExecuteCheck(statement, reply) => drop(reply.send(session.execute_check(statement).await)),
        Request::QueryCheck(statement, reply) => drop(reply.send(session.query_check(statement).await)),
        Request::Begin(reply) => drop(reply.send(session.begin().await)),
        Request::Commit(reply) => drop(reply.send(session.commit().await)),
        Request::Rollback(reply) => drop(reply.send(session.rollback().await)),
    }
}
