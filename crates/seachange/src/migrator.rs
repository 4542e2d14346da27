//! The engine for programs: what is applied, what is pending, and the ways to change it.

mod backfills;
mod interruption;
mod options;
mod participant;
mod read;
mod run;
mod squash;
mod stop_handle;
mod stored;
mod write;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use sea_orm::DatabaseConnection;
use seachange_graph::Graph;

pub use interruption::Resolution;
pub use options::{AheadPolicy, EditPolicy, GapPolicy, OtherRecordPolicy, RunOptions};
pub(crate) use participant::{Participant, Verdict, committed, prepared_transactions, settle};
pub use read::{DatabasePosition, RevisionState, RevisionStatus};
pub use stop_handle::StopHandle;

pub use crate::error::InterruptedRevision;
pub use crate::record::RevisionRecord;
pub use crate::report::Warnings;

use crate::backend::{self, Backend, RecordLocation};
use crate::connection::{self, SingleConnection};
use crate::error::Error;
use crate::event::{self, EventHandler};
use crate::lease::LeaseSlot;
use crate::limits::Deadline;
use crate::offline::downgrade::{CapturedDowngrades, DowngradeRecorder};
use crate::revision::{Migrations, RegisteredRevision};
use crate::run_context::{FirstTurn, RebuildingSteps, RevisionCheck, RunContext, WaitClock};
use crate::session::{SessionSource, SharedSession};
use crate::settings::DatabaseSettings;
use crate::store::{RevisionStore, RevisionTable};

/// What runs on the targets of a fleet find out, for the next ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct FleetFindings {
    downgrades: Arc<CapturedDowngrades>,
    rebuilds: Arc<RebuildingSteps>,
}

/// What a fleet has read of the record of a target, together with many others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownRecord {
    /// An upgrade has something to do, or to report.
    Incomplete,
    /// There is no record, or it has no row.
    Empty,
}

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
    /// The table of the record, as the caller named it.
    store: RevisionStore,
    /// The same table with its schema, once the schema is known.
    located: OnceLock<RevisionStore>,
    /// Where the engine opens its own sessions.
    source: SessionSource,
    /// The engine's own connection for the lock of the run, if the caller passed a pool.
    lock_connection: tokio::sync::OnceCell<Option<SingleConnection>>,
    handler: EventHandler,
    options: RunOptions,
    deadline: Arc<Deadline>,
    /// The part of this run in a run over several databases that commit together.
    participant: Option<Arc<Participant>>,
    /// What was read of the record before, in a fleet.
    known: Option<KnownRecord>,
    /// The turn of a target in a fleet, if others can have it.
    first_turn: Option<Arc<FirstTurn>>,
    waited: WaitClock,
    check: Option<Arc<dyn RevisionCheck>>,
    capture: DowngradeRecorder,
    /// Steps that have needed foreign keys off, on SQLite.
    rebuilds: Arc<RebuildingSteps>,
    stop: StopHandle,
    /// Watches the connection, if the engine made it.
    _pinned: Option<SingleConnection>,
    /// The lease of the present run, on a cluster.
    lease: LeaseSlot,
    /// Whether a run has taken the lock and not released it.
    is_locked: AtomicBool,
    /// The applied revisions that only the database knows, for a migrator that runs their stored downgrades.
    unknown: Vec<stored::UnknownRevision>,
}

impl Migrator {
    /// Connects with exactly one connection, which is kept: a setting of the session, such as SQLite's `PRAGMA`, must
    /// hold for the next statement. Events go to `tracing`.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], or [`Error::Graph`] when the revisions do not form a valid graph.
    pub async fn connect(migrations: &'static Migrations, settings: &DatabaseSettings) -> Result<Self, Error> {
        Self::connect_with(migrations, settings, Arc::new(event::trace)).await
    }

    /// Connects as [`connect`](Self::connect) does, and sends the events to `handler`.
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
        let source = SessionSource::Settings(Box::new(settings.clone()));
        let migrator = Self::from_connection(migrations, pinned.connection.clone(), source, handler)?;
        Ok(Self { _pinned: Some(pinned), store: RevisionStore::new(RevisionTable::of(settings)), ..migrator })
    }

    /// Connects to read only. A SQLite file that does not exist is not created, and reads as an empty database.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_to_read(migrations: &'static Migrations, settings: &DatabaseSettings) -> Result<Self, Error> {
        let connection = connection::connect_to_read(settings).await?;
        let source = SessionSource::Settings(Box::new(settings.clone()));
        let migrator = Self::from_connection(migrations, connection, source, Arc::new(event::trace))?;
        Ok(Self { store: RevisionStore::new(RevisionTable::of(settings)), ..migrator })
    }

    /// Uses an existing connection, as a health check does with the pool of its service. To run revisions, the engine
    /// opens connections of its own with the pool's options, except for a database in memory.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use seachange::Migrator;
    /// use seachange::prelude::sea_orm::Database;
    ///
    /// let pool = Database::connect("sqlite::memory:").await?;
    /// let migrator = Migrator::new(&MIGRATIONS, pool)?;
    /// migrator.check().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Graph`] when the revisions do not form a valid graph, [`Error::Connect`] for a database system that is
    /// not compiled in.
    pub fn new(migrations: &'static Migrations, connection: DatabaseConnection) -> Result<Self, Error> {
        let source = SessionSource::Pool(connection.clone());
        Self::from_connection(migrations, connection, source, Arc::new(event::trace))
    }

    fn from_connection(
        migrations: &'static Migrations,
        connection: DatabaseConnection,
        source: SessionSource,
        handler: EventHandler,
    ) -> Result<Self, Error> {
        let graph = migrations.graph()?;
        let backend = backend::of(connection.get_database_backend()).map_err(Error::database("cannot start"))?;
        let store = RevisionStore::new(RevisionTable::default());
        let options = RunOptions::default();
        let capture =
            DowngradeRecorder { migrations, graph, backend, code: options.code.clone(), is_enabled: true, known: None };
        Ok(Self {
            migrations,
            graph,
            connection,
            backend,
            store,
            located: OnceLock::new(),
            source,
            lock_connection: tokio::sync::OnceCell::new(),
            handler,
            options,
            deadline: Arc::new(Deadline::new(None)),
            participant: None,
            known: None,
            first_turn: None,
            waited: WaitClock::default(),
            check: None,
            capture,
            rebuilds: Arc::default(),
            stop: StopHandle::default(),
            _pinned: None,
            lease: LeaseSlot::default(),
            is_locked: AtomicBool::new(false),
            unknown: Vec::new(),
        })
    }

    /// Keeps the record in another table than the one that the settings say.
    #[must_use]
    pub fn with_revision_table(mut self, table: RevisionTable) -> Self {
        self.store = RevisionStore::new(table);
        self
    }

    /// Sets the options of the runs that follow.
    #[must_use]
    pub fn with_options(mut self, options: RunOptions) -> Self {
        self.deadline = Arc::new(Deadline::new(options.limits.statement_limit()));
        self.capture.code = options.code.clone();
        self.capture.is_enabled = options.stores_downgrades;
        self.options = options;
        self
    }

    /// Asks `check` before each revision of the upgrades that follow.
    #[cfg(feature = "cli")]
    pub(crate) fn with_check(self, check: Option<Arc<dyn RevisionCheck>>) -> Self {
        Self { check, ..self }
    }

    /// Waits for another run as this turn says, and not as the limits do.
    pub(crate) fn in_turn(self, first_turn: Option<Arc<FirstTurn>>) -> Self {
        Self { first_turn, ..self }
    }

    /// Does not read again before the lock is taken what a fleet has just read of the record.
    pub(crate) fn knowing(self, known: Option<KnownRecord>) -> Self {
        Self { known, ..self }
    }

    /// Whether the record had no row a moment ago, and its place is known.
    fn is_known_empty(&self) -> bool {
        self.known == Some(KnownRecord::Empty) && self.is_located()
    }

    /// Prepares the transaction of its run instead of committing it, and lets others decide about it.
    pub(crate) fn taking_part(self, participant: Arc<Participant>) -> Self {
        let options = self.options.clone().single_transaction(true);
        Self { participant: Some(participant), ..self.with_options(options) }
    }

    /// Stops its runs by a handle that others have as well.
    pub(crate) fn with_stop_handle(self, stop: StopHandle) -> Self {
        Self { stop, ..self }
    }

    /// For a target of a fleet, over a connection that is used for others before and after. `session` is the session of the
    /// revisions that targets on the same database use in turn, and `enter` the text that makes it use the schema of this
    /// target; without them, the sessions of the revisions are those of this target. `findings` are those of other targets.
    pub(crate) fn of_target(
        migrations: &'static Migrations,
        settings: &DatabaseSettings,
        control: &DatabaseConnection,
        shared: Option<(Arc<SharedSession>, String)>,
        findings: &FleetFindings,
        handler: EventHandler,
    ) -> Result<Self, Error> {
        let settings = Box::new(settings.clone());
        let table = RevisionTable::of(&settings);
        let source = match shared {
            Some((session, enter)) => SessionSource::Shared { settings, session, enter },
            None => SessionSource::Settings(settings),
        };
        let migrator = Self::from_connection(migrations, control.clone(), source, handler)?;
        let FleetFindings { downgrades, rebuilds } = findings.clone();
        let capture = DowngradeRecorder { known: Some(downgrades), ..migrator.capture.clone() };
        Ok(Self { store: RevisionStore::new(table), capture, rebuilds, ..migrator })
    }

    /// Returns a handle that stops a run before the next revision, or while the run waits for another run.
    pub fn stop_handle(&self) -> StopHandle {
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
    /// [`Error::Database`] with what the database said.
    pub async fn close(self) -> Result<(), Error> {
        self.connection.close().await.map_err(Error::database("cannot close the connection"))
    }

    /// The table of the record, with its schema once the schema is known.
    pub(crate) fn store(&self) -> &RevisionStore {
        self.located.get().unwrap_or(&self.store)
    }

    /// The context for reading.
    fn context(&self) -> RunContext<'_> {
        self.context_with(&self.connection)
    }

    fn context_with<'a>(&'a self, connection: &'a DatabaseConnection) -> RunContext<'a> {
        let Self { backend, handler, options, deadline, first_turn, waited, lease, .. } = self;
        let (store, limits, stop) = (self.store(), &options.limits, self.stop.flag());
        let (code, check, capture) = (&options.code, self.check.as_deref(), &self.capture);
        RunContext {
            connection,
            backend: *backend,
            store,
            handler,
            limits,
            code,
            deadline,
            stop,
            prepared: self.participant.as_deref().map(Participant::transaction),
            first_turn: first_turn.as_deref(),
            lease,
            waited,
            check,
            backfills: &options.backfills,
            gates: &options.gates_of_revisions,
            capture,
            rebuilds: &self.rebuilds,
        }
    }

    /// The context of a run: its connection holds the lock of the run, and is one of the engine's own.
    async fn run_context(&self) -> Result<RunContext<'_>, Error> {
        let SessionSource::Pool(_) = &self.source else { return Ok(self.context()) };
        let own = self.lock_connection.get_or_try_init(|| self.source.open()).await?;
        Ok(self.context_with(own.as_ref().map_or(&self.connection, |pinned| &pinned.connection)))
    }

    /// Finds where the record is, once: no change that a revision makes to its session moves it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] when the catalogue cannot be read.
    async fn resolve_location(&self) -> Result<Option<RecordLocation>, Error> {
        if self.is_located() {
            return Ok(None);
        }
        let place = RecordLocation::find(self.backend, &self.connection, self.store.table_name()).await;
        let place = place.map_err(Error::database("cannot find the record"))?;
        self.located.get_or_init(|| self.store.placed(&place.schema));
        Ok(Some(place))
    }

    /// Whether the location of the record is known.
    fn is_located(&self) -> bool {
        self.located.get().is_some() || self.store.schema().is_some()
    }

    fn script(&self, id: &str) -> Option<&'static RegisteredRevision> {
        self.migrations.get(id)
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
