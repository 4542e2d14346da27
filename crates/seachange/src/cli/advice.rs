//! What can be done about an error, as hints.

mod database;
mod failure;
mod source;

use seachange_graph::fault::quoted;
use seachange_graph::{AppliedError, Direction, FindError, PlanError, TargetError};

use super::exit::Exit;
use super::problem::Problem;
use crate::Error;

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
        Error::Target(error) => target(error),
        Error::Find(error) | Error::Plan(PlanError::Find(error)) => find(error),
        Error::Plan(error) => plan(error),
        Error::Applied(error) => applied(error),
        Error::Interrupted { revision, direction, .. } => interrupted(plain(Exit::Mismatch), revision, *direction),
        Error::ForeignTable { .. } => plain(Exit::Mismatch)
            .hint("another program made this table; rename it, or point the settings at another database"),
        Error::Database { source, .. } => database::refused(plain(Exit::Failure), source),
        Error::Failed(failure) => failure::problem(failure),
        Error::Behind { .. } => plain(Exit::Mismatch).hint("`up` applies them"),
    }
}

fn target(error: &TargetError) -> Problem {
    Problem::usage(error.to_string())
        .hint("a target is `head`, `heads`, `base`, `+N`, `-N`, or a revision id or the beginning of one")
}

fn find(error: &FindError) -> Problem {
    let problem = Problem::usage(error.to_string());
    match error {
        FindError::Unknown { similar, .. } if !similar.is_empty() => problem.hint(format!(
            "did you mean {}?",
            similar.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")
        )),
        FindError::Unknown { .. } => problem.hint("`history` lists the revisions"),
        FindError::Ambiguous { .. } => problem.hint("write more of the id"),
    }
}

fn plan(error: &PlanError) -> Problem {
    let problem = Problem::usage(error.to_string());
    match error {
        PlanError::SeveralHeads { .. } => {
            problem.hint("say `heads` for all of them, or name one").hint("`heads` shows what each of them does")
        }
        PlanError::Relative { .. } => problem.hint("name a revision, or say `head`, `heads` or `base`"),
        PlanError::TooFar { available: 0, .. } => problem.hint("`status` shows where the database stands"),
        PlanError::TooFar { available, .. } => problem.hint(format!("{available} is the most that can be done")),
        PlanError::SeveralWays { .. } => problem.hint("name the revision to go to"),
        PlanError::NotApplied { .. } => problem.hint("`status` shows what is applied"),
        PlanError::WrongWay { direction: Direction::Upgrade, .. } => problem.hint("`down` takes revisions back"),
        PlanError::WrongWay { direction: Direction::Downgrade, .. } => problem.hint("`up` applies revisions"),
        _ => problem,
    }
}

fn applied(error: &AppliedError) -> Problem {
    let problem = Problem::new(Exit::Mismatch, error.to_string());
    match error {
        AppliedError::Ahead { .. } => problem.hint("a newer program migrated it: run that one, or build this one anew"),
        AppliedError::Diverged { .. } => problem.hint(
            "the files of these revisions are not part of this program: bring them back, or use another database",
        ),
        AppliedError::Missing { missing, above } => problem
            .hint("the files were added below what is applied: let them come after the head instead")
            .hint(format!("or do by hand what {} would do, and say {}", quoted(missing), stamps(above))),
    }
}

fn stamps(revisions: &[String]) -> String {
    revisions.iter().map(|revision| format!("`stamp {revision}`")).collect::<Vec<_>>().join(", ")
}

fn interrupted(problem: Problem, revision: &str, direction: Direction) -> Problem {
    let problem = problem.detail("the database cannot roll back changes of tables, so some of it may be there");
    let undone = match direction {
        Direction::Upgrade => "finish by hand what it began",
        Direction::Downgrade => "bring back by hand what it took away",
    };
    problem
        .hint(format!("{undone}, then `stamp {revision}` to record it as applied"))
        .hint("or undo it by hand, then `stamp` the revision before it")
}
