//! Ends a run in which a test hangs, and says which.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write},
    process,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long a test may run. The longest took 34 minutes on a busy machine with two cores.
const LIMIT: Duration = Duration::from_mins(40);

/// How often the tests that run are looked at.
const PAUSE: Duration = Duration::from_secs(30);

/// The tests that run at this moment, with the time at which each began.
#[derive(Debug, Default)]
pub(super) struct RunningTests {
    tests: Mutex<BTreeMap<String, Instant>>,
}

impl RunningTests {
    /// Notes that the test with this name runs while the returned value exists.
    pub(super) fn begin(self: &Arc<Self>, name: &str) -> RunningTest {
        self.tests.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Instant::now());
        RunningTest { all: Arc::clone(self), name: name.to_owned() }
    }

    /// Watches the tests from a thread of its own, and ends the process with exit code 1 when one has run for longer than
    /// [`LIMIT`]. The servers end with the process.
    pub(super) fn watch(self: Arc<Self>) {
        thread::spawn(move || {
            loop {
                thread::sleep(PAUSE);
                if let Some(text) = self.overdue(Instant::now()) {
                    let _ = writeln!(io::stdout(), "\n{text}");
                    process::exit(1);
                }
            }
        });
    }

    /// What to say if a test has run for too long.
    fn overdue(&self, now: Instant) -> Option<String> {
        let tests = self.tests.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |began: &Instant| now.saturating_duration_since(*began);
        if tests.values().all(|began| age(began) < LIMIT) {
            return None;
        }
        let mut text =
            format!("A test runs for more than {} minutes; the run is ended. Running tests:", LIMIT.as_secs() / 60);
        for (name, began) in &*tests {
            let _ = write!(text, "\n  {name}: {} minutes", age(began).as_secs() / 60);
        }
        Some(text)
    }
}

/// A test that runs.
#[derive(Debug)]
pub(super) struct RunningTest {
    all: Arc<RunningTests>,
    name: String,
}

impl Drop for RunningTest {
    fn drop(&mut self) {
        self.all.tests.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_hangs_is_named() {
        let running = Arc::new(RunningTests::default());
        let now = Instant::now();
        let (first, second) = (running.begin("sqlite::a::hangs"), running.begin("mysql::b::ends"));
        assert_eq!(running.overdue(now), None);
        let late = running.overdue(now + LIMIT + Duration::from_mins(1)).unwrap_or_default();
        drop(second);
        let later = running.overdue(now + LIMIT + Duration::from_mins(2)).unwrap_or_default();
        drop(first);
        assert_eq!(running.overdue(now + LIMIT * 2), None);
        insta::assert_snapshot!(format!("{late}\n{later}"), @r"
        A test runs for more than 40 minutes; the run is ended. Running tests:
          mysql::b::ends: 40 minutes
          sqlite::a::hangs: 40 minutes
        A test runs for more than 40 minutes; the run is ended. Running tests:
          sqlite::a::hangs: 41 minutes
        ");
    }
}
