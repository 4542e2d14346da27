//! Writes the revision that leads from a database to the entities.
//!
//! `code` decides what a person would write for some [operations](operation). `render` writes that as Rust and `apply`
//! makes the same calls, so that what is shown by applying it holds for the source.

mod apply;
mod code;
mod comparison;
mod desired;
mod diff;
mod difference;
mod entities;
mod error;
mod expression;
mod filter;
mod hints;
pub mod operation;
#[cfg(feature = "cli")]
mod render;
mod replay;
mod scratch;
#[cfg(all(test, feature = "cli"))]
mod tests;
mod verify;

#[cfg(feature = "cli")]
use sea_orm::DbBackend;
use sea_orm::DbErr;
use sea_orm_migration::SchemaManager;
#[cfg(feature = "cli")]
use seachange_source::RevisionBody;

pub use self::comparison::Comparison;
pub use self::diff::{RenameCandidate, Renames};
pub use self::difference::{Difference, DifferenceKind, differences};
pub use self::entities::{Entities, EntityError, EntityTable};
pub use self::error::AutogenerateError;
pub use self::filter::{NamePattern, TableFilter};
pub use self::hints::EntityHints;
pub use self::operation::{SchemaOperation, TableChange, reversed};
pub use self::scratch::ScratchError;
pub use self::verify::Verification;

/// Makes the changes that the revision for these operations makes, by the same calls.
///
/// # Errors
///
/// What the database, or [`alter`](crate::alter), refuses. On MySQL and MariaDB the changes before it stay.
pub async fn apply(operations: &[SchemaOperation], manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    apply::apply(&code::code(operations, manager.get_database_backend()), manager).await
}

/// Writes the methods of a revision, in rustfmt's default style.
///
/// What works on every database is said once for all; what only this one can do stands under a condition.
#[cfg(feature = "cli")]
#[must_use]
pub fn bodies(up: &[SchemaOperation], down: &[SchemaOperation], backend: DbBackend) -> RevisionBody {
    render::render(&code::code(up, backend), &code::code(down, backend))
}
