//! Runs the code of a revision, and intercepts every statement that it sends.
//!
//! The code gets a mock connection: each statement goes to a [`StatementHandler`], which executes it, journals it, or
//! records it for a script. SeaORM's own hooks report a statement after it ran, and not every one; a handler gets each
//! statement before.
//!
//! SeaORM's mock connection only has synchronous functions. So the code runs on a separate thread of a separate runtime
//! ([`runtime`]), and its thread executes each statement itself.

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

/// Handles the statements of a revision in place of a database.
#[async_trait]
pub(crate) trait StatementHandler: Send {
    /// Executes a statement that returns no rows. A statement without values was sent as plain SQL.
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr>;

    /// Executes a statement that returns rows.
    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr>;

    /// Begins a transaction, inside of the open one if there is one.
    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr>;

    /// Commits the innermost transaction.
    async fn commit(&mut self) -> Result<(), DbErr>;

    /// Rolls back the innermost transaction.
    async fn rollback(&mut self) -> Result<(), DbErr>;

    /// Whether statements are recorded for another database, and not executed on the one for which they are meant.
    fn writes_down(&self) -> bool {
        false
    }

    /// Executes a statement with which an alteration checks itself, and which is not part of it.
    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute(statement).await
    }

    /// Executes a query with which an alteration checks itself.
    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.query(statement).await
    }
}

/// A change of a database: a direction of a revision, or statements that are to become one.
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
    /// Whether the code gets a transaction, and not a connection. The caller begins and ends that transaction.
    pub(crate) in_transaction: bool,
}

/// Runs the code to its end, lets `session` answer its statements, and returns the session.
///
/// A panic of the code is one of the outcomes. If this future is dropped before the end, every later statement of the
/// code fails.
///
/// # Errors
///
/// When the operating system cannot create a thread.
pub(crate) async fn run<S: StatementHandler + 'static>(
    code: Invocation,
    backend: DbBackend,
    session: S,
) -> Result<(RunOutcome, S), DbErr> {
    let is_written_down = session.writes_down();
    let shared = Arc::new(SharedHandler::new(session));
    let end = SessionGuard(Arc::clone(&shared));
    let intercepting = InterceptingConnection::new(shared, backend, code.in_transaction);
    let ending = start(code, intercepting, is_written_down)?.await;
    // A task that the code left behind may be executing a statement.
    let session = end.0.session.lock().await.take();
    let ending = ending.unwrap_or_else(|error| RunOutcome::lost(&error));
    session.map(|session| (ending, session)).ok_or_else(connection::over)
}

/// Ends the session for code that continues after the engine stops waiting for it: when the running statement has
/// ended.
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
    intercepting: InterceptingConnection<S>,
    is_written_down: bool,
) -> Result<JoinHandle<RunOutcome>, DbErr> {
    let connection = MockDatabaseConnection::new(intercepting);
    let connection: DatabaseConnection = DatabaseConnectionType::MockDatabaseConnection(Arc::new(connection)).into();
    let runtime = runtime::runtime()?;
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    Ok(runtime.spawn_blocking(move || {
        begin::observed(&dispatch, || runtime.block_on(run::run(code, &connection, is_written_down)))
    }))
}
