//! Alembic's revision graph for SeaORM: migrations are Rust modules, ordered by down-revision pointers and compiled
//! into the program that runs them.
//!
//! In reading order:
//!
//! - [`revision`]: what a program knows about its own revisions;
//! - [`settings`]: which database to use, from the user's settings;
//! - [`connection`]: connections to the database;
//! - [`migrator`]: what is applied, what is pending, and the operations that change it;
//! - [`fleet`]: the same for many databases in one run;
//! - [`runner`]: runs revisions in order, records each, and handles failures;
//! - [`offline`]: the same as an offline script, for a database that cannot be reached;
//! - [`store`]: the table that records the applied revisions;
//! - [`adopt`]: takes over the records of other tools;
//! - [`alter`]: changes of tables that work on every database, including SQLite;
//! - [`schema`] and [`inspect`]: the schema of a database, as data;
//! - [`autogenerate`]: generates the revision that changes a database to match the entities;
//! - `impact` (feature `cli`): what pending changes would do to a database and its rows;
//! - [`event`] and [`report`]: the events during a run, and its result.
//!
//! [`seachange_graph`] decides; this crate acts. It prints nothing and reads no environment variable, except in the
//! features `args` and `cli`.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod adopt;
pub mod alter;
pub mod autogenerate;
mod backend;
pub mod backfill;
pub mod connection;
mod database_error;
mod error;
pub mod event;
pub mod fleet;
mod gate;
pub mod inspect;
mod intercept;
pub mod journal;
mod lease;
pub mod limits;
mod lock;
pub mod migrator;
pub mod offline;
pub mod prelude;
pub mod record;
pub mod report;
pub mod revision;
mod revision_sql;
mod run_arguments;
mod run_context;
pub mod runner;
pub mod schema;
mod session;
pub mod settings;
mod sql;
mod sqlite_ddl;
pub mod store;
pub mod synchronise;

#[cfg(feature = "args")]
#[cfg_attr(docsrs, doc(cfg(feature = "args")))]
pub mod args;
#[cfg(feature = "cli")]
#[cfg_attr(docsrs, doc(cfg(feature = "cli")))]
pub mod cli;

#[cfg(feature = "cli")]
#[cfg_attr(docsrs, doc(cfg(feature = "cli")))]
pub mod impact;

#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

pub use alter::offline_scope::is_recorded;
pub use error::Error;
pub use limits::{Limit, Limits};
pub use migrator::{AheadPolicy, EditPolicy, GapPolicy, Migrator, OtherRecordPolicy, RunOptions, StopHandle};
pub use offline::ScriptWriter;
pub use report::Report;
pub use revision::{Migrations, RegisteredRevision, Revision};
pub use revision_sql::RevisionSql;
pub use run_arguments::{RunArguments, tag_argument, x_argument};
pub use seachange_graph as graph;
pub use settings::DatabaseSettings;
pub use store::RevisionTable;

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs hold these across awaits, and share them between tasks.
    #[test]
    fn public_types_are_send_and_sync() {
        fn check<T: Send + Sync>() {}
        check::<Migrator>();
        check::<StopHandle>();
        check::<Migrations>();
        check::<ScriptWriter<'_>>();
        check::<DatabaseSettings>();
        check::<Limits>();
        check::<Report>();
        check::<Error>();
        check::<event::EventHandler>();
        check::<schema::Schema>();
        check::<autogenerate::Entities>();
        check::<autogenerate::Difference>();
    }

    /// The futures of a run can be spawned.
    #[test]
    fn runs_can_be_spawned() {
        fn check<T: Send>(_: impl FnOnce(&'static Migrator) -> T) {}
        fn spawned(_: impl Send) {}
        check(|migrator| migrator.upgrade("heads"));
        check(|migrator| migrator.downgrade("base"));
        check(|migrator| migrator.status());
        check(|migrator| migrator.check());
        check(|migrator| migrator.stamp("heads"));
        check(|migrator| migrator.resume(migrator::Resolution::Ask));
        check(|migrator| migrator.mark_applied());
        check(|migrator| migrator.drop_everything());
        let _ = |writer: &'static ScriptWriter<'static>| spawned(writer.upgrade(&graph::Target::BASE, &[]));
    }
}
