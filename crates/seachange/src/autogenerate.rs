//! Writes the revision that leads from a database to the entities.
//!
//! `code` decides what a person would write for some [operations](operation). `render` writes that as Rust and `apply`
//! makes the same calls, so that what is shown by applying it holds for the source.

mod apply;
mod code;
mod comparison;
mod diff;
mod difference;
mod entities;
mod error;
mod expression;
mod filter;
pub mod operation;
mod rehearsal;
#[cfg(feature = "cli")]
mod render;
mod replay;
mod scratch;
mod target;
#[cfg(all(test, feature = "cli"))]
mod tests;
mod wishes;

#[cfg(feature = "cli")]
use sea_orm::DbBackend;
use sea_orm::DbErr;
use sea_orm_migration::SchemaManager;
#[cfg(feature = "cli")]
use seachange_source::Bodies;

pub use self::comparison::Comparison;
pub use self::diff::{Candidate, Renames};
pub use self::difference::{Difference, Kind, differences};
pub use self::entities::{Entities, EntityError, EntityTable};
pub use self::error::AutogenerateError;
pub use self::filter::{Filter, Pattern};
pub use self::operation::{Change, Operation, reversed};
pub use self::rehearsal::Rehearsal;
pub use self::scratch::ScratchError;
pub use self::wishes::Wishes;

/// Makes the changes that the revision for these operations makes, by the same calls.
///
/// # Errors
///
/// What the database, or [`alter`](crate::alter), refuses. On MySQL and MariaDB the changes before it stay.
pub async fn apply(operations: &[Operation], manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    apply::apply(&code::code(operations, manager.get_database_backend()), manager).await
}

/// Writes the methods of a revision, in rustfmt's default style.
///
/// What works on every database is said once for all; what only this one can do stands under a condition.
#[cfg(feature = "cli")]
#[must_use]
pub fn bodies(up: &[Operation], down: &[Operation], backend: DbBackend) -> Bodies {
    render::render(&code::code(up, backend), &code::code(down, backend))
}
