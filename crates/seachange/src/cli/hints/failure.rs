//! A failed revision: which one, where, why, what is left in the database, and how to continue.

use seachange_cli::{Diagnostic, Exit, describe, printable};
use seachange_graph::Direction;

use super::{GO_ON, database, interrupted, sea_query};
use crate::cli::revision_scope;
use crate::database_error::{database_error, is_lost_connection, reason};
use crate::error::Refusal;
use crate::limits::Limit;
use crate::runner::{FailureCause, Leftover, RevisionFailure};

/// A revision that failed in the user's database.
pub(super) fn problem(failure: &RevisionFailure) -> Diagnostic {
    let mut problem = facts(failure);
    if failure.attempts > 1 {
        problem = problem.detail(format!("it was tried {} times", failure.attempts));
    }
    problem = problem.detail(left(failure));
    if failure.done > 0 {
        let done = describe::revisions(failure.done);
        problem = problem.detail(format!("{done} of {} succeeded before it and are kept", failure.of));
    }
    hint(failure, instead_of_panic(&failure.cause, problem))
}

/// Adds what to write instead if sea-query panicked because the database does not support the operation.
pub(super) fn instead_of_panic(cause: &FailureCause, problem: Diagnostic) -> Diagnostic {
    let FailureCause::Panic(panic) = cause else { return problem };
    match sea_query::hint(panic, revision_scope::location().as_deref()) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A revision that failed in a scratch database, which is dropped.
pub(super) fn problem_of_replay(failure: &RevisionFailure) -> Diagnostic {
    let mut problem = facts(failure);
    if failure.done > 0 {
        let done = describe::revisions(failure.done);
        problem = problem.detail(format!("{done} of {} succeeded before it", failure.of));
    }
    problem
        .detail("nothing remains: the revisions ran in a scratch database, which was dropped")
        .hint("correct the file, build the program again, and repeat the command")
}

/// Which revision failed, why, and where.
fn facts(failure: &RevisionFailure) -> Diagnostic {
    let RevisionFailure { revision, message, file, cause, .. } = failure;
    if let FailureCause::Rows(reasons) = cause {
        let problem = Diagnostic::new(Exit::Revision, format!("`{revision}`, {message}, was not run"));
        let problem = reasons.iter().fold(problem, |problem, reason| problem.detail(printable::name(reason)));
        return problem.detail(format!("in `{file}`"));
    }
    let mut problem = Diagnostic::new(Exit::Revision, format!("`{revision}`, {message}, failed: {}", why(cause)));
    if let FailureCause::Database(error) = cause {
        problem = database::with_remarks(problem, error);
    }
    problem = problem.detail(format!("in `{file}`{}", place(cause)));
    if let Some(statement) = &failure.statement {
        problem = problem.detail(format!("statement: {statement}"));
    }
    problem
}

/// The cause without the server's detail and hint. Names from the database are escaped; an error of the revision's
/// own code may have several lines.
fn why(cause: &FailureCause) -> String {
    match cause {
        FailureCause::Database(error) if database_error(error).is_some() => {
            printable::name(&reason(error)).into_owned()
        }
        FailureCause::Database(error) => reason(error),
        other => other.to_string(),
    }
}

fn place(cause: &FailureCause) -> String {
    match (cause, revision_scope::location()) {
        (FailureCause::Panic(_), Some(location)) => format!(", at {location}"),
        _ => String::new(),
    }
}

fn left(failure: &RevisionFailure) -> String {
    let why = if failure.rolls_back {
        "it runs outside of a transaction".to_owned()
    } else {
        format!("{} cannot roll back changes of tables", failure.system)
    };
    match failure.left {
        Leftover::Nothing if matches!(failure.cause, FailureCause::Rows(_)) => "nothing of it was run".to_owned(),
        Leftover::Nothing if failure.is_whole => format!(
            "nothing is left of the {} of the run: they were in one transaction, which was rolled back",
            describe::revisions(failure.of)
        ),
        Leftover::Nothing if !failure.rolls_back => "nothing is left of it: it had not changed anything yet".to_owned(),
        Leftover::Nothing => "nothing is left of it: it was rolled back".to_owned(),
        Leftover::Begun { statements: 0 } => format!("{why}; no statement before the failure is known to have run"),
        Leftover::Begun { statements: 1 } => format!("{why}: 1 statement before the failure took effect"),
        Leftover::Begun { statements } => format!("{why}: {statements} statements before the failure took effect"),
        Leftover::Escaped => {
            "the engine's transaction was no longer open: what the revision ran may be in the database, as a whole or \
             in part, and the record does not have it"
                .to_owned()
        }
        Leftover::Unknown => {
            "the connection was lost during the commit: either all of it took effect, or none of it".to_owned()
        }
    }
}

fn hint(failure: &RevisionFailure, problem: Diagnostic) -> Diagnostic {
    let problem = match failure.limit {
        Some(Limit::Lock) => {
            problem.hint("`--lock-timeout` sets how long to wait for a lock, `--retries` how often to retry")
        }
        Some(Limit::Statement) => problem.hint("it took longer than `--statement-timeout` allows"),
        None => problem,
    };
    let problem = match &failure.cause {
        FailureCause::Refused(Refusal::LeaseEnded { .. }) => return after_lease(failure, problem),
        FailureCause::Refused(refusal) => refusal.hint().into_iter().fold(problem, Diagnostic::hint),
        FailureCause::TransactionEnded => problem.hint(
            "return `Some(false)` from `use_transaction` to begin and end transactions in the revision, or leave them out",
        ),
        FailureCause::ForeignKeys(_) => problem.hint(
            "foreign keys were off while it ran, because it rebuilds a table or switches them off: `ON DELETE` and `ON UPDATE` \
             did nothing; change such rows in a revision of their own, or change the rows that refer to them too",
        ),
        _ => problem,
    };
    match (failure.left, failure.direction) {
        (Leftover::Nothing, _) if failure.limit.is_some() => problem.hint(GO_ON),
        (Leftover::Begun { .. }, _) if is_lost(&failure.cause) => {
            problem.hint("when the database answers again, `repair` shows what it has done, and how to continue")
        }
        (Leftover::Nothing, _) if is_lost(&failure.cause) => {
            problem.hint(format!("when the database answers again, {GO_ON}"))
        }
        (Leftover::Nothing, _) if matches!(failure.cause, FailureCause::Rows(_)) => {
            problem.hint("correct these rows, then `up` continues from here")
        }
        (Leftover::Nothing, Direction::Upgrade) => problem.hint("correct the file, then `up` continues from here"),
        (Leftover::Nothing, Direction::Downgrade) => problem.hint("correct the file, then `down` continues from here"),
        (Leftover::Begun { .. }, direction) => problem
            .hint("correct the file, then `repair --resume` runs the rest of it")
            .hint(interrupted::by_hand(direction)),
        (Leftover::Escaped, Direction::Upgrade) => {
            problem.hint("check the database; undo what is there and correct the file, or record it with `stamp`")
        }
        (Leftover::Escaped, Direction::Downgrade) => {
            problem.hint("check the database; restore what is gone and correct the file, or record it with `stamp`")
        }
        (Leftover::Unknown, _) => problem.hint("`status` tells"),
    }
}

/// How to go on after the end of the lease: another run may be at work.
fn after_lease(failure: &RevisionFailure, problem: Diagnostic) -> Diagnostic {
    match failure.left {
        Leftover::Nothing => problem.hint(GO_ON),
        _ => problem
            .detail("a statement that was running then is in doubt: it took effect or not, or is still running")
            .hint("`repair` shows what it has done, and how to continue"),
    }
}

/// Whether the connection failed, and not the revision.
fn is_lost(cause: &FailureCause) -> bool {
    matches!(cause, FailureCause::Database(error) if is_lost_connection(error))
}
