//! When the statement of a revision that runs now began, and when it has to end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// No statement runs, or it may take as long as it wants.
const NEVER: u64 = u64::MAX;

/// When the statement that runs now began, and when it has to end. Whoever runs it starts it; the thread of the database and
/// the run ask.
#[derive(Debug)]
pub(crate) struct Deadline {
    limit: Option<Duration>,
    origin: Instant,
    /// In milliseconds from the origin.
    start: AtomicU64,
    /// In milliseconds from the origin.
    end: AtomicU64,
}

impl Deadline {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, origin: Instant::now(), start: AtomicU64::new(NEVER), end: AtomicU64::new(NEVER) }
    }

    /// A statement begins.
    pub(crate) fn start(&self) {
        let now = self.origin.elapsed();
        self.start.store(millis(now), Ordering::Relaxed);
        if let Some(limit) = self.limit {
            self.end.store(millis(now.saturating_add(limit)), Ordering::Relaxed);
        }
    }

    /// The statement has ended.
    pub(crate) fn stop(&self) {
        self.start.store(NEVER, Ordering::Relaxed);
        self.end.store(NEVER, Ordering::Relaxed);
    }

    /// How long the statement has run that runs now, if one does.
    pub(crate) fn running(&self) -> Option<Duration> {
        let start = self.start.load(Ordering::Relaxed);
        (start != NEVER).then(|| self.origin.elapsed().saturating_sub(Duration::from_millis(start)))
    }

    /// Whether the time of the statement is over.
    #[cfg(feature = "sqlite")]
    pub(crate) fn is_over(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        end != NEVER && self.origin.elapsed().as_millis() >= u128::from(end)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NEVER)
}
