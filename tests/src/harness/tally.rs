//! How many tests ran on each database.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::Backend;

/// How many of the slowest topics and tests are listed.
const SLOWEST: usize = 20;

/// The end of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TestStatus {
    Passed,
    Failed,
    /// With the name and the reason.
    KnownFailure(String),
    /// With the reason.
    Skipped(String),
}

#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    known: usize,
    skipped: usize,
    /// The most specific reason for skipping.
    reason: String,
}

/// Counts the ends of tests, from all threads. `None` stands for tests that need no database.
#[derive(Debug, Default)]
pub(crate) struct TestCounts {
    counts: Mutex<BTreeMap<Option<Backend>, Counts>>,
    known_failures: Mutex<BTreeSet<String>>,
    times: Mutex<Vec<(String, Duration)>>,
}

impl TestCounts {
    /// Notes how long a test took.
    pub(crate) fn time(&self, name: String, time: Duration) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).push((name, time));
    }

    /// The topics and the tests that took the longest time, with the sum of their seconds. Tests run beside each other,
    /// so that the sum is more than what passes on the clock.
    pub(crate) fn slowest(&self) -> String {
        let mut tests = self.times.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut topics = BTreeMap::<String, (Duration, usize)>::new();
        for (name, time) in &tests {
            // A name begins with that of the database, if the test needs one.
            let parts: Vec<&str> = name.split("::").collect();
            let topic = parts[usize::from(parts.len() > 2)];
            let (sum, count) = topics.entry(topic.to_owned()).or_default();
            *sum += *time;
            *count += 1;
        }
        let mut topics: Vec<_> = topics.into_iter().collect();
        topics.sort_by_key(|(_, (sum, _))| Reverse(*sum));
        tests.sort_by_key(|(_, time)| Reverse(*time));
        let mut text = "seconds of tests, by topic\n".to_owned();
        for (topic, (sum, count)) in topics.into_iter().take(SLOWEST) {
            let _ = writeln!(text, "{:>7.0}  {topic} ({count})", sum.as_secs_f64());
        }
        text += "the slowest tests\n";
        for (name, time) in tests.into_iter().take(SLOWEST) {
            let _ = writeln!(text, "{:>7.0}  {name}", time.as_secs_f64());
        }
        text
    }

    pub(crate) fn count(&self, backend: Option<Backend>, ending: TestStatus) {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all.entry(backend).or_default();
        match ending {
            TestStatus::Passed => counts.passed += 1,
            TestStatus::Failed => counts.failed += 1,
            TestStatus::KnownFailure(line) => {
                counts.known += 1;
                self.known_failures.lock().unwrap_or_else(PoisonError::into_inner).insert(line);
            }
            TestStatus::Skipped(reason) => {
                counts.skipped += 1;
                if reason.len() > counts.reason.len() {
                    counts.reason = reason;
                }
            }
        }
    }
}

/// Shows a table with a row for each database, and the reason for which tests were skipped on it; the known failures;
/// and whether MySQL was missing, which fails nothing and should not be overlooked.
impl fmt::Display for TestCounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(
            formatter,
            "{:<12} {:>6} {:>7} {:>7} {:>7} {:>8}",
            "database", "ran", "passed", "failed", "known", "skipped"
        )?;
        for backend in [None].into_iter().chain(Backend::ALL.map(Some)) {
            let counts = all.entry(backend).or_default();
            row(formatter, backend, counts)?;
        }
        for line in &*self.known_failures.lock().unwrap_or_else(PoisonError::into_inner) {
            writeln!(formatter, "known failure: {line}")?;
        }
        if let Some(Counts { skipped: 1.., reason, .. }) = all.get(&Some(Backend::MySql)) {
            writeln!(formatter, "MYSQL WAS NOT TRIED: {reason}")?;
        }
        Ok(())
    }
}

fn row(formatter: &mut fmt::Formatter<'_>, backend: Option<Backend>, counts: &Counts) -> fmt::Result {
    match backend {
        Some(backend) => write!(formatter, "{backend:<12}")?,
        None => write!(formatter, "{:<12}", "none needed")?,
    }
    let Counts { passed, failed, known, skipped, reason } = counts;
    let ran = *passed + *failed + *known;
    write!(formatter, " {ran:>6} {passed:>7} {failed:>7} {known:>7} {skipped:>8}")?;
    if let Some(line) = reason.lines().next() {
        write!(formatter, "  {line}")?;
    }
    writeln!(formatter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_topics_and_tests_come_first() {
        let tally = TestCounts::default();
        for (name, seconds) in [("mysql::lock::a", 3), ("sqlite::lock::b", 4), ("book::c", 5), ("mysql::run::d::e", 1)]
        {
            tally.time(name.to_owned(), Duration::from_secs(seconds));
        }
        insta::assert_snapshot!(tally.slowest(), @r"
        seconds of tests, by topic
              7  lock (2)
              5  book (1)
              1  run (1)
        the slowest tests
              5  book::c
              4  sqlite::lock::b
              3  mysql::lock::a
              1  mysql::run::d::e
        ");
    }

    #[test]
    fn counts_stand_in_a_table() {
        let tally = TestCounts::default();
        tally.count(Some(Backend::Sqlite), TestStatus::Passed);
        tally.count(Some(Backend::Sqlite), TestStatus::Failed);
        tally.count(Some(Backend::MariaDb), TestStatus::Skipped("no server".to_owned()));
        tally.count(Some(Backend::MariaDb), TestStatus::Skipped("no server".to_owned()));
        tally.count(Some(Backend::MySql), TestStatus::KnownFailure("mysql::a: it is so".to_owned()));
        tally.count(Some(Backend::MySql), TestStatus::Skipped("it did not start; its log ends:\nthe end".to_owned()));
        insta::assert_snapshot!(tally.to_string(), @r"
        database        ran  passed  failed   known  skipped
        none needed       0       0       0       0        0
        SQLite            2       1       1       0        0
        PostgreSQL        0       0       0       0        0
        MariaDB           0       0       0       0        2  no server
        MySQL             1       0       0       1        1  it did not start; its log ends:
        known failure: mysql::a: it is so
        MYSQL WAS NOT TRIED: it did not start; its log ends:
        the end
        ");
    }
}
