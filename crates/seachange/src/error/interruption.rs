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
    /// The statements of which it is unknown whether they took effect, with what the catalogue says: the one that was running,
    /// those that failed in part, and those of a transaction that could not be rolled back as a whole.
    pub in_doubt: Vec<(JournalEntry, StatementOutcome)>,
    /// The statements that the database refused.
    pub refused: Vec<JournalEntry>,
}

impl InterruptedRevision {
    /// Whether a script began the revision. A script keeps no journal, so it is unknown which of its statements took
    /// effect.
    pub fn is_of_script(&self) -> bool {
        self.row.was_begun_by_sql_script()
    }

    /// The statements in doubt, for messages: `statement 3`, `statements 3, 4`.
    pub(crate) fn doubtful(&self) -> String {
        let numbers: Vec<_> = self.in_doubt.iter().map(|(entry, _)| entry.number.to_string()).collect();
        format!("statement{} {}", if numbers.len() == 1 { "" } else { "s" }, numbers.join(", "))
    }

    /// Whether the journal has entries of the revision. Without entries, the table of the journal may not exist.
    pub(crate) fn has_entries(&self) -> bool {
        !self.finished.is_empty() || !self.in_doubt.is_empty() || !self.refused.is_empty()
    }
}
