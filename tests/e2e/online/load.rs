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
    /// The longest ones, for the reader of the tests.
    pub(super) slowest: Vec<SlowStatement>,
}

/// A statement that took long.
#[derive(Debug)]
pub(super) struct SlowStatement {
    pub(super) took: Duration,
    /// When it began, since the version was started.
    pub(super) at: Duration,
    pub(super) sql: String,
}

impl LoadReport {
    /// A version that has done nothing yet.
    pub(super) fn new() -> Self {
        Self { rounds: 0, longest: Duration::ZERO, slowest: Vec::new() }
    }

    /// Counts a statement that has just ended; the version began at `start`.
    pub(super) fn count(&mut self, start: Instant, took: Duration, sql: &str) {
        const KEPT: usize = 5;
        self.longest = self.longest.max(took);
        if self.slowest.len() < KEPT || self.slowest.iter().any(|slow| slow.took < took) {
            self.slowest.push(SlowStatement { took, at: start.elapsed().saturating_sub(took), sql: sql.to_owned() });
            self.slowest.sort_by_key(|slow| std::cmp::Reverse(slow.took));
            self.slowest.truncate(KEPT);
        }
    }

    /// Prints the longest statements.
    pub(super) fn print_slowest(&self, version: &str) {
        for SlowStatement { took, at, sql } in &self.slowest {
            println!("  {version}, {took:?} at {at:?}: {}", sql.chars().take(100).collect::<String>());
        }
    }
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
