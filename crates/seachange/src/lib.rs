//! Alembic's revision graph for SeaORM: migrations are Rust modules, ordered by down-revision pointers and compiled
//! into the program that runs them.
//!
//! In reading order:
//!
//! - [`revision`]: what a program knows of its own revisions;
//! - [`settings`]: which database, from what a person set;
//! - [`connection`]: the way to it;
//! - [`migrator`]: what is applied, what is pending, and the ways to change it;
//! - [`runner`]: one revision after the other, each with its row, and what is left when one fails;
//! - [`offline`]: the same as a script, for a database that cannot be reached;
//! - [`store`]: the table that says what is applied;
//! - [`adopt`]: the records of other tools, to go on from;
//! - [`alter`]: changes of tables that work on every database, SQLite too;
//! - [`schema`] and [`inspect`]: what a database has, as data;
//! - [`autogenerate`]: the revision that leads from a database to the entities;
//! - [`event`] and [`report`]: what happens during a run, and what it did.
//!
//! Deciding is left to [`seachange_graph`]; this crate acts. It prints nothing and reads no environment, but for the
//! features `args` and `cli`.

pub mod adopt;
pub mod alter;
pub mod autogenerate;
mod backend;
pub mod connection;
mod database_error;
mod error;
pub mod event;
pub mod inspect;
mod intercept;
pub mod journal;
pub mod limits;
mod lock;
pub mod migrator;
pub mod offline;
pub mod prelude;
pub mod report;
pub mod revision;
mod run_context;
pub mod runner;
pub mod schema;
pub mod settings;
mod sql;
mod sqlite_ddl;
pub mod store;

#[cfg(feature = "args")]
pub mod args;
#[cfg(feature = "cli")]
pub mod cli;

pub use error::Error;
pub use limits::{Limit, Limits};
pub use migrator::{AheadPolicy, EditPolicy, GapPolicy, Migrator, OtherRecordPolicy, UpgradeOptions};
pub use offline::ScriptWriter;
pub use report::Report;
pub use revision::{Migrations, RegisteredRevision, Revision};
pub use seachange_graph as graph;
pub use settings::DatabaseSettings;
