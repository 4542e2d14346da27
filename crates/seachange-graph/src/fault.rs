//! Everything that can be wrong with a set of revisions.

use std::fmt;
use std::ops::Deref;

use thiserror::Error;

use crate::name::IllegalName;

/// One thing that is wrong with a set of revisions.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// An id that [`check_id`](crate::check_id) refuses.
    #[error("`{id}` cannot be a revision id: {reason}")]
    IllegalId {
        /// The id.
        id: String,
        /// The rule it breaks.
        reason: IllegalName,
    },
    /// Two revisions have the same id.
    #[error("two revisions have the id `{id}`")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// A label that cannot name a branch.
    #[error("`{label}` of revision `{revision}` cannot be a branch label: {reason}")]
    IllegalLabel {
        /// The revision that carries the label.
        revision: String,
        /// The label.
        label: String,
        /// The rule it breaks.
        reason: IllegalName,
    },
    /// A label that is used twice, or that is also an id.
    #[error("the branch label `{label}` is not unique: {}", quoted(revisions))]
    LabelClash {
        /// The label.
        label: String,
        /// The revisions that carry it or are called like it.
        revisions: Vec<String>,
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
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Ok` when there is no fault.
    pub(crate) fn check(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }
}

impl Deref for Faults {
    type Target = [Fault];

    fn deref(&self) -> &[Fault] {
        &self.0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Writes names for a message: backticked, joined by commas.
pub fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    names.join(", ")
}

fn circle(revisions: &[String]) -> String {
    let mut names: Vec<&str> = revisions.iter().map(String::as_str).collect();
    names.extend(revisions.first().map(String::as_str));
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> ")
}
