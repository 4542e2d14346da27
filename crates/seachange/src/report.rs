//! What a run has done.

use std::time::Duration;

use seachange_graph::Step;

use crate::migrator::Notices;

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The steps that ran, in order, and how long each took.
    pub done: Vec<(Step, Duration)>,
    /// The steps that a request to stop left over; empty when the plan ran to its end.
    pub left: Vec<Step>,
    /// What was unusual about the record, and was let pass.
    pub notices: Notices,
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
