//! How far a backfill is.

use std::fmt;
use std::time::Duration;

/// How far a backfill is. Emitted when it begins or goes on, at most once a second while it runs, when it pauses, and when
/// it is complete.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BackfillProgress {
    /// Its name.
    pub name: String,
    /// The table whose rows it changes.
    pub table: String,
    /// What it does now.
    pub phase: BackfillPhase,
    /// How many rows of the table it has passed, in all its runs.
    pub rows_passed: u64,
    /// How many of these it has changed.
    pub rows_changed: u64,
    /// How many rows the table had when it began, as far as the statistics say.
    pub rows_expected: Option<u64>,
    /// How many rows a second it has passed in this run; `None` at its beginning.
    pub rows_per_second: Option<f64>,
    /// The remaining time at this rate, if the number of rows is known.
    pub remaining: Option<Duration>,
    /// How long this run has taken.
    pub elapsed: Duration,
}

/// What a backfill does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackfillPhase {
    /// It changes rows.
    Running,
    /// `backfill pause` has paused it.
    Paused,
    /// It waits until replicas are less behind.
    WaitingForReplicas,
    /// A revision has registered it, and it runs later.
    Registered,
    /// It ended before the last row, and goes on there in a later run.
    Stopped,
    /// It has passed all rows.
    Complete,
}

impl BackfillPhase {
    /// The name of the phase in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::WaitingForReplicas => "waiting_for_replicas",
            Self::Registered => "registered",
            Self::Stopped => "stopped",
            Self::Complete => "complete",
        }
    }
}

/// For example `1200000 of about 4000000 rows, 30%, 48000 rows/s`.
impl fmt::Display for BackfillProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            BackfillPhase::Running => {}
            BackfillPhase::Stopped => f.write_str("stopped after ")?,
            BackfillPhase::Paused => f.write_str("paused, ")?,
            BackfillPhase::WaitingForReplicas => f.write_str("waiting for replicas, ")?,
            BackfillPhase::Registered => return write!(f, "registered: `backfill run {}` runs it", self.name),
            BackfillPhase::Complete => return write!(f, "{} of {} rows changed", self.rows_changed, self.rows_passed),
        }
        write!(f, "{}", self.rows_passed)?;
        if let Some(all) = self.rows_expected.filter(|all| *all > 0) {
            let percent = (self.rows_passed.saturating_mul(100) / all).min(99);
            write!(f, " of about {} rows, {percent}%", all.max(self.rows_passed))?;
        } else {
            f.write_str(" rows")?;
        }
        match self.rows_per_second {
            Some(rate) => write!(f, ", {rate:.0} rows/s"),
            None => Ok(()),
        }
    }
}
