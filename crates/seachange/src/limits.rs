//! How long a run waits for locks, and how long its statements may take.

mod backfill;
mod deadline;

use std::time::Duration;

pub use backfill::BackfillOptions;
pub(crate) use deadline::Deadline;

/// How long a run waits for another run by default.
const WAIT: Duration = Duration::from_secs(600);

/// How long SQLite waits for other sessions inside of a revision by default; this is the driver's own default.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a run waits for locks, and how long its statements may take.
///
/// After a run, the engine restores the limits of a connection that the caller passed, except for a progress handler of
/// SQLite, which `statement_timeout` replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long to wait for another run, and how long a statement may wait for a lock. The default is ten minutes for
    /// the former, and the setting of the database for the latter. MySQL and MariaDB count in whole seconds.
    pub lock_timeout: Option<Duration>,
    /// How long a statement of a revision may take. There is no limit by default, or when it is zero. MySQL has no such
    /// limit, and a run with it is refused there.
    pub statement_timeout: Option<Duration>,
    /// How often a revision that waited too long for a lock and was rolled back is run again.
    pub retries: u32,
    /// How long the lease of a run on a cluster is without a renewal; 30 s by default. For tests of the engine.
    #[doc(hidden)]
    pub lease: Option<Duration>,
}

/// A limit that a statement exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Another session held a lock for too long, or the database ended a deadlock.
    Lock,
    /// The statement took too long.
    Statement,
}

impl Limits {
    /// How long to wait for another run.
    pub(crate) fn run_lock_timeout(&self) -> Duration {
        self.lock_timeout.unwrap_or(WAIT)
    }

    /// How long a statement waits for a lock, on a database where the engine has to set it.
    pub(crate) fn statement_lock_timeout(&self) -> Duration {
        self.lock_timeout.unwrap_or(PATIENCE)
    }

    /// How long a statement may take, if that is limited.
    pub(crate) fn statement_limit(&self) -> Option<Duration> {
        self.statement_timeout.filter(|limit| !limit.is_zero())
    }
}
