//! The records of other tools, to go on from where they stopped.
//!
//! sea-orm-migration keeps a row for each migration in `seaql_migrations`: its name, and when it was applied, in seconds.
//! Alembic keeps the ids of the heads in `alembic_version`. Either is read, matched with the revisions of the program, and
//! recorded by [`Migrator::adopt`](crate::Migrator::adopt); the old table stays as it is.

mod error;
mod matching;
mod table;

use chrono::{DateTime, Utc};

pub use error::AdoptError;
pub(crate) use matching::VersionMatcher;
pub use table::ForeignVersionTable;

use crate::revision::RegisteredRevision;

/// A tool that keeps a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationTool {
    /// sea-orm-migration.
    SeaOrm,
    /// Alembic.
    Alembic,
}

/// What the record of another tool comes to.
#[derive(Debug, Clone)]
pub struct AdoptionPlan {
    /// What counts as applied, in the order in which it runs.
    pub adopted: Vec<AdoptedRevision>,
    /// What an upgrade would apply afterwards, in that order.
    pub pending: Vec<&'static RegisteredRevision>,
}

/// A revision that another tool's record says is applied.
#[derive(Debug, Clone)]
pub struct AdoptedRevision {
    /// The revision.
    pub script: &'static RegisteredRevision,
    /// What the other tool calls it; `None` where it does not name the revision, but one above it.
    pub version: Option<String>,
    /// When it was applied, if the other tool knows.
    pub applied_at: Option<DateTime<Utc>>,
    /// Whether the engine's own record says so already.
    pub is_recorded: bool,
}

impl AdoptionPlan {
    /// What is to be recorded, or was not recorded before.
    pub fn unrecorded(&self) -> impl Iterator<Item = &AdoptedRevision> {
        self.adopted.iter().filter(|adopted| !adopted.is_recorded)
    }
}

impl MigrationTool {
    /// The table that it keeps its record in, where nobody gives another.
    pub fn default_table(self) -> &'static str {
        match self {
            Self::SeaOrm => "seaql_migrations",
            Self::Alembic => "alembic_version",
        }
    }

    /// The word for it on the command line, `adopt --from WORD`.
    pub fn word(self) -> &'static str {
        match self {
            Self::SeaOrm => "seaql",
            Self::Alembic => "alembic",
        }
    }

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::SeaOrm => "sea-orm-migration",
            Self::Alembic => "Alembic",
        }
    }
}
