//! As much of the record as tells whether an upgrade has anything to do.

use sea_orm::{DbErr, QueryResult};

use super::State;
use super::table::Column;
use crate::revision::Script;

/// The record at a glance: a row costs a third of what it costs as a whole.
pub(crate) struct Glance {
    /// One for each row, in no particular order.
    pub(crate) marks: Vec<Mark>,
    /// The schemas in which the session looks for tables; nothing where there are no rows.
    pub(crate) search_path: Option<String>,
}

/// What one row says of a revision.
pub(crate) struct Mark {
    pub(crate) revision: String,
    source_hash: String,
    state: String,
}

impl Mark {
    /// The columns that [`read`](Self::read) takes, in this order.
    pub(super) const COLUMNS: [Column; 3] = [Column::Revision, Column::SourceHash, Column::State];

    pub(super) fn read(result: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            revision: result.try_get_by_index(0)?,
            source_hash: result.try_get_by_index(1)?,
            state: result.try_get_by_index(2)?,
        })
    }

    /// Whether the revision is applied, and its file has the same code now.
    pub(crate) fn is_of(&self, script: &Script) -> bool {
        self.state == State::Applied.as_str() && self.source_hash == script.source_hash
    }
}
