//! An error in the form that the command line prints.

use std::io;

use super::describe;
use super::exit::Exit;
use super::printable;
use crate::revision::RegisteredRevision;

/// The maximum number of commands in a hint, and of hints with one command each.
pub(crate) const SPELLED_OUT: usize = 4;

/// What went wrong, what is left in the database, what the user can do, and the exit code.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    /// One line, lowercase, names in backticks.
    pub(crate) message: String,
    /// Further facts, one line each.
    pub(crate) details: Vec<String>,
    /// Hints, one line each.
    pub(crate) hints: Vec<String>,
    pub(crate) exit: Exit,
}

impl Diagnostic {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        let message = printable::lines(&message.into()).into_owned();
        Self { message, details: Vec::new(), hints: Vec::new(), exit }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The error for a database with pending revisions; the message names some of them.
    pub(crate) fn behind(pending: &[&RegisteredRevision]) -> Self {
        let count = describe::revisions(pending.len());
        let problem = Self::new(Exit::Behind, format!("the database is not at the heads: {count} pending"));
        let named = pending.iter().take(3).map(|script| format!("`{}`, {}", script.revision.id, script.message));
        named.fold(problem, Self::detail)
    }

    #[must_use]
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(printable::lines(&detail.into()).into_owned());
        self
    }

    /// Adds a line that contains styles; names in it are already escaped.
    #[must_use]
    pub(crate) fn styled_detail(mut self, detail: String) -> Self {
        self.details.push(detail);
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(printable::lines(&hint.into()).into_owned());
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
    pub(crate) fn runtime(error: io::Error) -> Self {
        Self::new(Exit::Failure, format!("cannot start the asynchronous runtime: {error}"))
    }

    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
    pub(crate) fn json(error: serde_json::Error) -> Self {
        Self::new(Exit::Failure, format!("cannot write JSON: {error}"))
    }
}
