//! The library of the end-to-end tests: real servers, a database for each test, and the programs of this workspace run
//! the way a user runs them.
//!
//! - [`servers`] starts PostgreSQL, MariaDB and MySQL on private data directories and free loopback ports,
//!   and stops them again.
//! - [`TestDatabase`] is one fresh database, for one test, which shows its schema as text.
//! - [`Program`] runs a command line to its end; [`App`] keeps the service running beside a test.
//! - [`client`] runs a script through the database's own command-line client.
//! - [`proxy`] stands between a program and its server, and stops or cuts at a chosen request.
//! - [`snapshot`] replaces the parts of a text that differ from run to run.
//! - [`harness`] declares a test once and runs it on each database.
//!
//! The tests themselves are in `tests/e2e`. This library does not know the engine: the tests check what a user sees.

mod app;
mod backend;
mod client;
mod database;
pub mod harness;
mod program;
pub mod proxy;
mod rows;
mod runtime;
mod schema;
pub mod servers;
pub mod snapshot;

pub use app::App;
pub use backend::Backend;
pub use client::{OnError, client, pg_dump};
pub use database::{CreateError, TestDatabase};
pub use program::{Output, Program, ProgramError, Running, cargo, target};
pub use runtime::block_on;
pub use servers::pool_options;

/// The top folder of the workspace.
pub fn workspace() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
