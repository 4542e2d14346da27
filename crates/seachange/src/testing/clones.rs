//! A database for each test.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sea_orm::DatabaseConnection;
use tokio::runtime::Runtime;
use tokio::sync::{OnceCell, Semaphore};

use super::error::TestError;
use super::host::Host;
use crate::connection::{self, ConnectError};
use crate::revision::Migrations;
use crate::settings::{DatabaseSettings, DatabaseVariables};

/// The variable that names the server of the test databases, by the URL of any database on it.
const VARIABLE: &str = "TEST_DATABASE_URL";

/// How long the last test database of a process waits for the removal of one more.
const LIMIT_OF_REMOVAL: Duration = Duration::from_secs(30);

/// How long a test waits for a connection that other tests use.
const LIMIT_OF_CONNECTING: Duration = Duration::from_secs(120);

/// How many databases are removed at the same time. The others wait here, and not for a connection, which has a limit.
const REMOVALS: usize = 2;

/// How often it tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Makes a database for each test, at the heads of the revisions.
#[derive(Debug)]
pub struct TestDatabases {
    migrations: &'static Migrations,
}

/// The database of one test. It is removed when it is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    settings: DatabaseSettings,
    connection: DatabaseConnection,
    /// Removes the database when it is dropped.
    _lease: Lease,
}

impl TestDatabases {
    /// Databases with these revisions.
    pub const fn new(migrations: &'static Migrations) -> Self {
        Self { migrations }
    }

    /// Makes a database on the server that the variable `TEST_DATABASE_URL` names; without it, a SQLite file in the
    /// folder for temporary files. The database that the URL names stays as it is.
    ///
    /// # Errors
    ///
    /// See [`TestError`].
    pub async fn create(&self) -> Result<TestDatabase, TestError> {
        self.create_on(&settings()?).await
    }

    /// Makes a database on the server of a database, which stays as it is. The user needs the right to create
    /// databases. For SQLite the settings only say which system is meant.
    ///
    /// # Errors
    ///
    /// See [`TestError`].
    pub async fn create_on(&self, server: &DatabaseSettings) -> Result<TestDatabase, TestError> {
        self.make(server, Content::Template).await
    }

    /// Makes an empty database, as [`create_on`](Self::create_on) does.
    pub(super) async fn create_empty(&self, server: &DatabaseSettings) -> Result<TestDatabase, TestError> {
        self.make(server, Content::Nothing).await
    }

    async fn make(&self, server: &DatabaseSettings, content: Content) -> Result<TestDatabase, TestError> {
        let keeper = keeper()?;
        let host = keeper.host(self.migrations, server).await?;
        let number = keeper.next.fetch_add(1, Ordering::Relaxed);
        let patience = Patience::new(server);
        let (name, settings) = loop {
            // The connections to the server belong to the keeper's runtime, which outlives that of a test.
            match keeper.run(make(Arc::clone(&host), number, content)).await {
                Err(error) if patience.allows(&error) => tokio::time::sleep(PAUSE).await,
                made => break made?,
            }
        };
        let lease = Lease::new(keeper, host, name);
        let connection = loop {
            match connect(&settings).await.map_err(TestError::from) {
                Err(error) if patience.allows(&error) => tokio::time::sleep(PAUSE).await,
                connected => break connected?,
            }
        };
        Ok(TestDatabase { settings, connection, _lease: lease })
    }
}

/// How long a test waits while other tests use all connections that the server allows.
struct Patience<'a> {
    server: &'a DatabaseSettings,
    until: Instant,
}

impl<'a> Patience<'a> {
    fn new(server: &'a DatabaseSettings) -> Self {
        Self { server, until: Instant::now() + LIMIT_OF_CONNECTING }
    }

    fn allows(&self, error: &TestError) -> bool {
        let is_busy = match error {
            TestError::Connect(error) => matches!(error, ConnectError::Busy { .. }),
            TestError::Database { source, .. } => {
                matches!(ConnectError::classify(self.server, source), ConnectError::Busy { .. })
            }
            _ => false,
        };
        is_busy && Instant::now() < self.until
    }
}

/// What a new database contains.
#[derive(Debug, Clone, Copy)]
enum Content {
    Nothing,
    Template,
}

// These functions return boxed futures: otherwise the types of the engine's futures would be part of the types of each
// test, for which the compiler's limit of nested types is too low.

fn open(migrations: &'static Migrations, server: DatabaseSettings) -> BoxFuture<'static, Result<Arc<Host>, TestError>> {
    Box::pin(async move { Host::open(migrations, server).await.map(Arc::new) })
}

fn make(
    host: Arc<Host>,
    number: u64,
    content: Content,
) -> BoxFuture<'static, Result<(String, DatabaseSettings), TestError>> {
    Box::pin(async move {
        match content {
            Content::Nothing => host.create_empty(number).await,
            Content::Template => host.create(number).await,
        }
    })
}

fn connect(settings: &DatabaseSettings) -> BoxFuture<'_, Result<DatabaseConnection, ConnectError>> {
    Box::pin(connection::connect(settings))
}

impl TestDatabase {
    /// The pool of connections to the database.
    #[must_use]
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The settings of the database, for a program that is to be tested as a whole.
    #[must_use]
    pub fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }
}

/// The settings that [`VARIABLE`] gives, or else SQLite.
pub(super) fn settings() -> Result<DatabaseSettings, TestError> {
    match std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) {
        Some(url) => {
            let variables = DatabaseVariables { url: Some(url), ..DatabaseVariables::default() };
            Ok(DatabaseSettings::resolve(&variables)?)
        }
        None if cfg!(feature = "sqlite") => Ok(DatabaseSettings::in_memory()),
        None => Err(TestError::NoServer),
    }
}

/// The server, and the name of the template.
type HostKey = (String, String);

/// What lives as long as the process: the servers, and the databases to remove.
#[derive(Debug)]
struct Keeper {
    runtime: Runtime,
    hosts: Mutex<HashMap<HostKey, Arc<OnceCell<Arc<Host>>>>>,
    /// The number of the next database of this process.
    next: AtomicU64,
    counts: Mutex<Counts>,
    removed: Condvar,
    removing: Semaphore,
}

/// The numbers of databases in this process.
#[derive(Debug, Default)]
struct Counts {
    /// Those in use.
    live: usize,
    /// Those that are being removed.
    leaving: usize,
}

/// A database in use.
#[derive(Debug)]
struct Lease {
    keeper: &'static Keeper,
    host: Arc<Host>,
    name: String,
}

/// The keeper of this process.
fn keeper() -> Result<&'static Keeper, TestError> {
    static KEEPER: OnceLock<Result<Keeper, ErrorKind>> = OnceLock::new();
    // A second runtime must not be made: it could not be dropped in asynchronous code.
    let keeper = KEEPER.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Ok(Keeper {
            runtime: runtime.map_err(|error| error.kind())?,
            hosts: Mutex::default(),
            next: AtomicU64::new(1),
            counts: Mutex::default(),
            removed: Condvar::new(),
            removing: Semaphore::new(REMOVALS),
        })
    });
    keeper.as_ref().map_err(|kind| TestError::File { doing: "cannot start a runtime", source: (*kind).into() })
}

impl Keeper {
    /// The host of a server, for databases with these revisions; it is opened once.
    async fn host(
        &'static self,
        migrations: &'static Migrations,
        server: &DatabaseSettings,
    ) -> Result<Arc<Host>, TestError> {
        let (template, _) = super::names::template(migrations);
        // The settings as text have no password, which does not tell servers apart.
        let key = (server.to_string(), template);
        let cell = Arc::clone(self.hosts.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let server = server.clone();
        let host = cell.get_or_try_init(|| self.run(open(migrations, server)));
        Ok(Arc::clone(host.await?))
    }

    /// Runs a future on the keeper's runtime.
    async fn run<T: Send + 'static>(&self, work: BoxFuture<'static, T>) -> T {
        match self.runtime.spawn(work).await {
            Ok(outcome) => outcome,
            // The task is never aborted, so it panicked.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    fn new(keeper: &'static Keeper, host: Arc<Host>, name: String) -> Self {
        keeper.counts().live += 1;
        Self { keeper, host, name }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let keeper = self.keeper;
        let mut counts = keeper.counts();
        counts.live -= 1;
        counts.leaving += 1;
        let (host, name) = (Arc::clone(&self.host), std::mem::take(&mut self.name));
        keeper.runtime.spawn(async move {
            // It is never closed.
            let _turn = keeper.removing.acquire().await;
            // What cannot be removed now is removed by the next process.
            let _ = host.remove(&name).await;
            keeper.counts().leaving -= 1;
            keeper.removed.notify_all();
        });
        // The process may end after its last test, and would leave the databases behind. A busy server removes many of
        // them slowly.
        while counts.live == 0 && counts.leaving > 0 {
            match keeper.removed.wait_timeout(counts, LIMIT_OF_REMOVAL) {
                Ok((more, timeout)) if !timeout.timed_out() => counts = more,
                _ => break,
            }
        }
    }
}
