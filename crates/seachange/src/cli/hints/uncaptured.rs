//! A revision that cannot be written as an offline script: why, where, and what to write instead.

use seachange_cli::{Diagnostic, Exit, printable};

use super::failure;
use crate::cli::revision_scope;
use crate::offline::{ReadKind, ScriptError, ScriptErrorKind};
use crate::runner::FailureCause;

pub(super) fn problem(error: &ScriptError) -> Diagnostic {
    let ScriptError { file, obstacle, statement, .. } = error;
    let place = match (obstacle, revision_scope::location()) {
        (ScriptErrorKind::Code(FailureCause::Panic(_)), Some(location)) => format!(", at {location}"),
        _ => String::new(),
    };
    let mut problem =
        Diagnostic::new(Exit::Revision, printable::name(&error.to_string())).detail(format!("in `{file}`{place}"));
    if let Some(statement) = statement {
        problem = problem.detail(format!("statement: {statement}"));
    }
    hint(problem.detail("no script was written"), error)
}

fn hint(problem: Diagnostic, error: &ScriptError) -> Diagnostic {
    let revision = &error.revision;
    match &error.obstacle {
        ScriptErrorKind::Reads(ReadKind::Returned) => problem
            .hint("write rows with `manager.execute(Query::insert() ...)`, which reads back no row and no key")
            .hint("and look up generated keys by a `SELECT` inside the statement"),
        ScriptErrorKind::Reads(ReadKind::Probe(_)) => problem
            .hint("use `if_not_exists()` or `if_exists()` in the statement: then the database checks when it runs"),
        ScriptErrorKind::Reads(_) => problem
            .hint("move the question into a statement, as in `UPDATE ... FROM` or `INSERT ... SELECT`")
            .hint(format!("or write the scripts up to `{revision}` and after it, and make its changes by hand")),
        ScriptErrorKind::Value(_) => {
            problem.hint("write the value into the text of the statement, as this database has it")
        }
        ScriptErrorKind::Code(cause) => failure::instead_of_panic(cause, problem)
            .hint("correct the file; it runs here without the rows of the database"),
    }
}
