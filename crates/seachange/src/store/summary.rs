//! As much of the record as tells whether an upgrade has anything to do.

use sea_orm::{DbErr, QueryResult};

use super::RevisionRowState;
use super::table::RevisionColumn;
use crate::revision::RegisteredRevision;

/// The record at a glance: a row costs a third of what it costs as a whole.
pub(crate) struct RecordSummary {
    /// One for each row, in no particular order.
    pub(crate) marks: Vec<RevisionSummary>,
    /// The schemas in which the session looks for tables; nothing where there are no rows.
    pub(crate) search_path: Option<String>,
}

/// What one row says of a revision.
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

    /// Whether the revision is applied, and its file has the same code now.
    pub(crate) fn is_of(&self, script: &RegisteredRevision) -> bool {
        self.state == RevisionRowState::Applied.as_str() && self.source_hash == script.source_hash
    }
}
