//! The records of other tools, which seachange can take over.
//!
//! sea-orm-migration keeps a row for each migration in `seaql_migrations`: its name, and when it was applied, in
//! seconds. Alembic keeps the ids of the heads in `alembic_version`. [`Migrator::adopt`](crate::Migrator::adopt)
//! reads one of these tables, matches it with the revisions of the program, and records the result; it does not
//! change the other tool's table.

mod error;
mod matching;
mod table;

use chrono::{DateTime, Utc};

pub use error::AdoptError;
pub(crate) use matching::VersionMatcher;
pub use table::ForeignVersionTable;

use crate::revision::RegisteredRevision;

/// A tool that keeps its own record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationTool {
    /// sea-orm-migration.
    SeaOrm,
    /// Alembic.
    Alembic,
}

/// The revisions that the record of another tool stands for.
#[derive(Debug, Clone)]
pub struct AdoptionPlan {
    /// The revisions that count as applied, in the order in which they run.
    pub adopted: Vec<AdoptedRevision>,
    /// The revisions that an upgrade would apply afterwards, in that order.
    pub pending: Vec<&'static RegisteredRevision>,
}

/// A revision that is applied according to another tool's record.
#[derive(Debug, Clone)]
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

impl MigrationTool {
    /// The default table of its record.
    pub fn default_table(self) -> &'static str {
        match self {
            Self::SeaOrm => "seaql_migrations",
            Self::Alembic => "alembic_version",
        }
    }

    /// The word for the tool on the command line, `adopt --from WORD`.
    pub fn word(self) -> &'static str {
        match self {
            Self::SeaOrm => "seaql",
            Self::Alembic => "alembic",
        }
    }

    /// The name of the tool in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::SeaOrm => "sea-orm-migration",
            Self::Alembic => "Alembic",
        }
    }
}
