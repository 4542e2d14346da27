//! When the running statement of a revision began, and when it has to end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// No statement is running, or it has no time limit.
const NEVER: u64 = u64::MAX;

/// When the running statement began, and when it has to end. The session that executes it sets both; the thread of the
/// database and the run read them.
#[derive(Debug)]
pub(crate) struct Deadline {
    limit: Option<Duration>,
    origin: Instant,
    /// In milliseconds from the origin.
    start: AtomicU64,
    /// In milliseconds from the origin.
    end: AtomicU64,
}

/// A statement that is running.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunningStatement {
    /// When it began, in milliseconds. No other long statement of the run began then.
    pub(crate) start: u64,
    /// How long it has run.
    pub(crate) elapsed: Duration,
}

impl Deadline {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, origin: Instant::now(), start: AtomicU64::new(NEVER), end: AtomicU64::new(NEVER) }
    }

    /// Records the start of a statement.
    pub(crate) fn start(&self) {
        let now = self.origin.elapsed();
        self.start.store(millis(now), Ordering::Relaxed);
        if let Some(limit) = self.limit {
            self.end.store(millis(now.saturating_add(limit)), Ordering::Relaxed);
        }
    }

    /// Records the end of the statement.
    pub(crate) fn stop(&self) {
        self.start.store(NEVER, Ordering::Relaxed);
        self.end.store(NEVER, Ordering::Relaxed);
    }

    /// The running statement; `None` when no statement is running.
    pub(crate) fn running(&self) -> Option<RunningStatement> {
        let start = self.start.load(Ordering::Relaxed);
        let elapsed = || self.origin.elapsed().saturating_sub(Duration::from_millis(start));
        (start != NEVER).then(|| RunningStatement { start, elapsed: elapsed() })
    }

    /// Whether the statement has reached its time limit.
    #[cfg(feature = "sqlite")]
    pub(crate) fn is_over(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        end != NEVER && self.origin.elapsed().as_millis() >= u128::from(end)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NEVER)
}
