//! A revision that was interrupted, as data.

use seachange_graph::Direction;

use crate::store::{JournalEntry, RevisionRow, StatementOutcome};

/// A revision that was interrupted, and what the journal knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterruptedRevision {
    /// The revision.
    pub revision: String,
    /// The direction of the interrupted step.
    pub direction: Direction,
    /// The row that the run left.
    pub row: RevisionRow,
    /// The statements that took effect.
    pub finished: Vec<JournalEntry>,
    /// The statement that was running, and whether it took effect according to the catalogue.
    pub in_doubt: Option<(JournalEntry, StatementOutcome)>,
    /// The statements that the database refused.
    pub refused: Vec<JournalEntry>,
}

impl InterruptedRevision {
    /// Whether a script began the revision. A script keeps no journal, so it is unknown which of its statements took
    /// effect.
    pub fn is_of_script(&self) -> bool {
        self.row.was_begun_by_sql_script()
    }

    /// Whether the journal has entries of the revision. Without entries, the table of the journal may not exist.
    pub(crate) fn has_entries(&self) -> bool {
        !self.finished.is_empty() || self.in_doubt.is_some() || !self.refused.is_empty()
    }
}
