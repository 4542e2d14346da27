//! Generates the revision that changes the schema of a database into the schema of the entities.
//!
//! `code` builds the calls for a list of [operations](operation), as a tree. `render` writes the tree as Rust source,
//! and `apply` makes the same calls on a database. So a test that applies the tree also tests the source.

mod apply;
mod code;
mod comparison;
#[cfg(any(feature = "cli", feature = "testing"))]
mod database_state;
mod declared_objects;
mod dependents;
mod desired;
mod diff;
mod difference;
mod entities;
mod error;
mod expression;
mod filter;
mod generated;
mod hints;
mod ignore;
#[cfg(feature = "cli")]
mod losses;
mod object_alterations;
mod object_renames;
#[cfg(feature = "cli")]
pub(crate) mod online;
pub mod operation;
#[cfg(feature = "cli")]
mod render;
#[cfg(feature = "cli")]
pub(crate) mod replay;
#[cfg(feature = "testing")]
mod rows;
mod scratch;
#[cfg(feature = "cli")]
pub(crate) mod squash;
#[cfg(all(test, feature = "cli"))]
mod tests;
mod type_affinity;
mod unmatched_keys;
mod verify;

#[cfg(feature = "cli")]
use sea_orm::DbBackend;
use sea_orm::DbErr;
use sea_orm_migration::SchemaManager;
#[cfg(feature = "cli")]
use seachange_source::RevisionBody;

pub use self::comparison::Comparison;
#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) use self::database_state::DatabaseState;
#[cfg(feature = "cli")]
pub(crate) use self::database_state::drift;
pub use self::dependents::Obstacle;
pub use self::diff::{RenameCandidate, Renames};
pub use self::difference::{Difference, DifferenceKind, differences};
pub use self::entities::{
    Domain, Entities, EntityObject, EntityTable, Extension, Function, Grant, Policy, Sequence, SqlFile, Trigger, View,
};
pub use self::error::{AutogenerateError, EntityError, ScratchError};
pub use self::filter::{NamePattern, TableFilter};
#[cfg(feature = "cli")]
pub(crate) use self::generated::{GeneratedMigration, registered};
pub use self::hints::EntityHints;
pub use self::ignore::{ComparedObject, IgnoreRule, IgnoreRuleError, IgnoredKind};
#[cfg(feature = "cli")]
pub(crate) use self::losses::{DataLoss, losses};
pub use self::operation::{SchemaOperation, TableChange, reversed};
#[cfg(feature = "testing")]
pub(crate) use self::rows::fill;
#[cfg(feature = "cli")]
pub(crate) use self::rows::{FilledTables, MOST as MOST_ROWS, WantedRows, fill_many};
#[cfg(feature = "cli")]
pub(crate) use self::type_affinity::affinity;
pub use self::verify::Verification;

/// Applies the operations to a database, with the calls that the generated revision makes.
///
/// # Errors
///
/// Returns the error of the database or of [`alter`](crate::alter). MySQL and MariaDB do not roll back the changes made
/// before the error.
pub async fn apply(operations: &[SchemaOperation], manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    apply::apply(&code::code(operations, manager.get_database_backend()), manager).await
}

/// Writes the method bodies of a revision, in rustfmt's default style.
///
/// Code that works on every database is written without a condition. Code that only some databases support is written
/// under a condition on the database.
#[cfg(feature = "cli")]
#[must_use]
pub fn bodies(up: &[SchemaOperation], down: &[SchemaOperation], backend: DbBackend) -> RevisionBody {
    render::render(&code::code(up, backend), &code::code(down, backend))
}
