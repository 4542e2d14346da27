//! The result of a run.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use seachange_graph::Step;

/// The result of a run.
///
/// ```
/// use seachange::Report;
///
/// /// What a program may log after a run.
/// fn summary(report: &Report) -> String {
///     let (done, left) = (report.done.len(), report.left.len());
///     format!("{done} revisions in {:?}, {left} left; at {}", report.elapsed(), report.current.join(", "))
/// }
///
/// assert_eq!(summary(&Report::default()), "0 revisions in 0ns, 0 left; at ");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The steps that ran, in order, with the duration of each.
    pub done: Vec<(Step, Duration)>,
    /// The steps that did not run because of a request to stop; empty when the whole plan ran.
    pub left: Vec<Step>,
    /// The steps that wait for something, and those above them, in order; the others ran without them.
    pub waiting: Vec<WaitingRevision>,
    /// Where the database stands at the end: the applied revisions that have no applied revision above them.
    pub current: Vec<String>,
    /// How long the run waited for other runs.
    pub waited: Duration,
    /// The name and version of the program, as in the record.
    pub program: String,
    /// The anomalies of the record that the options allowed.
    pub notices: Warnings,
}

impl Report {
    /// Whether a request to stop ended the run before its plan was done.
    pub fn was_stopped(&self) -> bool {
        !self.left.is_empty()
    }

    /// The duration of all steps together.
    pub fn elapsed(&self) -> Duration {
        self.done.iter().map(|(_, elapsed)| *elapsed).sum()
    }
}

/// A revision that an upgrade does not run yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingRevision {
    /// The step.
    pub step: Step,
    /// What it waits for; at least one reason.
    pub reasons: Vec<WaitReason>,
}

impl WaitingRevision {
    pub(crate) fn new(step: Step, reasons: Vec<WaitReason>) -> Self {
        Self { step, reasons }
    }
}

/// What a revision waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitReason {
    /// A backfill that is not complete.
    Backfill {
        /// Its name.
        name: String,
        /// Its state and how far it is; `None` if it was never begun.
        state: Option<String>,
    },
    /// A time.
    NotBefore(DateTime<Utc>),
    /// Another revision that waits.
    Revision(String),
    /// A running version of the service needs what it removes.
    RunningVersion(String),
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backfill { name, state: Some(state) } => write!(f, "the backfill `{name}` ({state})"),
            Self::Backfill { name, state: None } => write!(f, "the backfill `{name}`, which was never begun"),
            Self::NotBefore(time) => write!(f, "{}", time.format("%Y-%m-%d %H:%M:%S UTC")),
            Self::Revision(id) => write!(f, "`{id}`"),
            Self::RunningVersion(why) => f.write_str(why),
        }
    }
}

/// Anomalies of a record that the options allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warnings {
    /// Applied revisions that the program does not know, sorted. If there are any, the database is ahead of the
    /// program.
    pub unknown: Vec<String>,
    /// Applied revisions whose files have other code now, in the order in which they run.
    pub edited: Vec<String>,
}
