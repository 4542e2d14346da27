//! Targets: what a user types to name a revision or a number of steps, as a value.

mod parse;

use std::fmt;

use crate::revision::Revision;

pub use parse::{ParseTargetError, ParseTargetErrorKind};

/// The target of an upgrade, a downgrade or a stamp, or the revisions that a command is about.
///
/// The text is `[BRANCH@][PLACE][STEPS]`, and not empty:
///
/// | part | text | meaning |
/// | --- | --- | --- |
/// | branch | a label, or a revision | limits the target to what is below or above that revision |
/// | place | `head` | the only head |
/// | | `heads` | all heads |
/// | | `base` | before the first revision |
/// | | `current` | the current revisions of the database |
/// | | any other text | a revision: its id, the beginning of its id, or a label that it carries |
/// | steps | `+N`, `-N` | N revisions up or down from the place; without a place, from the current revision |
///
/// [`Display`](fmt::Display) writes the text that parses to the same value.
///
/// ```
/// use seachange_graph::{Anchor, Target};
///
/// let target: Target = "billing@ae1027+2".parse()?;
/// assert_eq!(target.branch(), Some("billing"));
/// assert_eq!(target.place(), Some(&Anchor::Named("ae1027".to_owned())));
/// assert_eq!(target.steps(), 2);
/// assert_eq!("-1".parse::<Target>()?, Target::steps_from_current(-1));
/// # Ok::<(), seachange_graph::ParseTargetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    branch: Option<String>,
    place: Option<Anchor>,
    steps: i64,
}

/// A place in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The only head; an error if there are several.
    Head,
    /// All heads.
    Heads,
    /// Before the first revision.
    Base,
    /// The current revisions of the database.
    Current,
    /// A revision by its id, by the beginning of its id, or by a label that it carries.
    Named(String),
}

impl Target {
    /// The only head.
    pub const HEAD: Self = Self::at(Anchor::Head);
    /// All heads.
    pub const HEADS: Self = Self::at(Anchor::Heads);
    /// Before the first revision.
    pub const BASE: Self = Self::at(Anchor::Base);
    /// The current revisions of the database.
    pub const CURRENT: Self = Self::at(Anchor::Current);

    const fn at(place: Anchor) -> Self {
        Self { branch: None, place: Some(place), steps: 0 }
    }

    /// A revision of a graph.
    pub fn revision(revision: &Revision) -> Self {
        Self::at(Anchor::Named(revision.id.clone()))
    }

    /// A number of revisions up (positive) or down (negative) from the current revision.
    pub const fn steps_from_current(steps: i64) -> Self {
        Self { branch: None, place: None, steps }
    }

    /// All heads of a branch; all heads if `branch` is `None`.
    pub(crate) fn heads_on(branch: Option<&str>) -> Self {
        Self { branch: branch.map(str::to_owned), ..Self::HEADS }
    }

    /// The branch that the target is limited to: a label, or a revision.
    pub fn branch(&self) -> Option<&str> {
        self.branch.as_deref()
    }

    /// Where the steps are counted from; `None` if the text names no place.
    pub const fn place(&self) -> Option<&Anchor> {
        self.place.as_ref()
    }

    /// The number of revisions up (positive) or down (negative) from the place.
    pub const fn steps(&self) -> i64 {
        self.steps
    }

    /// Whether the meaning of the target depends on the current revision of a database.
    pub fn is_relative(&self) -> bool {
        matches!(self.place, None | Some(Anchor::Current))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(branch) = &self.branch {
            write!(f, "{branch}@")?;
        }
        match &self.place {
            Some(place) if self.steps == 0 => write!(f, "{place}"),
            Some(place) => write!(f, "{place}{:+}", self.steps),
            None => write!(f, "{:+}", self.steps),
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Heads => "heads",
            Self::Base => "base",
            Self::Current => "current",
            Self::Named(name) => name,
        })
    }
}
