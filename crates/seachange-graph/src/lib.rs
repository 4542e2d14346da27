//! The revision graph of [seachange](https://crates.io/crates/seachange), as pure values.
//!
//! A [`Revision`] points at the revisions below it; a [`Graph`] holds a checked set of them. What a person
//! asks for is a [`Target`]; what a database has is an [`Applied`] set; and what there is to do is a [`Plan`].
//!
//! In reading order:
//!
//! - [`name`]: which ids and labels are legal;
//! - [`revision`]: one node, as it was written;
//! - [`fault`]: everything that can be wrong with a set of nodes;
//! - [`graph`]: the checked graph, and what can be asked of it;
//! - [`target`]: what a person types, parsed;
//! - [`find`]: ids and prefixes looked up, with their errors;
//! - [`applied`]: what a database has, judged against the graph;
//! - [`plan`]: the steps from there to a target;
//! - [`draw`]: the graph as a picture, for terminals and documents.
//!
//! The crate does no I/O, knows no database and no command line, and is usable on its own.
//!
//! ```
//! use seachange_graph::{Graph, Revision, Target};
//!
//! let graph = Graph::new([
//!     Revision::new("1975ea83b712"),
//!     Revision::new("ae1027a6acf4").after("1975ea83b712"),
//! ])?;
//! let applied = graph.applied([("1975ea83b712", vec![])])?;
//! let plan = graph.upgrade(&applied, &Target::Heads)?;
//! assert_eq!(plan.to_string(), "upgrade 1975ea83b712 -> ae1027a6acf4");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod applied;
pub mod draw;
pub mod fault;
pub mod find;
pub mod graph;
mod load;
pub mod name;
pub mod plan;
pub mod revision;
pub mod target;

pub use applied::{Applied, AppliedError};
pub use fault::{Fault, Faults};
pub use find::FindError;
pub use graph::Graph;
pub use name::{IllegalName, MAX_ID_LENGTH, check_id};
pub use plan::{Direction, Plan, PlanError, StampPlan, Step};
pub use revision::Revision;
pub use target::{Target, TargetError};

#[cfg(test)]
mod tests;
