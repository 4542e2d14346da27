//! Stops a run from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops the runs of a [`Migrator`](super::Migrator): before the next revision, or while the run waits for another run.
/// Clones stop the same runs.
///
/// ```no_run
/// # async fn example(migrator: seachange::Migrator) -> Result<(), seachange::Error> {
/// let handle = migrator.stop_handle();
/// let run = tokio::spawn(async move { migrator.upgrade("heads").await });
/// handle.stop();
/// # let _ = run;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<AtomicBool>);

impl StopHandle {
    /// Requests the stop. Runs that begin later stop as well, until [`reset`](Self::reset) is called.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop is requested.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Withdraws the request.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// The flag that a run reads.
    pub(super) fn flag(&self) -> &Arc<AtomicBool> {
        &self.0
    }
}
