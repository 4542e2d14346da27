//! Pauses between attempts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The first pause, and the longest.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// Pauses that grow, each by chance between half and all of its length: those who began to wait together do not ask together.
#[derive(Debug)]
pub(crate) struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    /// For asking whether a lock is free.
    pub(crate) fn new() -> Self {
        Self { next: FIRST, longest: LONGEST }
    }

    /// Sleeps, no longer than `left`.
    pub(crate) async fn sleep(&mut self, left: Duration) {
        let pause = self.next / 2 + (self.next / 2).mul_f64(chance());
        self.next = (self.next * 2).min(self.longest);
        tokio::time::sleep(pause.min(left)).await;
    }
}

/// A number from 0 to 1, from the seed that every hash map of the standard library gets.
fn chance() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
