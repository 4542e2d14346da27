//! The context of a run.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DatabaseExecutor, DbErr};
use seachange_graph::{Direction, Step};

use crate::backend::Backend;
use crate::error::{Error, LeaseEnd};
use crate::event::{Event, EventHandler};
use crate::intercept::CodeOptions;
use crate::lease::LeaseSlot;
use crate::limits::BackfillOptions;
use crate::limits::{Deadline, Limits};
use crate::store::{RevisionStore, StoredDowngrade};

/// The database of a run, with its limits, its event handler and its stop switch.
#[derive(Clone, Copy)]
pub(crate) struct RunContext<'a> {
    pub(crate) connection: &'a DatabaseConnection,
    pub(crate) backend: &'static dyn Backend,
    pub(crate) store: &'a RevisionStore,
    pub(crate) handler: &'a EventHandler,
    pub(crate) limits: &'a Limits,
    /// What the code of revisions finds.
    pub(crate) code: &'a CodeOptions,
    /// When the running statement of a revision has to end.
    pub(crate) deadline: &'a Arc<Deadline>,
    /// Set by the caller to stop before the next revision, or while the run waits for another run.
    pub(crate) stop: &'a Arc<AtomicBool>,
    /// What takes the place of the commit, for a run over several databases that commit together.
    pub(crate) prepared: Option<&'a PreparedTransaction>,
    /// The turn of a target in a fleet, if others can have it.
    pub(crate) first_turn: Option<&'a FirstTurn>,
    /// The lease of the run, on a cluster.
    pub(crate) lease: &'a LeaseSlot,
    /// How long the run has waited for other runs.
    pub(crate) waited: &'a WaitClock,
    /// What is asked before each revision of an upgrade.
    pub(crate) check: Option<&'a dyn RevisionCheck>,
    /// How the backfills of revisions run.
    pub(crate) backfills: &'a BackfillOptions,
    /// What keeps revisions from running yet.
    pub(crate) gates: &'a Gates,
    /// What captures the downgrade of a revision that was applied.
    pub(crate) capture: &'a dyn DowngradeCapture,
    /// Steps that are begun with foreign keys off, on SQLite.
    pub(crate) rebuilds: &'a RebuildingSteps,
}

/// The first turn of a target in a fleet: it waits for another run only for a moment, because others can have its turn. Once
/// one of its steps is done, it waits as long as a run of its own: a target that counts from the current revision, such as
/// `-2`, would count anew in another turn.
#[derive(Debug)]
pub(crate) struct FirstTurn {
    patience: Duration,
    has_done: AtomicBool,
}

impl FirstTurn {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, has_done: AtomicBool::new(false) }
    }

    /// How long to wait for another run; `None` for as long as the limits of the run say.
    fn patience(&self) -> Option<Duration> {
        (!self.has_done()).then_some(self.patience)
    }

    /// Notes that a step is done.
    pub(crate) fn note_done(&self) {
        self.has_done.store(true, Ordering::Relaxed);
    }

    /// Whether a step is done.
    pub(crate) fn has_done(&self) -> bool {
        self.has_done.load(Ordering::Relaxed)
    }
}

/// A transaction that is prepared instead of committed: it outlives its session, and another decides about it.
#[derive(Debug)]
pub(crate) struct PreparedTransaction {
    /// Its name on the server.
    pub(crate) name: String,
    /// SQL text that runs in it before, or an empty text.
    pub(crate) before: String,
}

/// What keeps an upgrade from running revisions yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gates {
    /// Whether a revision waits for what its constant names.
    pub(crate) are_respected: bool,
    /// Revisions that wait for a reason that the caller knows.
    pub(crate) held: BTreeMap<String, String>,
}

impl Default for Gates {
    fn default() -> Self {
        Self { are_respected: true, held: BTreeMap::new() }
    }
}

/// Steps that rebuilt a table of SQLite in one database, or switched foreign keys off there, so that they probably do in
/// others: they are begun with foreign keys off, and not begun a second time when the rebuild is reached.
#[derive(Debug, Default)]
pub(crate) struct RebuildingSteps(Mutex<HashSet<(String, bool)>>);

impl RebuildingSteps {
    /// Whether a step has needed foreign keys off before.
    pub(crate) fn contains(&self, step: &Step) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&Self::key(step))
    }

    pub(crate) fn insert(&self, step: &Step) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(Self::key(step));
    }

    fn key(step: &Step) -> (String, bool) {
        (step.revision.clone(), step.direction == Direction::Upgrade)
    }
}

/// Captures downgrades, to be stored beside the record.
#[async_trait]
pub(crate) trait DowngradeCapture: fmt::Debug + Send + Sync {
    /// The downgrade of a revision whose upgrade has just run, or that is recorded without running, or why it cannot be
    /// captured. `session` shows the schema that the revision leaves; only its catalogue is read.
    async fn capture(&self, session: &DatabaseExecutor<'_>, revision: &str) -> StoredDowngrade;
}

/// A check before each revision of an upgrade, under the lock of the run.
#[async_trait]
pub(crate) trait RevisionCheck: fmt::Debug + Send + Sync {
    /// Why the revision must not run, one reason each; without one it runs. The check only reads.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    async fn objections(&self, connection: &DatabaseConnection, revision: &str) -> Result<Vec<String>, DbErr>;
}

/// How long a run has waited for other runs.
#[derive(Debug, Default)]
pub(crate) struct WaitClock(AtomicU64);

impl WaitClock {
    pub(crate) fn add(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    /// Returns the whole time, and sets it to zero.
    pub(crate) fn take(&self) -> Duration {
        Duration::from_millis(self.0.swap(0, Ordering::Relaxed))
    }
}

impl RunContext<'_> {
    /// Whether the run is asked to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// SQL text that ends the transaction of a revision or of a whole run, appended to another text.
    pub(crate) fn end_text(&self) -> String {
        match self.prepared {
            None => "; COMMIT".to_owned(),
            Some(PreparedTransaction { name, before }) => {
                format!("{before}; PREPARE TRANSACTION {}", self.backend.text_literal(name))
            }
        }
    }

    /// How long to wait for another run.
    pub(crate) fn run_lock_timeout(&self) -> Duration {
        let patience = self.first_turn.and_then(FirstTurn::patience);
        patience.unwrap_or_else(|| self.limits.run_lock_timeout())
    }

    /// Checks that the lease of the run holds, if it needs one.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseEnded`].
    pub(crate) async fn check_lease(&self) -> Result<(), Error> {
        match self.lease.get() {
            Some(lease) => lease.check().await.map_err(|end| Error::LeaseEnded { end }),
            None => Ok(()),
        }
    }

    /// Why the lease of the run has ended, if it has.
    pub(crate) fn ended_lease(&self) -> Option<LeaseEnd> {
        self.lease.get()?.ended()
    }

    /// Sends an event to the event handler.
    pub(crate) fn emit(&self, event: &Event<'_>) {
        (self.handler)(event);
    }
}
