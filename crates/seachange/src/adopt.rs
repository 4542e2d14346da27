//! The records of other tools, which seachange can take over.
//!
//! sea-orm-migration keeps a row for each migration in `seaql_migrations`: its name, and when it was applied, in
//! seconds. Alembic keeps the ids of the heads in `alembic_version`. Tools with files of SQL keep versions: sqlx, dbmate
//! and diesel all of them, golang-migrate the last. The ids of imported revisions begin with the version.
//! [`Migrator::adopt`](crate::Migrator::adopt) reads one of these tables, matches it with the revisions of the program,
//! and records the result; it does not change the other tool's table.

mod matching;
mod table;

use chrono::{DateTime, Utc};

pub(crate) use matching::{VersionMatcher, version_of};
pub use table::ForeignVersionTable;

pub use crate::error::{AdoptError, MigrationTool};
use crate::revision::RegisteredRevision;

/// The revisions that the record of another tool stands for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AdoptionPlan {
    /// The revisions that count as applied, in the order in which they run.
    pub adopted: Vec<AdoptedRevision>,
    /// The revisions that an upgrade would apply afterwards, in that order.
    pub pending: Vec<&'static RegisteredRevision>,
}

/// A revision that is applied according to another tool's record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AdoptedRevision {
    /// The revision.
    pub script: &'static RegisteredRevision,
    /// The version by which the other tool names the revision; `None` if it names only a revision above it.
    pub version: Option<String>,
    /// When it was applied, if the other tool records that.
    pub applied_at: Option<DateTime<Utc>>,
    /// Whether the engine's own record already contains it.
    pub is_recorded: bool,
}

impl AdoptionPlan {
    /// The revisions that the engine's own record does not contain.
    pub fn unrecorded(&self) -> impl Iterator<Item = &AdoptedRevision> {
        self.adopted.iter().filter(|adopted| !adopted.is_recorded)
    }
}
