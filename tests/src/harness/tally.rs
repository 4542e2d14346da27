//! How many tests ran on each database.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use crate::Backend;

/// How one test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Passed,
    Failed,
    /// With the reason.
    Skipped(String),
}

#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// The most telling reason for skipping.
    reason: String,
}

/// Counts endings, from all threads. `None` stands for tests that need no database.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<BTreeMap<Option<Backend>, Counts>>,
}

impl Tally {
    pub(crate) fn count(&self, backend: Option<Backend>, ending: Ending) {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all.entry(backend).or_default();
        match ending {
            Ending::Passed => counts.passed += 1,
            Ending::Failed => counts.failed += 1,
            Ending::Skipped(reason) => {
                counts.skipped += 1;
                if reason.len() > counts.reason.len() {
                    counts.reason = reason;
                }
            }
        }
    }
}

/// Shows a table with a row for each database, and why tests were skipped on it.
impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(formatter, "{:<12} {:>6} {:>7} {:>7} {:>8}", "database", "ran", "passed", "failed", "skipped")?;
        for backend in [None].into_iter().chain(Backend::ALL.map(Some)) {
            let counts = all.entry(backend).or_default();
            row(formatter, backend, counts)?;
        }
        Ok(())
    }
}

fn row(formatter: &mut fmt::Formatter<'_>, backend: Option<Backend>, counts: &Counts) -> fmt::Result {
    match backend {
        Some(backend) => write!(formatter, "{backend:<12}")?,
        None => write!(formatter, "{:<12}", "none needed")?,
    }
    let ran = counts.passed + counts.failed;
    write!(formatter, " {ran:>6} {:>7} {:>7} {:>8}", counts.passed, counts.failed, counts.skipped)?;
    if !counts.reason.is_empty() {
        write!(formatter, "  {}", counts.reason)?;
    }
    writeln!(formatter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stand_in_a_table() {
        let tally = Tally::default();
        tally.count(Some(Backend::Sqlite), Ending::Passed);
        tally.count(Some(Backend::Sqlite), Ending::Failed);
        tally.count(Some(Backend::MySql), Ending::Skipped("no server".to_owned()));
        tally.count(Some(Backend::MySql), Ending::Skipped("no server".to_owned()));
        insta::assert_snapshot!(tally.to_string(), @r"
        database        ran  passed  failed  skipped
        none needed       0       0       0        0
        SQLite            2       1       1        0
        PostgreSQL        0       0       0        0
        MariaDB           0       0       0        2  no server
        ");
    }
}
