//! Pauses between attempts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The first pause and the longest one between attempts to take a lock.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// The first pause and the longest one between attempts at a revision, during which other sessions can finish.
const FIRST_RETREAT: Duration = Duration::from_millis(100);
const LONGEST_RETREAT: Duration = Duration::from_secs(5);

/// How often a pause checks whether the run is asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Pauses that grow. Each has a random length between half and all of its maximum, so that runs that began to wait
/// together do not ask together.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// For attempts to take a lock.
    pub(crate) fn new() -> Self {
        Self { next: FIRST, longest: LONGEST }
    }

    /// For attempts at a revision that was rolled back.
    pub(crate) fn for_retry() -> Self {
        Self { next: FIRST_RETREAT, longest: LONGEST_RETREAT }
    }

    /// Sleeps at most for `left`, and until shortly after `stop` is set.
    pub(crate) async fn sleep(&mut self, left: Duration, stop: &AtomicBool) {
        let pause = self.next / 2 + (self.next / 2).mul_f64(random_fraction());
        self.next = (self.next * 2).min(self.longest);
        let end = Instant::now() + pause.min(left);
        while !stop.load(Ordering::Relaxed) && Instant::now() < end {
            tokio::time::sleep(LOOK.min(end - Instant::now())).await;
        }
    }
}

/// A number from 0 to 1, from the random seed of a hash map of the standard library.
fn random_fraction() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
