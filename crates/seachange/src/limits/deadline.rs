//! The end of a statement's time, for a database that asks for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// No statement runs, or it may take as long as it wants.
const NEVER: u64 = u64::MAX;

/// When the statement that runs now has to end. Whoever runs it starts it; the thread of the database asks.
#[derive(Debug)]
pub(crate) struct Deadline {
    limit: Option<Duration>,
    origin: Instant,
    /// In milliseconds from the origin.
    end: AtomicU64,
}

impl Deadline {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, origin: Instant::now(), end: AtomicU64::new(NEVER) }
    }

    /// A statement begins.
    pub(crate) fn start(&self) {
        if let Some(limit) = self.limit {
            let end = self.origin.elapsed().saturating_add(limit).as_millis();
            self.end.store(u64::try_from(end).unwrap_or(NEVER), Ordering::Relaxed);
        }
    }

    /// The statement has ended.
    pub(crate) fn stop(&self) {
        self.end.store(NEVER, Ordering::Relaxed);
    }

    /// Whether the time of the statement is over.
    #[cfg(feature = "sqlite")]
    pub(crate) fn is_over(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        end != NEVER && self.origin.elapsed().as_millis() >= u128::from(end)
    }
}
