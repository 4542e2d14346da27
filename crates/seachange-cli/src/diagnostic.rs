//! An error in the form that a command line prints.

use std::io;

use crate::exit::Exit;
use crate::printable;

/// The maximum number of commands in a hint, and of hints with one command each.
pub const SPELLED_OUT: usize = 4;

/// What went wrong, what is left in the database, what the user can do, and the exit code.
#[derive(Debug)]
pub struct Diagnostic {
    /// One line, lowercase, names in backticks.
    pub message: String,
    /// Further facts, one line each.
    pub details: Vec<String>,
    /// Hints, one line each.
    pub hints: Vec<String>,
    /// How the process ends.
    pub exit: Exit,
}

impl Diagnostic {
    /// An error with an exit code of its own.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        let message = printable::lines(&message.into()).into_owned();
        Self { message, details: Vec::new(), hints: Vec::new(), exit }
    }

    /// An error in what the user typed; nothing was done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds a fact.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(printable::lines(&detail.into()).into_owned());
        self
    }

    /// Adds a line that contains styles; names in it are already escaped.
    #[must_use]
    pub fn styled_detail(mut self, detail: String) -> Self {
        self.details.push(detail);
        self
    }

    /// Adds what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(printable::lines(&hint.into()).into_owned());
        self
    }

    /// A value that cannot be written as JSON.
    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
    pub fn json(error: serde_json::Error) -> Self {
        Self::new(Exit::Failure, format!("cannot write JSON: {error}"))
    }
}

/// Formats an error of the operating system for a message: lowercase, without numbers.
pub fn reason(error: &io::Error) -> String {
    match (error.raw_os_error(), error.kind()) {
        (Some(_), io::ErrorKind::NotFound) => "no such file".to_owned(),
        (Some(_), kind) => kind.to_string(),
        (None, _) => error.to_string(),
    }
}
