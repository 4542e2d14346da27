//! The steps from what is applied to a target.

mod downgrade;
mod stamp;
mod upgrade;

use std::fmt;

use thiserror::Error;

use crate::fault::quoted;
use crate::find::FindError;
use crate::graph::Graph;
use crate::target::Target;

pub use stamp::StampPlan;

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A revision is applied.
    Upgrade,
    /// A revision is undone.
    Downgrade,
}

/// One revision to apply or to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which way.
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
pub enum PlanError {
    /// The target names no revision, or several.
    #[error(transparent)]
    Find(#[from] FindError),
    /// `head` was asked for, and the graph has several.
    #[error("{} heads: {}", heads.len(), quoted(heads))]
    SeveralHeads {
        /// The heads.
        heads: Vec<String>,
    },
    /// More steps were asked for than there are.
    #[error("{asked} {} asked for, {available} available", revisions(*asked))]
    TooFar {
        /// The steps asked for.
        asked: usize,
        /// The steps that can be made.
        available: usize,
    },
    /// A number of steps leads to a place where there are several ways on.
    #[error("after {made} of {asked} {} there are several ways on: {}", revisions(*asked), quoted(candidates))]
    SeveralWays {
        /// The steps asked for.
        asked: usize,
        /// The steps that were clear.
        made: usize,
        /// The revisions that the next step may take.
        candidates: Vec<String>,
    },
    /// A downgrade was asked for to a revision that is not applied.
    #[error("revision `{revision}` is not applied")]
    NotApplied {
        /// The revision.
        revision: String,
    },
    /// A place was asked for, and the target is a number of steps.
    #[error("`{target}` is a number of steps, and not a place in the graph")]
    Relative {
        /// The target.
        target: Target,
    },
    /// An upgrade was asked to go down, or a downgrade to go up.
    #[error("`{target}` does not lead {}", direction.way())]
    WrongWay {
        /// The target.
        target: Target,
        /// The way that was asked for.
        direction: Direction,
    },
}

fn revisions(count: usize) -> &'static str {
    if count == 1 { "revision" } else { "revisions" }
}

impl Direction {
    /// The word for the way: `up` or `down`.
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

    pub(crate) fn new(graph: &Graph, direction: Direction, positions: impl Iterator<Item = usize>) -> Self {
        let step = |position| {
            let revision = graph.revision(position);
            Step { direction, revision: revision.id.clone(), down_revision: revision.down_revision.clone() }
        };
        Self { steps: positions.map(step).collect() }
    }
}

impl Step {
    /// Where the step starts and ends, as people read it: `base -> 1975ea83b712`, and turned round for a downgrade.
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

impl Graph {
    /// The revisions that an absolute target stands for: none for `base`.
    fn absolute(&self, target: &Target, direction: Direction) -> Result<Vec<usize>, PlanError> {
        match target {
            Target::Base => Ok(Vec::new()),
            Target::Heads => Ok(self.head_positions()),
            Target::Head => self.only_head(),
            Target::Revision(text) => Ok(self.position(&self.find(text)?.id).into_iter().collect()),
            Target::Up(_) | Target::Down(_) => Err(PlanError::WrongWay { target: target.clone(), direction }),
        }
    }

    fn only_head(&self) -> Result<Vec<usize>, PlanError> {
        let heads = self.head_positions();
        if heads.len() > 1 {
            return Err(PlanError::SeveralHeads { heads: self.names(heads) });
        }
        Ok(heads)
    }

    fn head_positions(&self) -> Vec<usize> {
        self.heads().iter().filter_map(|head| self.position(&head.id)).collect()
    }
}
