//! Runs the code of a revision, and intercepts every statement that it sends.
//!
//! The code gets a mock connection: what it asks goes to a [`StatementHandler`], which runs it, journals it, or writes it down.
//! SeaORM's own hooks tell of a statement after it ran, and not of every one; a session is asked before.
//!
//! SeaORM lets others answer for a database in plain functions only. So the code runs on a thread of its own, on a
//! runtime of its own ([`runtime`]), and its thread executes each statement itself.

mod begin;
mod connection;
mod mock_result;
mod run;
mod runtime;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabaseConnection};
use sea_orm::{QueryResult, Statement};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use seachange_graph::Direction;
use tokio::task::JoinHandle;

pub(crate) use begin::BeginOptions;
pub(crate) use mock_result::executed;
pub(crate) use run::{RunOutcome, rebuild_impossible};

use connection::{InterceptingConnection, SharedHandler};

/// Answers the code of a revision in the place of a database.
#[async_trait]
pub(crate) trait StatementHandler: Send {
    /// Runs a statement that gives no rows. One without values was sent as plain text.
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr>;

    /// Runs a statement that gives rows.
    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr>;

    /// Begins a transaction, inside of the one there is if there is one.
    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr>;

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
pub(crate) trait Migrate: Send + Sync {
    /// Makes the changes.
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr>;
}

/// A direction of a revision.
pub(crate) struct DirectedMigration {
    pub(crate) migration: &'static dyn MigrationTrait,
    pub(crate) direction: Direction,
}

#[async_trait]
impl Migrate for DirectedMigration {
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        match self.direction {
            Direction::Upgrade => self.migration.up(manager).await,
            Direction::Downgrade => self.migration.down(manager).await,
        }
    }
}

/// Code to run.
#[derive(Clone)]
pub(crate) struct Invocation {
    pub(crate) body: Arc<dyn Migrate>,
    /// Whether the code is given a transaction, or a connection. Who gives it begins and ends the transaction.
    pub(crate) in_transaction: bool,
}

/// Runs the code to its end, and answers what it asks from `session`, which comes back.
///
/// A panic of the code is one of its endings. Where this future is dropped before the end, the code gets errors for
/// answers from then on.
///
/// # Errors
///
/// When the operating system gives no thread.
pub(crate) async fn run<S: StatementHandler + 'static>(
    code: Invocation,
    backend: DbBackend,
    session: S,
) -> Result<(RunOutcome, S), DbErr> {
    let is_written_down = session.writes_down();
    let shared = Arc::new(SharedHandler::new(session));
    let end = SessionGuard(Arc::clone(&shared));
    let handset = InterceptingConnection::new(shared, backend, code.in_transaction);
    let ending = start(code, handset, is_written_down)?.await;
    // A task that the code has left behind may be in the middle of a statement.
    let session = end.0.session.lock().await.take();
    let ending = ending.unwrap_or_else(|error| RunOutcome::lost(&error));
    session.map(|session| (ending, session)).ok_or_else(connection::over)
}

/// Ends the session for code that goes on when the engine does not wait for it any more: after the statement that runs.
struct SessionGuard<S>(Arc<SharedHandler<S>>);

impl<S> Drop for SessionGuard<S> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Release);
        if let Some(mut session) = self.0.session.try_lock() {
            drop(session.take());
        }
    }
}

fn start<S: StatementHandler + 'static>(
    code: Invocation,
    handset: InterceptingConnection<S>,
    is_written_down: bool,
) -> Result<JoinHandle<RunOutcome>, DbErr> {
    let connection = MockDatabaseConnection::new(handset);
    let connection: DatabaseConnection = DatabaseConnectionType::MockDatabaseConnection(Arc::new(connection)).into();
    let runtime = runtime::runtime()?;
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    Ok(runtime.spawn_blocking(move || {
        begin::observed(&dispatch, || runtime.block_on(run::run(code, &connection, is_written_down)))
    }))
}
