//! The revision graph of [seachange](https://crates.io/crates/seachange), as pure values.
//!
//! A [`Revision`] points at the revisions below it; a [`Graph`] holds a checked set of them. A [`Target`] is what a
//! user asks for, an [`AppliedSet`] is what a database has, and a [`Plan`] is what remains to be done.
//!
//! In reading order:
//!
//! - [`name`]: which ids and labels are legal;
//! - [`revision`]: one node, as it was written;
//! - [`error`]: all errors in a set of nodes;
//! - [`squash`]: revisions that stand in the place of others;
//! - [`graph`]: the checked graph, and the questions that it answers;
//! - [`target`], [`range`]: what a user types, parsed;
//! - [`applied`]: what a database has applied, compared with the graph;
//! - [`lookup`], [`resolve`]: names and targets looked up, with their errors;
//! - [`plan`]: the steps from the applied revisions to a target;
//! - [`history`]: the revisions of a range;
//! - [`draw`]: the graph as a picture, for terminals and documents.
//!
//! The crate does no I/O, depends on no database and no command line, and can be used alone.
//!
//! ```
//! use seachange_graph::{Graph, Revision, Target};
//!
//! let graph = Graph::new([
//!     Revision::new("1975ea83b712"),
//!     Revision::new("ae1027a6acf4").after("1975ea83b712"),
//! ])?;
//! let applied = graph.applied([("1975ea83b712", vec![])])?;
//! let plan = graph.upgrade(&applied, &[Target::HEADS])?;
//! assert_eq!(plan.to_string(), "upgrade 1975ea83b712 -> ae1027a6acf4");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod applied;
mod branch;
pub mod draw;
pub mod error;
pub mod graph;
pub mod history;
mod index;
mod links;
pub mod lookup;
pub mod name;
pub mod plan;
pub mod range;
pub mod resolve;
pub mod revision;
mod revision_set;
pub mod squash;
pub mod target;
mod validate;

pub use applied::{AppliedError, AppliedSet};
pub use error::{GraphError, GraphErrors};
pub use graph::Graph;
pub use history::HistoryError;
pub use lookup::LookupError;
pub use name::{InvalidName, MAX_ID_LENGTH, RESERVED, check_id};
pub use plan::{Direction, Plan, PlanError, StampPlan, Step};
pub use range::{Range, RangeError};
pub use resolve::ResolveError;
pub use revision::Revision;
pub use squash::PartlyApplied;
pub use target::{Anchor, ParseTargetError, ParseTargetErrorKind, Target};

#[cfg(test)]
mod tests;
