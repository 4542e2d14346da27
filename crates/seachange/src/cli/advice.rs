//! What can be done about an error, as hints.

mod adopt;
pub(crate) mod autogenerate;
mod database;
mod failure;
mod graph;
pub(crate) mod interrupted;
mod place;
mod source;
mod uncaptured;

pub(crate) use place::place;

use super::exit::Exit;
use super::interrupt;
use super::problem::Problem;
use crate::Error;
use crate::store::Holder;

/// For a run that ended between two revisions.
const GO_ON: &str = "the same command goes on from here";

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        problem(&error)
    }
}

/// An error of the engine as the command line prints it.
fn problem(error: &Error) -> Problem {
    let plain = |exit| Problem::new(exit, error.to_string());
    match error {
        Error::Connect(error) => database::connect(error),
        Error::Graph(_) => plain(Exit::Mismatch).hint("build the program again: the build names the files"),
        Error::Target(error) => graph::target(error),
        Error::Range(error) => graph::range(error),
        Error::Resolve(error) => graph::resolve(error),
        Error::History(error) => graph::history(error),
        Error::Plan(error) => graph::plan(error),
        Error::Applied(error) => graph::applied(error),
        Error::Edited { .. } => plain(Exit::Mismatch)
            .hint("`repair --accept-edited` records the code that is there now; without `--strict` this is a warning"),
        Error::Adopt(error) => adopt::problem(error),
        Error::Interrupted { direction, known, .. } => {
            interrupted::interrupted(plain(Exit::Mismatch), *direction, known.as_deref())
        }
        Error::Running { .. } => plain(Exit::Mismatch).hint("wait for it; `status` tells how it goes"),
        Error::InDoubt { interruption } => interrupted::in_doubt(interruption),
        Error::Unjournalled { interruption } => interrupted::unjournalled(plain(Exit::Mismatch), interruption),
        Error::NotInterrupted => plain(Exit::Usage).hint("`status` lists every revision"),
        Error::UnknownRevision { .. } => {
            plain(Exit::Mismatch).hint("run the program that has it, which the database says began it")
        }
        Error::LockTimeout { holder, .. } => lock_timeout(plain(Exit::LockTimeout), holder.as_deref()),
        Error::Stopped { .. } => Problem::new(interrupt::exit(), error.to_string()).hint(GO_ON),
        Error::NoStatementTimeout { .. } => plain(Exit::Usage)
            .detail("its `max_execution_time` holds for SELECT alone")
            .hint("leave `--statement-timeout` and `MIGRATE_STATEMENT_TIMEOUT` away"),
        Error::NoSingleTransaction { revision: None, .. } => plain(Exit::Usage)
            .detail("every change of a table commits what came before it")
            .hint("leave `--single-transaction` away"),
        Error::NoSingleTransaction { revision: Some(_), .. } => {
            plain(Exit::Usage).hint("leave `--single-transaction` away, or go to the revision before it first")
        }
        Error::LockLost { is_pooled: true } => plain(Exit::Connection)
            .detail("a pooler hands them out by transaction, so that no lock would keep other runs out")
            .hint("connect to the server itself, or to a pool in session mode"),
        Error::LockLost { is_pooled: false } => plain(Exit::Connection)
            .detail(
                "its session ended, or the pool has more than one; the revision that was to come next was not begun",
            )
            .hint(GO_ON),
        Error::Overtaken { .. } => plain(Exit::Mismatch).hint("`status` tells where the database stands now"),
        Error::ForeignTable { .. } => plain(Exit::Mismatch)
            .hint("another program made this table; rename it, or point the settings at another database"),
        Error::Database { source, .. } => database::refused(plain(Exit::Failure), source),
        Error::Failed(failure) => failure::problem(failure),
        Error::Uncaptured(error) => uncaptured::problem(error),
        Error::UnknownStart { .. } => plain(Exit::Usage)
            .hint("name the revision that the database is at: `current` shows it, where it can be asked"),
        Error::Behind { .. } => plain(Exit::Mismatch).hint("`up` applies them"),
    }
}

fn lock_timeout(problem: Problem, holder: Option<&Holder>) -> Problem {
    let problem = match holder {
        Some(holder) => problem.detail(format!("it is {holder}")),
        None => problem,
    };
    problem.hint("try again later, or wait longer with `--lock-timeout`")
}
