//! What is printed, and where: answers on the standard output, everything about the way there on the standard error.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};

use super::exit::Exit;
use super::json;
use super::printable;
use super::problem::Diagnostic;
use crate::settings::reason;

/// For what went wrong.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Whether the last line on the standard error has only begun.
static IS_LINE_OPEN: AtomicBool = AtomicBool::new(false);

/// Why an answer was not written, for the first that was not.
static LOST_ANSWER: OnceLock<io::Error> = OnceLock::new();

/// For the verb that a line about progress starts with.
pub(crate) const VERB: Style = AnsiColor::Green.on_default().bold();
/// For a revision id.
pub(crate) const ID: Style = AnsiColor::Yellow.on_default();
/// For a branch label.
pub(crate) const LABEL: Style = AnsiColor::Magenta.on_default();
/// For what matters less.
pub(crate) const DIM: Style = Style::new().dimmed();

/// How much is printed. Whether it is coloured is decided once for the process, by `--color`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terminal {
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// Whether everything is a line of JSON on the standard output.
    pub(crate) json: bool,
}

impl Terminal {
    /// Prints an answer; [`finish`] tells whether it came through.
    pub(crate) fn print(self, text: impl Display) {
        heed(writeln!(anstream::stdout(), "{}", printable::styled(&text.to_string())));
    }

    /// Prints an answer for programs, in which every character stands for itself, and ends the line.
    pub(crate) fn answer_raw(self, text: impl Display) {
        heed(writeln!(io::stdout(), "{text}"));
    }

    /// Prints how things go, unless `--quiet`.
    pub(crate) fn status(self, text: impl Display) {
        if self.is_talking() {
            close_line();
            let _ = writeln!(anstream::stderr(), "{}", printable::styled(&text.to_string()));
        }
    }

    /// Prints the rest of a line that has begun, unless `--quiet`. Other lines may have come in between.
    pub(crate) fn end(self, text: impl Display) {
        if self.is_talking() {
            let start = if IS_LINE_OPEN.swap(false, Ordering::Relaxed) { "" } else { "… " };
            let _ = writeln!(anstream::stderr(), "{start}{}", printable::styled(&text.to_string()));
        }
    }

    /// Prints the beginning of a line, unless `--quiet`.
    pub(crate) fn begin(self, text: impl Display) {
        if self.is_talking() {
            let mut stderr = anstream::stderr();
            let _ = write!(stderr, "{}", printable::styled(&text.to_string()));
            let _ = stderr.flush();
            IS_LINE_OPEN.store(true, Ordering::Relaxed);
        }
    }

    /// Prints a warning, `--quiet` or not.
    pub(crate) fn warn(self, text: impl Display) {
        if self.json {
            return self.answer_raw(json::warning(&text.to_string()));
        }
        close_line();
        let text = text.to_string();
        let _ = writeln!(anstream::stderr(), "{}: {}", styled(WARNING, "warning"), printable::styled(&text));
    }

    /// Prints what went wrong and what can be done, and gives the exit code for it.
    pub(crate) fn print_error(self, problem: &Diagnostic) -> Exit {
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

    /// Whether it is told how things go.
    fn is_talking(self) -> bool {
        !self.quiet && !self.json
    }

    /// Prints what can be done.
    pub(crate) fn hint(self, text: impl Display) {
        let text = text.to_string();
        let _ = writeln!(anstream::stderr(), "{}: {}", styled(HINT, "hint"), printable::styled(&text));
    }

    /// Whether a person watches the progress.
    pub(crate) fn is_watched(self) -> bool {
        io::stderr().is_terminal()
    }

    /// The columns that answers may take: those of the terminal, where they go to one.
    pub(crate) fn width(self) -> Option<usize> {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0)).filter(|width| *width > 0)
    }
}

/// Prints a document to the last byte: nothing in it is taken for a colour.
pub(crate) fn write_raw(text: &str) {
    heed(io::stdout().write_all(text.as_bytes()));
}

/// Keeps an error of the standard output until the end. A reader that has gone away is none.
pub(crate) fn heed(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST_ANSWER.get_or_init(|| error);
    }
}

/// Writes what is left of the answers; the error is that of the first that was lost.
pub(crate) fn finish() -> Result<(), Diagnostic> {
    heed(anstream::stdout().flush());
    let lost = |error| Diagnostic::new(Exit::Failure, format!("cannot write the answer: {}", reason(error)));
    LOST_ANSWER.get().map_or(Ok(()), |error| Err(lost(error)))
}

/// Ends a line that has only begun, so that what comes next stands on its own.
fn close_line() {
    if IS_LINE_OPEN.swap(false, Ordering::Relaxed) {
        let _ = writeln!(anstream::stderr());
    }
}

/// Writes a text in a style; the stream takes the style away again where it has no colours.
pub(crate) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
