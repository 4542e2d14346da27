//! The steps from the applied revisions to a target.

mod downgrade;
mod stamp;
mod upgrade;

use std::fmt;

use thiserror::Error;

use crate::error::quoted;
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
    /// Whether the step only records the revision, and runs no code: it is a squash revision, and the revisions that it
    /// replaces have made its changes.
    pub records_only: bool,
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
    /// An upgrade would have to apply replaced revisions whose files do not exist any more.
    #[error(
        "the database is in the middle of the revisions that `{squash}` replaces, and the program does not contain {} \
         of them: {}",
        missing.len(),
        quoted(missing)
    )]
    ReplacedMissing {
        /// The squash revision.
        squash: String,
        /// The replaced revisions that are neither applied nor in the program, in the order in which they run.
        missing: Vec<String>,
    },
    /// A downgrade would revert a squash revision.
    #[error("a squash revision is not reverted: `{squash}` stands in the place of {replaced} revisions")]
    BelowSquash {
        /// The squash revision.
        squash: String,
        /// The number of revisions that it replaces.
        replaced: usize,
    },
    /// A downgrade would revert a replaced revision, or one below it.
    #[error("the database is in the middle of the revisions that `{squash}` replaces, which are not reverted")]
    InsideSquash {
        /// The squash revision.
        squash: String,
    },
    /// A stamp, or the start of a script, names a replaced revision.
    #[error("`{revision}` is replaced by `{squash}`, and cannot be recorded without it")]
    Replaced {
        /// The revision.
        revision: String,
        /// The squash revision.
        squash: String,
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
        Self {
            direction,
            revision: revision.id.clone(),
            down_revision: revision.down_revision.clone(),
            records_only: false,
        }
    }

    /// The step that records a squash revision after the revisions that it replaces.
    pub(crate) fn recording(revision: &Revision) -> Self {
        Self { records_only: true, ..Self::of(Direction::Upgrade, revision) }
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
