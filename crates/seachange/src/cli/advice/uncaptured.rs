//! A revision that cannot be written as a script: what it does, where, and what it could do instead.

use super::failure;
use crate::cli::exit::Exit;
use crate::cli::printable;
use crate::cli::problem::Problem;
use crate::cli::revision_scope;
use crate::offline::{Obstacle, Reading, Uncaptured};
use crate::runner::Cause;

pub(super) fn problem(error: &Uncaptured) -> Problem {
    let Uncaptured { file, obstacle, statement, .. } = error;
    let place = match (obstacle, revision_scope::location()) {
        (Obstacle::Code(Cause::Panic(_)), Some(location)) => format!(", at {location}"),
        _ => String::new(),
    };
    let mut problem =
        Problem::new(Exit::Revision, printable::name(&error.to_string())).detail(format!("in `{file}`{place}"));
    if let Some(statement) = statement {
        problem = problem.detail(format!("statement: {statement}"));
    }
    hint(problem.detail("no script was written"), error)
}

fn hint(problem: Problem, error: &Uncaptured) -> Problem {
    let revision = &error.revision;
    match &error.obstacle {
        Obstacle::Reads(Reading::Returned) => problem
            .hint("write rows with `manager.execute(Query::insert() ...)`, which asks for no row and no key back")
            .hint("and have the database look up keys that it gave, by `SELECT` inside of the statement"),
        Obstacle::Reads(Reading::Probe(_)) => problem
            .hint("say `if_not_exists()` or `if_exists()` in the statement, and the database asks itself when it runs"),
        Obstacle::Reads(_) => problem
            .hint("move the question into a statement, as in `UPDATE ... FROM` or `INSERT ... SELECT`")
            .hint(format!("or write the scripts up to `{revision}` and after it, and do by hand what it does")),
        Obstacle::Value(_) => problem.hint("write the value into the text of the statement, as this database has it"),
        Obstacle::Code(cause) => failure::instead_of_panic(cause, problem)
            .hint("correct the file; it runs here without the rows of the database"),
    }
}
