//! The jobs of the program, and their results.

use seachange::autogenerate::{Difference, DifferenceKind};
use serde::{Deserialize, Serialize};

/// A change on its own database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The name of the change.
    pub case: String,
    /// The database, which exists and is empty before the change is prepared.
    pub url: String,
    /// The file of the revision, for `prove`. `None` if it was not compiled.
    pub file: Option<String>,
}

/// The result of a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The name of the change.
    pub case: String,
    /// The differences between the database and the entities, in short form: `add index`.
    pub differences: Vec<String>,
    /// The errors that were found.
    pub faults: Vec<String>,
    /// What became of the stored downgrade.
    #[serde(default)]
    pub stored: StoredOutcome,
}

/// What became of the downgrade that an upgrade has stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StoredOutcome {
    /// It was not tried.
    #[default]
    Untried,
    /// A program without the revision has reverted it.
    Reverted,
    /// It could not be captured, for this reason.
    NotCaptured(String),
}

impl Outcome {
    /// The outcome of a change, of which no stored downgrade was tried.
    pub(crate) fn new(case: &str, differences: Vec<String>, faults: Vec<String>) -> Self {
        Self { case: case.to_owned(), differences, faults, stored: StoredOutcome::Untried }
    }

    /// The same, without errors.
    #[must_use]
    pub fn without_faults(&self) -> Self {
        Self { faults: Vec::new(), ..self.clone() }
    }
}

/// A difference in two or three words: `change type`.
pub(crate) fn short(difference: &Difference) -> String {
    let is_whole = matches!(difference.kind, DifferenceKind::Table | DifferenceKind::Column);
    let verb = match (&difference.database, &difference.entities) {
        (None, _) => "add",
        (_, None) => "drop",
        _ if is_whole => "rename",
        _ => "change",
    };
    format!("{verb} {}", difference.kind)
}

/// A difference with all details.
pub(crate) fn long(difference: &Difference) -> String {
    let table = difference.table.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = difference.name.as_deref().unwrap_or_default();
    let said = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
    let (old, new) = (said(&difference.database), said(&difference.entities));
    format!("{} {table}.{name}: {old} -> {new}", difference.kind)
}
