//! Declares tests, and runs them on each database.
//!
//! A topic is a module that lists its [`Case`]s:
//!
//! ```
//! use seachange_tests::{Backend, TestDatabase, harness::{Case, TestResult, each_backend}};
//!
//! pub fn trials() -> Vec<Case> {
//!     let mut cases = each_backend("posts::can_be_written", can_be_written);
//!     cases.push(Case::on(Backend::Postgres, "posts::are_in_a_schema", are_in_a_schema));
//!     cases.push(Case::new("posts::need_no_database", || Ok(())));
//!     cases
//! }
//!
//! fn can_be_written(database: &TestDatabase) -> TestResult {
//!     database.execute("CREATE TABLE posts (id INTEGER PRIMARY KEY)")?;
//!     assert_eq!(database.tables()?, ["posts"]);
//!     Ok(())
//! }
//!
//! fn are_in_a_schema(database: &TestDatabase) -> TestResult {
//!     let schema: String = database.value("SELECT current_schema()::text")?;
//!     assert_eq!(schema, "public");
//!     Ok(())
//! }
//! # assert_eq!(trials().len(), 6);
//! ```

mod case;
mod run;
mod tally;
mod watch;

pub use case::{Case, DatabaseTest, Requirement, TestResult, each_backend};
pub use run::{KnownFailure, in_ci, main};
