//! A running version of a service: it makes rounds of statements or requests in a thread until it is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use crate::guarantees::script::Outcome;

/// The thread of a version.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicUsize>,
    thread: JoinHandle<Result<LoadReport, String>>,
}

/// What a version did.
#[derive(Debug)]
pub(super) struct LoadReport {
    pub(super) rounds: usize,
    /// The longest round, or statement.
    pub(super) longest: Duration,
}

impl Load {
    /// Starts `work`, which ends once its first argument is true, and counts its rounds in the second one.
    pub(super) fn start(
        work: impl FnOnce(&AtomicBool, &AtomicUsize) -> Result<LoadReport, String> + Send + 'static,
    ) -> Self {
        let (stop, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (seen, counted) = (Arc::clone(&stop), Arc::clone(&rounds));
        Self { stop, rounds, thread: thread::spawn(move || work(&seen, &counted)) }
    }

    /// Waits until this many more rounds were made, or one has failed.
    pub(super) fn wait_for(&self, rounds: usize) -> Outcome<()> {
        let (begun, first) = (Instant::now(), self.rounds.load(Ordering::Relaxed));
        while !self.thread.is_finished() && self.rounds.load(Ordering::Relaxed) < first + rounds {
            if begun.elapsed() > Duration::from_secs(60) {
                return Err("a service stands still".into());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Stops it, and returns what it did, or the round that failed.
    pub(super) fn stop(self) -> Outcome<LoadReport> {
        self.stop.store(true, Ordering::Relaxed);
        Ok(self.thread.join().map_err(|_| "a service panicked")??)
    }
}
