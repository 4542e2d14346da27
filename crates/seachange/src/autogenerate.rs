//! Writes the revision that leads from a database to the entities.

mod apply;
mod code;
mod comparison;
mod diff;
mod difference;
mod entities;
mod error;
mod filter;
pub mod operation;
mod rehearsal;
#[cfg(feature = "cli")]
mod render;
mod replay;
mod scratch;
#[cfg(all(test, feature = "cli", feature = "sqlite"))]
mod tests;
mod wishes;

pub use self::comparison::Comparison;
pub use self::diff::{Candidate, Renames};
pub use self::difference::{Difference, Kind, differences};
pub use self::entities::{Entities, EntityError, EntityTable};
pub use self::error::AutogenerateError;
pub use self::filter::{Filter, Pattern};
pub use self::operation::{Change, Operation};
pub use self::rehearsal::Rehearsal;
pub use self::scratch::ScratchError;
pub use self::wishes::Wishes;
