//! The results of the plans, for the lines at the end of the run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use seachange_tests::Backend;

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Plans.
    Plan,
    /// Plans that an undisturbed run refuses, or that fail in it.
    Failing,
    /// Runs that were killed.
    Killed,
    /// After a kill, no revision was interrupted, and `up` continued.
    Repeated,
    /// After a kill, `repair --resume` continued.
    Resumed,
    /// After a kill, the program refused to resume.
    Refused,
    /// After a kill, the program asked whether a statement took effect.
    InDoubt,
    /// After a kill, the run failed where an undisturbed one does.
    FailedAlike,
    /// Plain revisions that were killed.
    PlainKilled,
    /// Plain revisions with which the run continued.
    PlainResumed,
    /// Plans that sea-orm-migration applied as well, with the same outcome.
    Compared,
    /// Runs beside a lock of another session.
    Locked,
    /// Runs beside a lock that succeeded.
    LockedApplied,
    /// Runs beside a lock that succeeded, because the code of a revision ignored that it had waited too long.
    LockedIgnored,
    /// Runs beside a lock that stopped, and reported it.
    LockedStopped,
}

const WORDS: [(What, &str); 15] = [
    (What::Plan, "plans"),
    (What::Failing, "refused or failing undisturbed"),
    (What::Killed, "killed"),
    (What::Repeated, "run again by `up`"),
    (What::Resumed, "resumed"),
    (What::Refused, "refused to resume"),
    (What::InDoubt, "in doubt"),
    (What::FailedAlike, "failed as undisturbed"),
    (What::PlainKilled, "plain ones killed"),
    (What::PlainResumed, "plain ones gone on"),
    (What::Compared, "as with sea-orm-migration"),
    (What::Locked, "beside a lock"),
    (What::LockedApplied, "applied after it"),
    (What::LockedIgnored, "ignored it"),
    (What::LockedStopped, "stopped by it"),
];

static COUNTS: Mutex<BTreeMap<(Backend, What), usize>> = Mutex::new(BTreeMap::new());

/// Counts one.
pub(super) fn count(backend: Backend, what: What) {
    *COUNTS.lock().unwrap_or_else(PoisonError::into_inner).entry((backend, what)).or_default() += 1;
}

/// How many there are.
pub(super) fn counted(backend: Backend, what: What) -> usize {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner).get(&(backend, what)).copied().unwrap_or_default()
}

/// Prints a line for each database on which there were plans.
pub(crate) fn report() {
    for backend in Backend::ALL {
        let mut line = String::new();
        for (what, words) in WORDS {
            if counted(backend, What::Plan) > 0 {
                let _ = write!(line, ", {} {words}", counted(backend, what));
            }
        }
        if !line.is_empty() {
            let _ = writeln!(io::stdout(), "random revisions of {backend} (seed {}): {}", super::seed(), &line[2..]);
        }
    }
}
