//! Everything that can be wrong with a set of revisions.

use std::fmt;
use std::ops::Deref;

use thiserror::Error;

use crate::name::InvalidName;

/// One thing that is wrong with a set of revisions.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphError {
    /// An id that [`check_id`](crate::check_id) refuses.
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
    /// Two ids differ only in case, and some databases take them for the same key.
    #[error("the ids `{id}` and `{other}` differ only in upper and lower case, which not every database tells apart")]
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
    /// A label that several revisions carry, or one twice.
    #[error("the branch label `{label}` is there more than once: {}", quoted(revisions))]
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
    /// Revisions that point at each other in a circle.
    #[error("revisions point at each other in a circle: {}", circle(revisions))]
    Cycle {
        /// The revisions of the circle, each pointing at the next and the last at the first.
        revisions: Vec<String>,
    },
}

/// All faults of a set of revisions; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct GraphErrors(Vec<GraphError>);

impl GraphErrors {
    /// `Ok` when there is no fault.
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

/// How many names a message lists at most.
const LISTED: usize = 12;

/// Writes names for a message: backticked, joined by commas; of very many the first, and how many more there are.
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
