//! The steps from the applied revisions to a target.

mod downgrade;
mod stamp;
mod upgrade;

use std::fmt;

use thiserror::Error;

use crate::graph::Graph;
use crate::resolve::ResolveError;
use crate::revision::Revision;
use crate::target::Target;

pub use stamp::StampPlan;

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A revision is applied.
    Upgrade,
    /// A revision is reverted.
    Downgrade,
}

/// One revision to apply or to revert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The direction.
    pub direction: Direction,
    /// The revision.
    pub revision: String,
    /// The parents of the revision.
    pub down_revision: Vec<String>,
}

/// Steps in the order in which they run; empty when there is nothing to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// A target that cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The target stands for no revision, or is ambiguous.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The target of a downgrade is a revision that is not applied.
    #[error("revision `{revision}` is not applied")]
    NotApplied {
        /// The revision.
        revision: String,
    },
    /// The target of an upgrade is below the current revision, or that of a downgrade is above it.
    #[error("`{target}` does not lead {}", direction.way())]
    WrongWay {
        /// The target.
        target: Target,
        /// The requested direction.
        direction: Direction,
    },
}

impl Direction {
    /// The word for the direction: `up` or `down`.
    pub fn way(self) -> &'static str {
        match self {
            Self::Upgrade => "up",
            Self::Downgrade => "down",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        })
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The number of steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn new(graph: &Graph, direction: Direction, positions: Vec<usize>) -> Self {
        Self { steps: positions.into_iter().map(|position| Step::of(direction, graph.revision(position))).collect() }
    }
}

impl Step {
    /// The step that applies or reverts a revision.
    pub fn of(direction: Direction, revision: &Revision) -> Self {
        Self { direction, revision: revision.id.clone(), down_revision: revision.down_revision.clone() }
    }

    /// Where the step starts and ends: `base -> 1975ea83b712`, and the reverse for a downgrade.
    pub fn route(&self) -> String {
        let parents = if self.down_revision.is_empty() { "base".to_owned() } else { self.down_revision.join(", ") };
        match self.direction {
            Direction::Upgrade => format!("{parents} -> {}", self.revision),
            Direction::Downgrade => format!("{} -> {parents}", self.revision),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.direction, self.route())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.steps.iter().map(Step::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
