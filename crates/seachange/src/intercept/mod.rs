//! Runs the code of a revision, and intercepts every statement that it sends.
//!
//! The code gets a mock connection: each statement goes to a [`StatementHandler`], which executes it, journals it, or
//! records it for a script. SeaORM's own hooks report a statement after it ran, and not every one; a handler gets each
//! statement before.
//!
//! SeaORM's mock connection only has synchronous functions: the code of a revision blocks its thread while a statement
//! runs. So the code runs on a separate thread of a separate runtime, and its thread executes each statement itself.
//! There, neither the code nor the tasks that it spawns can block the threads of the program, on which the connection
//! depends.

mod batch;
mod begin;

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::lock::Mutex;
use sea_orm::{
    DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabase, MockDatabaseConnection,
    MockDatabaseTrait, MockExecResult, QueryResult, Statement, Transaction, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, SchemaManager};
use seachange_graph::Direction;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};

use crate::alter::offline_scope::{LostValues, Recording};
use crate::alter::{loss_scope, offline_scope, rebuild_scope};
use crate::run_arguments::{self, RunArguments};
pub(crate) use batch::{BatchCaller, in_batch};
pub(crate) use begin::BeginOptions;

/// Handles the statements of a revision in place of a database.
#[async_trait]
pub(crate) trait StatementHandler: Send {
    /// Executes a statement that returns no rows. A statement without values was sent as plain SQL.
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr>;

    /// Executes a statement that returns rows.
    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr>;

    /// Executes a statement in a batch of a backfill, which has a transaction and a place of its own.
    async fn execute_in_batch(&mut self, statement: Statement, _caller: BatchCaller) -> Result<ExecResult, DbErr> {
        self.execute(statement).await
    }

    /// Executes a query in a batch of a backfill.
    async fn query_in_batch(&mut self, statement: Statement, _caller: BatchCaller) -> Result<Vec<QueryResult>, DbErr> {
        self.query(statement).await
    }

    /// Begins a transaction, inside of the open one if there is one.
    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr>;

    /// Commits the innermost transaction.
    async fn commit(&mut self) -> Result<(), DbErr>;

    /// Rolls back the innermost transaction.
    async fn rollback(&mut self) -> Result<(), DbErr>;

    /// Whether statements are recorded for other databases, and for which; `None` where they are executed on the one for
    /// which they are meant.
    fn recording(&self) -> Option<Recording> {
        None
    }

    /// Executes a statement by which the rebuild of a table changes a setting of the session that it restores.
    async fn execute_restored(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute(statement).await
    }

    /// Executes a statement with which an alteration checks itself, and which is not part of it.
    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.execute(statement).await
    }

    /// Executes a query with which an alteration checks itself.
    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.query(statement).await
    }

    /// Executes a query that decides whether a change is made, and not how. An answer without rows lets the change be
    /// made.
    async fn query_precondition(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.query(statement).await
    }

    /// Executes a precondition that counts the values that a change would not keep.
    async fn count_lost_values(
        &mut self,
        statement: Statement,
        _values: LostValues,
    ) -> Result<Vec<QueryResult>, DbErr> {
        self.query_precondition(statement).await
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

/// The code of a step that only records its revision.
pub(crate) struct NoCode;

#[async_trait]
impl Migrate for NoCode {
    async fn run(&self, _manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        Ok(())
    }
}

/// Code to run.
#[derive(Clone)]
pub(crate) struct Invocation {
    pub(crate) body: Arc<dyn Migrate>,
    /// Whether the code gets a transaction, and not a connection. The caller begins and ends that transaction.
    pub(crate) in_transaction: bool,
    pub(crate) options: CodeOptions,
}

/// What the code of a revision finds in its surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeOptions {
    /// Whether an alteration counts the values that it would not keep.
    pub(crate) counts_losses: bool,
    /// The arguments of the run.
    pub(crate) arguments: Arc<RunArguments>,
    /// Whether statements that change something outside of the database are refused: it is a scratch database on the
    /// server of the real one.
    pub(crate) stays_inside: bool,
}

impl CodeOptions {
    /// Counts losses, and has no arguments.
    pub(crate) fn new() -> Self {
        Self { counts_losses: true, arguments: Arc::default(), stays_inside: false }
    }
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
    let recording = session.recording();
    let shared = Arc::new(SharedHandler::new(session));
    let end = SessionGuard(Arc::clone(&shared));
    let intercepting = InterceptingConnection::new(shared, backend, code.in_transaction);
    let ending = start(code, intercepting, recording)?.await;
    // A task that the code left behind may be executing a statement.
    let session = end.0.session.lock().await.take();
    let ending = ending.unwrap_or_else(|error| RunOutcome::lost(&error));
    session.map(|session| (ending, session)).ok_or_else(over)
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
    recording: Option<Recording>,
) -> Result<JoinHandle<RunOutcome>, DbErr> {
    let connection = MockDatabaseConnection::new(intercepting);
    let connection: DatabaseConnection = DatabaseConnectionType::MockDatabaseConnection(Arc::new(connection)).into();
    let runtime = runtime()?;
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    Ok(runtime.spawn_blocking(move || {
        begin::observed(&dispatch, || runtime.block_on(run_body(code, &connection, recording)))
    }))
}

/// How the code of a revision ended.
#[derive(Debug)]
pub(crate) enum RunOutcome {
    /// It returned without an error.
    Done,
    /// It returned an error, its own or the database's.
    Failed(DbErr),
    /// It panicked.
    Panicked(String),
    /// A table has to be rebuilt on SQLite, and foreign keys cannot be switched off inside a transaction.
    NeedsForeignKeysOff,
}

/// The error for [`RunOutcome::NeedsForeignKeysOff`] when foreign keys cannot be switched off.
pub(crate) fn rebuild_impossible() -> DbErr {
    DbErr::Custom("a table has to be rebuilt, and foreign keys could not be switched off".to_owned())
}

impl RunOutcome {
    /// The outcome when the thread of the code is lost: the runtime is shutting down.
    pub(super) fn lost(error: &JoinError) -> Self {
        Self::Failed(DbErr::Custom(format!("the code of the revision did not come to an end: {error}")))
    }
}

/// Runs `up` or `down`.
///
/// A panic is an outcome like others: sea-query panics on operations that SQLite does not have, and the code of the
/// user may panic. Only the transaction could be inconsistent after a panic, and it is rolled back.
pub(super) async fn run_body(
    code: Invocation,
    connection: &DatabaseConnection,
    recording: Option<Recording>,
) -> RunOutcome {
    let CodeOptions { counts_losses, arguments, .. } = code.options.clone();
    let running = rebuild_scope::watch(Box::pin(AssertUnwindSafe(call(code, connection)).catch_unwind()));
    let running = run_arguments::within(arguments, running);
    let running = async { if counts_losses { running.await } else { loss_scope::uncounted(running).await } };
    let (outcome, needs_foreign_keys_off) = match recording {
        Some(recording) => offline_scope::written_down(recording, running).await,
        None => running.await,
    };
    match outcome {
        _ if needs_foreign_keys_off => RunOutcome::NeedsForeignKeysOff,
        Ok(Ok(())) => RunOutcome::Done,
        Ok(Err(error)) => RunOutcome::Failed(error),
        Err(payload) => RunOutcome::Panicked(text(payload.as_ref())),
    }
}

async fn call(code: Invocation, connection: &DatabaseConnection) -> Result<(), DbErr> {
    if code.in_transaction {
        let transaction = connection.begin().await?;
        code.body.run(&SchemaManager::new(&transaction)).await?;
    } else {
        code.body.run(&SchemaManager::new(connection)).await?;
    }
    // SeaORM cannot return an error of the begin or the end of a transaction: it is asked for here.
    connection.ping().await
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

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
        if let Some(caller) = BatchCaller::current() {
            return self.ask(async |session| session.execute_in_batch(statement, caller).await);
        }
        if rebuild_scope::is_restored() {
            return self.ask(async |session| session.execute_restored(statement).await);
        }
        match offline_scope::is_check() {
            true => self.ask(async |session| session.execute_check(statement).await),
            false => self.ask(async |session| session.execute(statement).await),
        }
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if let Some(caller) = BatchCaller::current() {
            return self.ask(async |session| session.query_in_batch(statement, caller).await);
        }
        if let Some(values) = offline_scope::lost_values() {
            return self.ask(async |session| session.count_lost_values(statement, values).await);
        }
        if offline_scope::is_precondition() {
            return self.ask(async |session| session.query_precondition(statement).await);
        }
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

/// How many threads run the tasks that revisions spawn. The code itself runs on a separate thread.
const TASK_THREADS: usize = 2;

/// The stack of those threads, in bytes: what the main thread of a program has, on which other tools run migrations.
const STACK: usize = 8 << 20;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

thread_local! {
    /// Keeps the observer of transactions active on a thread that runs spawned tasks.
    static OBSERVED: RefCell<Option<tracing::dispatcher::DefaultGuard>> = const { RefCell::new(None) };
}

/// The runtime, which is created when the first revision runs and stays until the process ends.
///
/// # Errors
///
/// The error of the operating system when it cannot create a thread.
pub(super) fn runtime() -> Result<&'static Runtime, DbErr> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(TASK_THREADS)
        .thread_name("seachange-revision")
        .thread_stack_size(STACK)
        .enable_all()
        .on_thread_start(|| OBSERVED.with(|observed| *observed.borrow_mut() = Some(begin::observe_thread())))
        .build()
        .map_err(|error| DbErr::Custom(format!("cannot start the threads that run revisions: {error}")))?;
    // If two runs begin at once, the second runtime is not needed.
    if let Err(second) = RUNTIME.set(made) {
        second.shutdown_background();
    }
    RUNTIME.get().ok_or_else(|| DbErr::Custom("cannot start the threads that run revisions".to_owned()))
}

/// The result of a statement that ran before.
pub(crate) fn executed(rows_affected: u64, last_insert_id: u64) -> Result<ExecResult, DbErr> {
    let result = MockExecResult { last_insert_id, rows_affected };
    let mut answers = MockDatabase::new(DbBackend::Sqlite).append_exec_results([result]);
    answers.execute(0, nothing())
}

/// A statement for SeaORM's mock, which requires one to produce a result.
fn nothing() -> Statement {
    Statement::from_string(DbBackend::Sqlite, "")
}
