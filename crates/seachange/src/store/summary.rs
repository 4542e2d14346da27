//! The part of the record that tells whether an upgrade has anything to do.

use sea_orm::{DbErr, QueryResult};

use super::RevisionRowState;
use super::table::RevisionColumn;
use crate::revision::RegisteredRevision;

/// The record in three columns: a row costs a third of what the whole row costs.
pub(crate) struct RecordSummary {
    /// One entry for each row, in no particular order.
    pub(crate) marks: Vec<RevisionSummary>,
    /// The schemas in which the session looks for tables; `None` when there are no rows.
    pub(crate) search_path: Option<String>,
}

/// The part of a row that the summary needs.
pub(crate) struct RevisionSummary {
    pub(crate) revision: String,
    source_hash: String,
    state: String,
}

impl RevisionSummary {
    /// The columns that [`read`](Self::read) takes, in this order.
    pub(super) const COLUMNS: [RevisionColumn; 3] =
        [RevisionColumn::Revision, RevisionColumn::SourceHash, RevisionColumn::State];

    pub(super) fn read(result: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            revision: result.try_get_by_index(0)?,
            source_hash: result.try_get_by_index(1)?,
            state: result.try_get_by_index(2)?,
        })
    }

    /// Whether the revision is applied.
    pub(crate) fn is_applied(&self) -> bool {
        self.state == RevisionRowState::Applied.as_str()
    }

    /// Whether the revision is applied, and its file has the same code now.
    pub(crate) fn is_of(&self, script: &RegisteredRevision) -> bool {
        self.is_applied() && self.source_hash == script.source_hash
    }
}
