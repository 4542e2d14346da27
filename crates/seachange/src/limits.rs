//! How long a run puts up with what keeps it waiting.

use std::time::Duration;

/// How long a run waits for another one where nobody says.
const WAIT: Duration = Duration::from_secs(600);

/// How long SQLite waits for others inside of a revision where nobody says; the driver's own default.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a run puts up with what keeps it waiting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long to wait for another run, and how long a statement may wait for a lock. Without it, ten minutes for the
    /// one, and for the other whatever the database says.
    pub lock_timeout: Option<Duration>,
    /// How long a statement of a revision may take; as long as it wants without.
    pub statement_timeout: Option<Duration>,
    /// How often a revision that was rolled back because a lock kept it waiting is run again.
    pub retries: u32,
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
}
