//! Writes the revision that leads from a database to the entities.

#[cfg_attr(not(test), expect(dead_code, reason = "the commands come with the comparison"))]
mod apply;
#[cfg_attr(not(test), expect(dead_code, reason = "the commands come with the comparison"))]
mod code;
pub mod operation;
#[cfg(feature = "cli")]
#[cfg_attr(not(test), expect(dead_code, reason = "the commands come with the comparison"))]
mod render;
#[cfg(all(test, feature = "cli", feature = "sqlite"))]
mod tests;

pub use self::operation::{Change, Operation};
