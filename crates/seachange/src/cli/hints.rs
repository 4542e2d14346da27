//! Hints for errors: what the user can do.

mod adopt;
pub(crate) mod autogenerate;
pub(crate) mod database;
mod failure;
mod fleet;
pub(crate) mod interrupted;
mod sea_query;
pub(crate) mod squash;
mod uncaptured;

use seachange_cli::{Diagnostic, Exit, printable};

use super::interrupt;
use crate::Error;
use crate::database_error::reason;
use crate::error::BackfillError;
use crate::store::Holder;

/// The hint for a run that ended between two revisions.
const GO_ON: &str = "the same command continues from here";

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        problem(&error)
    }
}

/// Converts an error of the engine to the form that the command line prints.
pub(crate) fn problem(error: &Error) -> Diagnostic {
    // These messages contain ids and names from the database.
    let plain = |exit| Diagnostic::new(exit, printable::name(&error.to_string()));
    match error {
        Error::Connect(error) => database::connect(error),
        Error::Graph(_) => Diagnostic::new(Exit::Mismatch, error.to_string())
            .hint("build the program again: the build names the files"),
        Error::Target(error) => error.clone().into(),
        Error::Range(error) => error.clone().into(),
        Error::Resolve(error) => error.clone().into(),
        Error::History(error) => error.clone().into(),
        Error::Plan(error) => error.clone().into(),
        Error::Applied(error) => error.clone().into(),
        Error::Edited { .. } => plain(Exit::Mismatch)
            .hint("`repair --accept-edited` records the current code; without `--strict` this is a warning"),
        Error::Adopt(error) => adopt::problem(error),
        Error::Backfill(BackfillError::Database(source)) => {
            let problem = database::with_remarks(plain(Exit::Failure), source);
            database::refused(problem, source)
                .hint("what its batches have changed stays, and `backfill run` goes on there")
        }
        Error::Backfill(BackfillError::Stopped { .. }) => {
            Diagnostic::new(interrupt::exit(), printable::name(&error.to_string())).hint(GO_ON)
        }
        Error::Backfill(BackfillError::Unknown { .. }) => {
            plain(Exit::Usage).hint("`backfill list` lists the backfills")
        }
        Error::Backfill(
            BackfillError::Edited { .. }
            | BackfillError::OtherSystem { .. }
            | BackfillError::OtherTable { .. }
            | BackfillError::KeyGone { .. }
            | BackfillError::NotIn { .. }
            | BackfillError::Cancelled { .. }
            | BackfillError::CodeOnly { .. },
        ) => plain(Exit::Mismatch),
        Error::Backfill(_) => plain(Exit::Failure),
        Error::Interrupted { direction, known, .. } => {
            interrupted::interrupted(plain(Exit::Mismatch), *direction, known.as_deref())
        }
        Error::Running { .. } => plain(Exit::Mismatch).hint("wait for it; `status` shows its progress"),
        Error::InDoubt { interruption } => interrupted::in_doubt(interruption),
        Error::Unjournalled { interruption } => interrupted::unjournalled(plain(Exit::Mismatch), interruption),
        Error::NotInterrupted => plain(Exit::Usage).hint("`status` lists every revision"),
        Error::UnknownRevision { .. } => {
            plain(Exit::Mismatch).hint("run the program that has it: according to the database, that program began it")
        }
        Error::NoStoredDowngrade { .. } => plain(Exit::Mismatch)
            .hint("revert it with a program that has it: a newer one applied it")
            .hint("`show --downgrade REVISION` prints what is stored"),
        Error::LockTimeout { holder, .. } => lock_timeout(plain(Exit::LockTimeout), holder.as_deref()),
        Error::Stopped { .. } => Diagnostic::new(interrupt::exit(), error.to_string()).hint(GO_ON),
        Error::NoStatementTimeout { .. } => plain(Exit::Usage)
            .detail("its `max_execution_time` applies to SELECT only")
            .hint("omit `--statement-timeout` and `MIGRATE_STATEMENT_TIMEOUT`"),
        Error::NoSingleTransaction { revision: None, .. } => plain(Exit::Usage)
            .detail("every change of a table commits the statements before it")
            .hint("omit `--single-transaction`"),
        Error::NoSingleTransaction { revision: Some(_), .. } => {
            plain(Exit::Usage).hint("omit `--single-transaction`, or migrate to the revision before it first")
        }
        Error::LockLost { is_pooled: true } => plain(Exit::Connection)
            .detail("a pooler assigns sessions by transaction, so the lock of the run would not keep other runs out")
            .hint("connect to the server itself, or to a pool in session mode"),
        Error::LockLost { is_pooled: false } => plain(Exit::Connection)
            .detail("its session ended, or the pool has more than one; the next revision was not begun")
            .hint(GO_ON),
        Error::LeaseEnded { .. } => plain(Exit::Connection)
            .detail("nothing was sent afterwards, and the next revision was not begun")
            .hint(GO_ON),
        Error::SquashNotRecorded { squash } => plain(Exit::Mismatch)
            .hint(format!("`up` records `{squash}` once all revisions that it replaces are applied")),
        Error::Overtaken { .. } => plain(Exit::Mismatch).hint("`status` shows the current revisions"),
        Error::ForeignTable { table, source } => {
            let message = format!("the table `{table}` is not seachange's: {}", reason(source));
            database::with_remarks(Diagnostic::new(Exit::Mismatch, printable::name(&message)), source)
                .hint("another program made this table; rename it, or point the settings at another database")
        }
        Error::Database { doing, source } => {
            let message = format!("{doing}: {}", reason(source));
            let problem = database::with_remarks(Diagnostic::new(Exit::Failure, printable::name(&message)), source);
            database::refused(problem, source)
        }
        Error::Standby { source, .. } => plain(Exit::Connection)
            .detail(format!("it refused: {}", printable::name(&source.to_string())))
            .hint("point the settings at the primary: the standby replicates it"),
        Error::RolledBackTogether => plain(Exit::Revision),
        Error::StillPrepared { .. } => plain(Exit::Revision)
            .detail("its locks stay until then, and the tables that it changed are not usable")
            .hint(
                "the same command decides about it: it is committed if the first target was, and rolled back otherwise",
            ),
        Error::Unadopted { tool, .. } => plain(Exit::Mismatch)
            .detail("everything would be applied again, from the first revision")
            .hint(format!("`adopt --from {}` continues from there", tool.word()))
            .hint("`up --ignore-other-records` applies all revisions anyway"),
        Error::RecordElsewhere { schema, .. } => plain(Exit::Mismatch)
            .detail("the search path leads to it, and this program has none of its revisions")
            .hint(format!(
                "set `DATABASE_SCHEMA` to the schema that is to be migrated; the table was found in `{schema}`"
            )),
        Error::NotReopenable { is_memory: true } => {
            plain(Exit::Usage).hint("use a pool of one connection, or a database file")
        }
        Error::NotReopenable { is_memory: false } => plain(Exit::Usage).hint("use `Migrator::connect` with settings"),
        Error::Failed(failure) => failure::problem(failure),
        Error::Uncaptured(error) => uncaptured::problem(error),
        Error::UnknownStart { .. } => plain(Exit::Usage)
            .hint("name the revision that the database is at: `current` shows it, if it can be reached"),
        Error::Behind { .. } => plain(Exit::Mismatch).hint("`up` applies them"),
    }
}

fn lock_timeout(problem: Diagnostic, holder: Option<&Holder>) -> Diagnostic {
    let problem = match holder {
        Some(holder) => problem.detail(format!("it is {holder}")),
        None => problem,
    };
    problem.hint("try again later, or wait longer with `--lock-timeout`")
}
