//! The counts of this run, for the line at its end.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
};

use seachange_tests::Backend;

use super::selection::seed;

/// Something that is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Processes that were started together.
    Together,
    /// Kills at a boundary between statements.
    Boundary,
    /// Kills at a random moment.
    Moment,
    /// Killed servers.
    Crash,
    /// Cut connections.
    Cut,
    /// `up` once more.
    Rerun,
    /// `repair --resume`.
    Repair,
    /// Statements of which the engine could not tell whether they ran.
    Asked,
}

const WORDS: [(What, &str); 8] = [
    (What::Together, "started together"),
    (What::Boundary, "killed at boundaries"),
    (What::Moment, "killed at random moments"),
    (What::Crash, "server crashes"),
    (What::Cut, "connections cut"),
    (What::Rerun, "reruns"),
    (What::Repair, "repairs"),
    (What::Asked, "asked whether a statement ran"),
];

static COUNTS: Mutex<BTreeMap<(Backend, What), usize>> = Mutex::new(BTreeMap::new());

/// Counts one.
pub(super) fn count(backend: Backend, what: What) {
    *COUNTS.lock().unwrap_or_else(PoisonError::into_inner).entry((backend, what)).or_default() += 1;
}

/// Prints a line for each database on which something was disturbed.
pub(crate) fn report() {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    for backend in Backend::ALL {
        let mut line = String::new();
        for (what, words) in WORDS {
            if let Some(count) = counts.get(&(backend, what)) {
                let _ = write!(line, ", {count} {words}");
            }
        }
        if !line.is_empty() {
            let _ = writeln!(io::stdout(), "torture of {backend} (seed {}): {}", seed(), &line[2..]);
        }
    }
}
