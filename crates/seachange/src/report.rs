//! What a run has done.

use std::time::Duration;

use seachange_graph::Step;

use crate::migrator::Warnings;

/// What a run has done.
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
    /// The steps that ran, in order, and how long each took.
    pub done: Vec<(Step, Duration)>,
    /// The steps that a request to stop left over; empty when the plan ran to its end.
    pub left: Vec<Step>,
    /// Where the database stands at the end: the applied revisions that no other applied one is above of.
    pub current: Vec<String>,
    /// How long the run waited for others.
    pub waited: Duration,
    /// The name and version of the program, as the record has it.
    pub program: String,
    /// What was unusual about the record, and was let pass.
    pub notices: Warnings,
}

impl Report {
    /// Whether a request to stop ended the run before its plan was done.
    pub fn was_stopped(&self) -> bool {
        !self.left.is_empty()
    }

    /// The time all steps took together.
    pub fn elapsed(&self) -> Duration {
        self.done.iter().map(|(_, elapsed)| *elapsed).sum()
    }
}
