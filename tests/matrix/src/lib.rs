//! Single changes of schemas, each as the tables before and after it, for end-to-end tests of autogenerate.
//!
//! - [`cases`] are the changes: every row of Alembic's list that can be expressed, and more.
//! - [`prepare`] builds the tables of a change with some rows, and reports the differences.
//! - [`prove`] applies and reverts the generated revision, also by a program without it, and checks schema and rows each
//!   time.
//! - [`compare_foreseen`] makes the change on rows on which it may fail, and compares what was foreseen.
//! - [`wander`] migrates between random schemas.
//! - [`main`] is the program that does each of these, or is the command line of one change: the end-to-end tests run it
//!   to write the revisions, and put it into a crate with all of them.

mod case;
pub mod cases;
mod database;
mod foresee;
mod found;
mod kept;
mod options;
mod prepare;
mod program;
mod prove;
mod random;
mod rows;
mod steps;

pub use case::Case;
pub use foresee::compare_foreseen;
pub use found::{Job, Outcome, StoredOutcome};
pub use prepare::prepare;
pub use program::{CASE, CIRCLE, FOLDER, main};
pub use prove::prove;
pub use random::wander;
