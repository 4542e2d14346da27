//! How long a run puts up with what keeps it waiting.

mod deadline;
mod session;

use std::time::Duration;

pub(crate) use deadline::Deadline;
pub(crate) use session::{limit, limited};

/// How long a run waits for another one where nobody says.
const WAIT: Duration = Duration::from_secs(600);

/// How long SQLite waits for others inside of a revision where nobody says; the driver's own default.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a run puts up with what keeps it waiting.
///
/// A connection that was given to the engine has its own limits back after a run, but for a progress handler of SQLite,
/// which `statement_timeout` replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long to wait for another run, and how long a statement may wait for a lock. Without it, ten minutes for the
    /// one, and for the other whatever the database says. MySQL and MariaDB count in whole seconds.
    pub lock_timeout: Option<Duration>,
    /// How long a statement of a revision may take; as long as it wants without, or when it is zero. MySQL has no such
    /// limit, and refuses to run with it.
    pub statement_timeout: Option<Duration>,
    /// How often a revision that was rolled back because a lock kept it waiting is run again.
    pub retries: u32,
}

/// A limit that a statement ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Another session had a lock for too long, or a deadlock was broken.
    Lock,
    /// The statement took too long.
    Statement,
}

impl Limits {
    /// How long to wait for another run.
    pub(crate) fn run_lock_timeout(&self) -> Duration {
        self.lock_timeout.unwrap_or(WAIT)
    }

    /// How long a statement waits where the engine has to say.
    pub(crate) fn statement_lock_timeout(&self) -> Duration {
        self.lock_timeout.unwrap_or(PATIENCE)
    }

    /// How long a statement may take, where that is limited.
    pub(crate) fn statement_limit(&self) -> Option<Duration> {
        self.statement_timeout.filter(|limit| !limit.is_zero())
    }
}
