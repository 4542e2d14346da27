//! What can be done about an error, as hints.

mod database;
mod failure;
mod graph;
mod place;
mod source;
mod uncaptured;

use seachange_graph::Direction;

pub(crate) use place::place;

use super::exit::Exit;
use super::problem::Problem;
use crate::Error;
use crate::store::Holder;

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
        Error::Interrupted { revision, direction, .. } => interrupted(plain(Exit::Mismatch), revision, *direction),
        Error::LockTimeout { holder, .. } => lock_timeout(plain(Exit::LockTimeout), holder.as_deref()),
        Error::LockLost { is_pooled: true } => plain(Exit::Connection)
            .detail("a pooler hands them out by transaction, so that no lock would keep other runs out")
            .hint("connect to the server itself, or to a pool in session mode"),
        Error::LockLost { is_pooled: false } => plain(Exit::Connection)
            .detail("its session ended; the revision that was to come next was not begun")
            .hint("the same command goes on from here"),
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

fn interrupted(problem: Problem, revision: &str, direction: Direction) -> Problem {
    let problem = problem.detail("the database cannot roll back changes of tables, so some of it may be there");
    let (forth, back) = match direction {
        Direction::Upgrade => ("finish by hand what it began", "undo by hand what it began"),
        Direction::Downgrade => ("bring back by hand what it took away", "finish by hand what it began"),
    };
    problem
        .hint(format!("{forth}, then `stamp {revision}` to record it as applied"))
        .hint(format!("or {back}, then `stamp {revision}@-1` to record it as not applied"))
}
