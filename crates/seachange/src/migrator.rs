//! The engine for programs: what is applied, what is pending, and the ways to change it.

mod adopt;
mod edited;
mod interruption;
mod judge;
mod options;
mod read;
mod run;
mod status;
mod write;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sea_orm::DatabaseConnection;
use seachange_graph::Graph;

pub use interruption::{Doubt, Interruption};
pub use judge::Notices;
pub use options::{Ahead, Edits, Gaps, UpgradeOptions};
pub use read::Record;
pub use status::{RevisionState, RevisionStatus};

use crate::backend::{self, Backend};
use crate::connection::{self, Pinned};
use crate::error::Error;
use crate::event::{self, EventHandler};
use crate::limits::Limits;
use crate::revision::{Migrations, Script};
use crate::settings::DatabaseSettings;
use crate::site::Site;
use crate::store::Store;

/// The revisions of a program, and the database they are for.
///
/// ```no_run
/// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
/// # async fn example(settings: &seachange::DatabaseSettings) -> Result<(), seachange::Error> {
/// use seachange::Migrator;
///
/// let report = Migrator::connect(&MIGRATIONS, settings).await?.upgrade("heads").await?;
/// println!("{} revisions applied", report.done.len());
/// # Ok(())
/// # }
/// ```
pub struct Migrator {
    migrations: &'static Migrations,
    graph: &'static Graph,
    connection: DatabaseConnection,
    backend: &'static dyn Backend,
    store: Store,
    handler: EventHandler,
    limits: Limits,
    stop: Arc<AtomicBool>,
    /// Keeps watch over the connection, where the engine made it.
    _pinned: Option<Pinned>,
    /// Whether a run has taken the lock and not given it back.
    is_locked: AtomicBool,
}

impl Migrator {
    /// Connects with one connection of its own, as running migrations needs: what is said to a connection, such as
    /// SQLite's `PRAGMA`, must hold for the next statement. Events go to `tracing`.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], or [`Error::Graph`] when the revisions make no graph.
    pub async fn connect(migrations: &'static Migrations, settings: &DatabaseSettings) -> Result<Self, Error> {
        Self::connect_with(migrations, settings, Arc::new(event::trace)).await
    }

    /// Connects as [`connect`](Self::connect) does, with somebody else to watch the runs.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_with(
        migrations: &'static Migrations,
        settings: &DatabaseSettings,
        handler: EventHandler,
    ) -> Result<Self, Error> {
        let pinned = connection::connect_pinned(settings).await?;
        let migrator = Self::assemble(migrations, pinned.connection.clone(), handler)?;
        Ok(Self { _pinned: Some(pinned), ..migrator })
    }

    /// Connects to read only: a SQLite file that is not there is not made, and reads as an empty database.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_to_read(migrations: &'static Migrations, settings: &DatabaseSettings) -> Result<Self, Error> {
        let connection = connection::connect_to_read(settings).await?;
        Self::assemble(migrations, connection, Arc::new(event::trace))
    }

    /// Takes a connection that is there, as a health check does with the pool of its service. Reading is fine on any
    /// pool; to run revisions it must hold a single connection.
    ///
    /// # Errors
    ///
    /// [`Error::Graph`] when the revisions make no graph, [`Error::Connect`] for a database system that is not
    /// compiled in.
    pub fn new(migrations: &'static Migrations, connection: DatabaseConnection) -> Result<Self, Error> {
        Self::assemble(migrations, connection, Arc::new(event::trace))
    }

    fn assemble(
        migrations: &'static Migrations,
        connection: DatabaseConnection,
        handler: EventHandler,
    ) -> Result<Self, Error> {
        let graph = migrations.graph()?;
        let backend = backend::of(connection.get_database_backend()).map_err(Error::database("cannot start"))?;
        let store = Store::new(None, Store::DEFAULT_TABLE.to_owned());
        let (limits, stop, is_locked) = (Limits::default(), Arc::default(), AtomicBool::new(false));
        Ok(Self { migrations, graph, connection, backend, store, handler, limits, stop, _pinned: None, is_locked })
    }

    /// Keeps the record in another table than `seachange_revision`, in a schema other than the current one if need be.
    #[must_use]
    pub fn with_revision_table(mut self, schema: Option<String>, table: String) -> Self {
        self.store = Store::new(schema, table);
        self
    }

    /// Sets how long runs put up with what keeps them waiting.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// A switch that stops a run before its next revision once it is set.
    pub fn stop_switch(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    /// The graph of the revisions.
    pub fn graph(&self) -> &'static Graph {
        self.graph
    }

    /// The revisions of the program.
    pub fn migrations(&self) -> &'static Migrations {
        self.migrations
    }

    /// The connection that everything runs over.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Closes the connection.
    ///
    /// # Errors
    ///
    /// What the database said to it.
    pub async fn close(self) -> Result<(), Error> {
        self.connection.close().await.map_err(Error::database("cannot close the connection"))
    }

    fn site(&self) -> Site<'_> {
        let Self { connection, backend, store, handler, limits, .. } = self;
        Site { connection, backend: *backend, store, handler, limits }
    }

    fn script(&self, id: &str) -> Option<&'static Script> {
        self.migrations.get(id)
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
