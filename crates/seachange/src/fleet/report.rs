//! The result of a run over a fleet.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use seachange_graph::{AppliedError, Step};

use super::FleetTarget;
use crate::error::Error;
use crate::report::{Report, WaitingRevision};

/// How a run over one target ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TargetOutcome {
    /// Revisions were applied or reverted, or the record was changed.
    Changed,
    /// There was nothing to do.
    Unchanged,
    /// Revisions wait for something, and are left for a later run.
    Waiting,
    /// A request to stop ended the run between two revisions.
    Stopped,
    /// It was changed and rolled back, because another target did not succeed, in a run that changes all or none.
    RolledBack,
    /// The run did not reach it.
    NotBegun,
    /// Another run, or another session, held a lock for too long.
    Locked,
    /// It could not be reached.
    Unreachable,
    /// Its applied revisions are ahead of the program.
    Ahead,
    /// Its record does not fit the program in another way: it has diverged, a revision was interrupted, another tool has
    /// migrated it.
    Mismatch,
    /// A revision failed, or the database refused something.
    Failed,
}

impl TargetOutcome {
    /// All of them, in the order in which reports list them.
    pub const ALL: [Self; 11] = [
        Self::Changed,
        Self::Unchanged,
        Self::Waiting,
        Self::Stopped,
        Self::RolledBack,
        Self::NotBegun,
        Self::Locked,
        Self::Unreachable,
        Self::Ahead,
        Self::Mismatch,
        Self::Failed,
    ];

    /// The word in reports, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
            Self::RolledBack => "rolled_back",
            Self::NotBegun => "not_begun",
            Self::Locked => "locked",
            Self::Unreachable => "unreachable",
            Self::Ahead => "ahead",
            Self::Mismatch => "mismatch",
            Self::Failed => "failed",
        }
    }

    /// Whether the target is as the run was to leave it.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Changed | Self::Unchanged | Self::Waiting)
    }

    /// Whether it counts as a failure that may end the run. A target that cannot be migrated now holds up no other.
    pub(super) fn is_failure(self) -> bool {
        self == Self::Failed
    }

    /// The outcome of a run that ended with an error.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::LockTimeout { .. } | Error::Running { .. } => Self::Locked,
            Error::Stopped { .. } => Self::Stopped,
            Error::RolledBackTogether => Self::RolledBack,
            Error::Connect(_) | Error::Standby { .. } => Self::Unreachable,
            Error::Applied(AppliedError::Ahead { .. }) => Self::Ahead,
            Error::Applied(_)
            | Error::Interrupted { .. }
            | Error::InDoubt { .. }
            | Error::Unjournalled { .. }
            | Error::NotInterrupted
            | Error::UnknownRevision { .. }
            | Error::NoStoredDowngrade { .. }
            | Error::SquashNotRecorded { .. }
            | Error::Edited { .. }
            | Error::Adopt(_)
            | Error::Unadopted { .. }
            | Error::ForeignTable { .. }
            | Error::RecordElsewhere { .. }
            | Error::Behind { .. } => Self::Mismatch,
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for TargetOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RolledBack => "rolled back",
            Self::NotBegun => "not begun",
            other => other.as_str(),
        })
    }
}

/// What was done in one target.
#[derive(Debug, Default)]
pub(crate) struct TargetWorkDone {
    pub(crate) report: Report,
    /// Whether the database was changed.
    pub(crate) has_changed: bool,
}

impl From<Report> for TargetWorkDone {
    fn from(report: Report) -> Self {
        Self { has_changed: !report.done.is_empty(), report }
    }
}

impl TargetWorkDone {
    /// A change of the record alone, after which the target stands at these revisions.
    #[cfg(feature = "cli")]
    pub(crate) fn recorded(has_changed: bool, current: Vec<String>) -> Self {
        Self { report: Report { current, ..Report::default() }, has_changed }
    }
}

/// What a run did to one target.
#[derive(Debug)]
#[non_exhaustive]
pub struct TargetReport {
    /// The target.
    pub target: FleetTarget,
    /// How the run ended.
    pub outcome: TargetOutcome,
    /// Why, if it did not succeed.
    pub error: Option<Error>,
    /// Where the target stands at the end, if that is known: the applied revisions without an applied one above them.
    pub current: Option<Vec<String>>,
    /// The steps that ran, each with its duration.
    pub done: Vec<(Step, Duration)>,
    /// The steps that wait for something.
    pub waiting: Vec<WaitingRevision>,
    /// How long the target took, with the waiting.
    pub elapsed: Duration,
}

impl TargetReport {
    /// A target that the run has not reached.
    pub(super) fn not_begun(target: FleetTarget) -> Self {
        Self {
            target,
            outcome: TargetOutcome::NotBegun,
            error: None,
            current: None,
            done: Vec::new(),
            waiting: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }

    /// A target with nothing to do.
    pub(super) fn unchanged(target: FleetTarget, current: Vec<String>) -> Self {
        Self { outcome: TargetOutcome::Unchanged, current: Some(current), ..Self::not_begun(target) }
    }

    /// The outcome of a run over a target; `done` are the steps before an error.
    pub(super) fn of(
        target: FleetTarget,
        run: Result<TargetWorkDone, Error>,
        done: Vec<(Step, Duration)>,
        elapsed: Duration,
    ) -> Self {
        let base = Self { elapsed, ..Self::not_begun(target) };
        match run {
            Ok(TargetWorkDone { report, has_changed }) => {
                let outcome = match &report {
                    report if report.was_stopped() => TargetOutcome::Stopped,
                    report if !report.waiting.is_empty() => TargetOutcome::Waiting,
                    _ if has_changed => TargetOutcome::Changed,
                    _ => TargetOutcome::Unchanged,
                };
                let Report { done, waiting, current, .. } = report;
                Self { outcome, done, waiting, current: Some(current), ..base }
            }
            Err(error) => Self { outcome: TargetOutcome::of(&error), error: Some(error), done, ..base },
        }
    }

    /// Why the target did not succeed, in one line: the error, and what the database or the code said.
    pub fn reason(&self) -> Option<String> {
        Some(match self.error.as_ref()? {
            Error::Failed(failure) => format!("{failure}: {}", failure.cause),
            error => error.to_string(),
        })
    }

    /// The duration of all steps together.
    pub fn steps_elapsed(&self) -> Duration {
        self.done.iter().map(|(_, elapsed)| *elapsed).sum()
    }
}

/// The result of a run over a fleet.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FleetReport {
    /// The targets, in the order of the fleet; those that were found during the run come last.
    pub targets: Vec<TargetReport>,
    /// How long the run took.
    pub elapsed: Duration,
    /// Whether failures ended the run before all targets were begun.
    pub was_halted: bool,
    /// Whether the targets that run first did not all succeed, which ended the run.
    pub was_halted_by_canaries: bool,
    /// Why it is unknown whether targets were added during the run, if they could not be listed again.
    pub second_look: Option<String>,
}

impl FleetReport {
    /// The number of targets for each outcome that occurs.
    pub fn counts(&self) -> BTreeMap<TargetOutcome, usize> {
        let mut counts = BTreeMap::new();
        self.targets.iter().for_each(|report| *counts.entry(report.outcome).or_default() += 1);
        counts
    }

    /// Whether every target is as the run was to leave it.
    pub fn is_success(&self) -> bool {
        self.targets.iter().all(|report| report.outcome.is_success())
    }

    /// The targets with an error, with the same outcome and message together, the most frequent first: each message with
    /// the targets that have it.
    pub fn failures(&self) -> Vec<(TargetOutcome, String, Vec<&TargetReport>)> {
        let mut groups: BTreeMap<(TargetOutcome, String), Vec<&TargetReport>> = BTreeMap::new();
        for report in &self.targets {
            if let Some(reason) = report.reason() {
                groups.entry((report.outcome, reason)).or_default().push(report);
            }
        }
        let mut failures: Vec<_> =
            groups.into_iter().map(|((outcome, message), reports)| (outcome, message, reports)).collect();
        failures.sort_by_key(|(_, _, reports)| std::cmp::Reverse(reports.len()));
        failures
    }
}
