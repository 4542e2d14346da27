//! A revision that failed: which one, where, why, what is left, and how to go on.

use seachange_graph::Direction;

use super::{GO_ON, interrupted};
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;
use crate::cli::{describe, revision_scope};
use crate::database_error::is_lost_connection;
use crate::limits::Limit;
use crate::runner::{Cause, Failure, Left};

pub(super) fn problem(failure: &Failure) -> Problem {
    let Failure { revision, message, file, cause, .. } = failure;
    let mut problem = Problem::new(Exit::Revision, format!("`{revision}`, {message}, failed: {cause}"));
    problem = problem.detail(format!("in `{file}`{}", place(cause)));
    if let Some(statement) = &failure.statement {
        problem = problem.detail(format!("statement: {statement}"));
    }
    if failure.attempts > 1 {
        problem = problem.detail(format!("it was tried {} times", failure.attempts));
    }
    problem = problem.detail(left(failure));
    if failure.done > 0 {
        let done = describe::revisions(failure.done);
        problem = problem.detail(format!("{done} of {} before it went through and stay", failure.of));
    }
    hint(failure, problem)
}

fn place(cause: &Cause) -> String {
    match (cause, revision_scope::location()) {
        (Cause::Panic(_), Some(location)) => format!(", at {location}"),
        _ => String::new(),
    }
}

fn left(failure: &Failure) -> String {
    let why = if failure.rolls_back {
        "it runs outside of a transaction".to_owned()
    } else {
        format!("{} cannot roll back changes of tables", failure.system)
    };
    match failure.left {
        Left::Nothing if failure.is_whole => format!(
            "nothing is left of the {} of the run: they were one transaction, and were rolled back",
            describe::revisions(failure.of)
        ),
        Left::Nothing if !failure.rolls_back => "nothing is left of it: it had not changed anything yet".to_owned(),
        Left::Nothing => "nothing is left of it: it was rolled back".to_owned(),
        Left::Begun { statements: 0 } => format!("{why}; no statement before the failure is known to have run"),
        Left::Begun { statements: 1 } => format!("{why}: 1 statement before the failure took effect"),
        Left::Begun { statements } => format!("{why}: {statements} statements before the failure took effect"),
        Left::Unknown => "the connection was lost during the commit: it may be there or not, as a whole".to_owned(),
    }
}

fn hint(failure: &Failure, problem: Problem) -> Problem {
    let problem = match failure.limit {
        Some(Limit::Lock) => problem.hint("`--lock-timeout` says how long to wait for a lock, `--retries` how often"),
        Some(Limit::Statement) => problem.hint("it took longer than `--statement-timeout` allows"),
        None => problem,
    };
    match (failure.left, failure.direction) {
        (Left::Nothing, _) if failure.limit.is_some() => problem.hint(GO_ON),
        (Left::Begun { .. }, _) if is_lost(&failure.cause) => {
            problem.hint("when the database answers again, `repair` tells what it has done, and how to go on")
        }
        (Left::Nothing, _) if is_lost(&failure.cause) => {
            problem.hint(format!("when the database answers again, {GO_ON}"))
        }
        (Left::Nothing, Direction::Upgrade) => problem.hint("correct the file, then `up` goes on from here"),
        (Left::Nothing, Direction::Downgrade) => problem.hint("correct the file, then `down` goes on from here"),
        (Left::Begun { .. }, direction) => problem
            .hint("correct the file, then `repair --resume` runs the rest of it")
            .hint(interrupted::settle(direction)),
        (Left::Unknown, _) => problem.hint("`status` tells"),
    }
}

/// Whether the way to the database failed, and not the revision.
fn is_lost(cause: &Cause) -> bool {
    matches!(cause, Cause::Database(error) if is_lost_connection(error))
}
