//! Tests with a database of their own, and tests of the revisions themselves.
//!
//! [`TestDatabases`] gives each test a database at the heads of the revisions. The revisions run once; then each
//! database is a copy: of a file on SQLite, by `CREATE DATABASE … TEMPLATE` on PostgreSQL, table by table on MySQL and
//! MariaDB. Tests may run in parallel, in threads and in several processes. A database is removed when its
//! [`TestDatabase`] is dropped, in the background; the last one of a process waits for that. Databases of processes that
//! were killed are removed by the next process.
//!
//! ```
//! use seachange::Migrations;
//! use seachange::prelude::sea_orm::ConnectionTrait;
//! use seachange::testing::TestDatabases;
//!
//! # static MIGRATIONS: Migrations = Migrations::new("doc 0.1.0", &[]);
//! static DATABASES: TestDatabases = TestDatabases::new(&MIGRATIONS);
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # if std::env::var_os("TEST_DATABASE_URL").is_some() { return Ok(()) }
//! let database = DATABASES.create().await?;
//! database.connection().execute_unprepared("CREATE TABLE notes (id integer PRIMARY KEY)").await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`stairway`], [`single_head`], [`entities_match`] and [`sources_unchanged`] are tests of one line each.

mod checks;
mod clones;
mod error;
mod host;
#[cfg(feature = "mysql")]
mod mysql;
mod names;
#[cfg(feature = "postgres")]
mod postgres;
mod scripts;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
mod stairway;

pub use checks::{entities_match, entities_match_on, single_head, sources_unchanged};
pub use clones::{TestDatabase, TestDatabases};
pub use error::TestError;
pub use scripts::{MigrationScript, scripts_match_on};
pub use stairway::{Stairway, StairwayFault, StairwayReport, StairwayStep, stairway};
