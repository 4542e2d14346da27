//! Output: results go to the standard output, everything else to the standard error.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

use super::diagnostic::Diagnostic;
use super::exit::Exit;
use super::json;
use super::printable;
use crate::diagnostic::reason;

/// The style of errors.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Whether the last line on the standard error is incomplete.
static IS_LINE_OPEN: AtomicBool = AtomicBool::new(false);

/// The error of the first result that could not be written.
static LOST_ANSWER: OnceLock<io::Error> = OnceLock::new();

/// The style of the verb at the start of a progress line.
pub const VERB: Style = AnsiColor::Green.on_default().bold();
/// The style of a revision id.
pub const ID: Style = AnsiColor::Yellow.on_default();
/// The style of a branch label.
pub const LABEL: Style = AnsiColor::Magenta.on_default();
/// The style of less important text.
pub const DIM: Style = Style::new().dimmed();

/// The level of detail. `--color` decides once per process whether the output is coloured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Print answers and errors only.
    pub quiet: bool,
    /// Print details.
    pub verbose: bool,
    /// Whether all output is lines of JSON on the standard output.
    pub json: bool,
}

impl Terminal {
    /// Prints a result; [`finish`] reports whether it was written.
    pub fn print(self, text: impl Display) {
        note_write_error(writeln!(anstream::stdout(), "{}", printable::styled(&text.to_string())));
    }

    /// Prints a result for programs without any escaping, and ends the line.
    pub fn answer_raw(self, text: impl Display) {
        note_write_error(writeln!(io::stdout(), "{text}"));
    }

    /// Prints progress, unless `--quiet`.
    pub fn status(self, text: impl Display) {
        if self.is_talking() {
            close_line();
            let _ = writeln!(anstream::stderr(), "{}", printable::styled(&text.to_string()));
        }
    }

    /// Prints the rest of an incomplete line, unless `--quiet`. Other lines may have been printed in between.
    pub fn end(self, text: impl Display) {
        if self.is_talking() {
            let start = if IS_LINE_OPEN.swap(false, Ordering::Relaxed) { "" } else { "… " };
            let _ = writeln!(anstream::stderr(), "{start}{}", printable::styled(&text.to_string()));
        }
    }

    /// Prints the beginning of a line, unless `--quiet`.
    pub fn begin(self, text: impl Display) {
        if self.is_talking() {
            let mut stderr = anstream::stderr();
            let _ = write!(stderr, "{}", printable::styled(&text.to_string()));
            let _ = stderr.flush();
            IS_LINE_OPEN.store(true, Ordering::Relaxed);
        }
    }

    /// Ends an incomplete line; [`end`](Self::end) continues it later.
    pub fn break_line(self) {
        if self.is_talking() {
            close_line();
        }
    }

    /// Prints a warning, even with `--quiet`.
    pub fn warn(self, text: impl Display) {
        if self.json {
            return self.answer_raw(json::warning(&text.to_string()));
        }
        close_line();
        let text = text.to_string();
        let _ = writeln!(anstream::stderr(), "{}: {}", styled(WARNING, "warning"), printable::styled(&text));
    }

    /// Prints an error with its hints, and returns its exit code.
    pub fn print_error(self, problem: &Diagnostic) -> Exit {
        if self.json {
            self.answer_raw(json::error(problem));
            return problem.exit;
        }
        close_line();
        let mut stderr = anstream::stderr();
        let _ = writeln!(stderr, "{}: {}", styled(ERROR, "error"), printable::styled(&problem.message));
        for detail in &problem.details {
            let _ = writeln!(stderr, "  {}", printable::styled(detail));
        }
        problem.hints.iter().for_each(|hint| self.hint(hint));
        problem.exit
    }

    /// Whether progress is printed.
    fn is_talking(self) -> bool {
        !self.quiet && !self.json
    }

    /// Prints a hint.
    pub fn hint(self, text: impl Display) {
        let text = text.to_string();
        let _ = writeln!(anstream::stderr(), "{}: {}", styled(HINT, "hint"), printable::styled(&text));
    }

    /// Whether progress is shown on a terminal.
    pub fn is_watched(self) -> bool {
        io::stderr().is_terminal()
    }

    /// The available columns for results: those of the terminal, if they go to one.
    pub fn width(self) -> Option<usize> {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0)).filter(|width| *width > 0)
    }
}

/// Prints a document unchanged: nothing in it is interpreted as a style.
pub fn write_raw(text: &str) {
    note_write_error(io::stdout().write_all(text.as_bytes()));
}

/// Stores an error of the standard output until the end. A closed pipe is not an error.
pub fn note_write_error(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST_ANSWER.get_or_init(|| error);
    }
}

/// Flushes the results; returns the error of the first result that was lost.
pub fn finish() -> Result<(), Diagnostic> {
    note_write_error(anstream::stdout().flush());
    let lost = |error| Diagnostic::new(Exit::Failure, format!("cannot write the answer: {}", reason(error)));
    LOST_ANSWER.get().map_or(Ok(()), |error| Err(lost(error)))
}

/// Ends an incomplete line, so that the next output starts on a new line.
fn close_line() {
    if IS_LINE_OPEN.swap(false, Ordering::Relaxed) {
        let _ = writeln!(anstream::stderr());
    }
}

/// Formats a text in a style; the stream removes the style if it has no colours.
pub fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
