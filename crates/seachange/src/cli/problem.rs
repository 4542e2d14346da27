//! Errors that several commands report.

use std::io;

use seachange_cli::{Diagnostic, Exit, describe};

use crate::revision::RegisteredRevision;

/// The error for a database with pending revisions; the message names some of them.
pub(crate) fn behind(pending: &[&RegisteredRevision]) -> Diagnostic {
    let count = describe::revisions(pending.len());
    let problem = Diagnostic::new(Exit::Behind, format!("the database is not at the heads: {count} pending"));
    let named = pending.iter().take(3).map(|script| format!("`{}`, {}", script.revision.id, script.message));
    named.fold(problem, Diagnostic::detail)
}

/// The error for an asynchronous runtime that does not start.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
pub(crate) fn no_runtime(error: io::Error) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("cannot start the asynchronous runtime: {error}"))
}
