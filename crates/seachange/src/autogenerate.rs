//! Writes the revision that leads from a database to the entities.

pub mod operation;

pub use self::operation::{Change, Operation};
