//! All errors in a set of revisions.

use std::fmt;
use std::ops::Deref;

use thiserror::Error;

use crate::name::InvalidName;

/// One error in a set of revisions.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphError {
    /// An id that [`check_id`](crate::check_id) rejects.
    #[error("`{id}` cannot be a revision id: {reason}")]
    IllegalId {
        /// The id.
        id: String,
        /// The rule it breaks.
        reason: InvalidName,
    },
    /// Several revisions have the same id.
    #[error("more than one revision has the id `{id}`")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// Two ids differ only in case, and some databases treat them as the same key.
    #[error(
        "the ids `{id}` and `{other}` differ only in upper and lower case, which some databases do not distinguish"
    )]
    CaseClash {
        /// One id.
        id: String,
        /// The other.
        other: String,
    },
    /// A label that cannot name a branch.
    #[error("`{label}` of revision `{revision}` cannot be a branch label: {reason}")]
    IllegalLabel {
        /// The revision that carries the label.
        revision: String,
        /// The label.
        label: String,
        /// The rule it breaks.
        reason: InvalidName,
    },
    /// A label that is used more than once, by several revisions or by one.
    #[error("the branch label `{label}` is used more than once: {}", quoted(revisions))]
    LabelClash {
        /// The label.
        label: String,
        /// The revisions that carry it.
        revisions: Vec<String>,
    },
    /// A label that is also an id.
    #[error("the branch label `{label}` of revision `{revision}` is the id of a revision")]
    LabelIsId {
        /// The label, and the id of a revision.
        label: String,
        /// The revision that carries it.
        revision: String,
    },
    /// A parent that no revision defines.
    #[error("revision `{revision}` comes after `{parent}`, which no revision defines")]
    MissingParent {
        /// The revision that points.
        revision: String,
        /// What it points at.
        parent: String,
    },
    /// A dependency that no revision defines.
    #[error("revision `{revision}` depends on `{dependency}`, which no revision defines")]
    MissingDependency {
        /// The revision that points.
        revision: String,
        /// What it points at.
        dependency: String,
    },
    /// A revision that points at itself.
    #[error("revision `{revision}` points at itself")]
    SelfReference {
        /// The revision.
        revision: String,
    },
    /// A revision that several squash revisions replace, or one of them twice.
    #[error("`{revision}` is replaced more than once: {}", quoted(squashes))]
    ReplacedTwice {
        /// The replaced revision.
        revision: String,
        /// The squash revisions that replace it.
        squashes: Vec<String>,
    },
    /// A squash revision that another one replaces.
    #[error("`{squash}` replaces `{revision}`, which replaces other revisions itself")]
    NestedSquash {
        /// The squash revision.
        squash: String,
        /// The replaced squash revision.
        revision: String,
    },
    /// A replaced revision that points at a revision at which the squash revision does not point.
    #[error(
        "revision `{revision}`, which `{squash}` replaces, points at `{pointer}`, {}",
        if *is_replaced { "which `replaces` names after it" } else { "and the squash revision does not" }
    )]
    ReplacedPointer {
        /// The replaced revision.
        revision: String,
        /// The squash revision.
        squash: String,
        /// What the replaced revision points at.
        pointer: String,
        /// Whether the squash revision replaces that revision too, later in its list.
        is_replaced: bool,
    },
    /// Revisions that form a cycle.
    #[error("revisions form a cycle: {}", circle(revisions))]
    Cycle {
        /// The revisions of the cycle; each points at the next, and the last points at the first.
        revisions: Vec<String>,
    },
}

/// All errors in a set of revisions; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct GraphErrors(Vec<GraphError>);

impl GraphErrors {
    /// `Ok` if `faults` is empty.
    pub(crate) fn check(faults: Vec<GraphError>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }
}

impl Deref for GraphErrors {
    type Target = [GraphError];

    fn deref(&self) -> &[GraphError] {
        &self.0
    }
}

impl fmt::Display for GraphErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(GraphError::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// The maximum number of names that a message lists.
const LISTED: usize = 12;

/// Formats names for a message: in backticks, separated by commas. A long list is cut, with the number of names left.
pub fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    listed(names.iter().map(AsRef::as_ref), ", ")
}

fn circle(revisions: &[String]) -> String {
    let first = revisions.first().map(String::as_str);
    listed(revisions.iter().map(String::as_str).chain(first), " -> ")
}

fn listed<'a>(names: impl Iterator<Item = &'a str> + Clone, separator: &str) -> String {
    let count = names.clone().count();
    let shown = if count > LISTED { LISTED - 2 } else { count };
    let mut parts: Vec<String> = names.take(shown).map(|name| format!("`{name}`")).collect();
    if count > shown {
        parts.push(format!("{} more", count - shown));
    }
    parts.join(separator)
}
