//! Questions to the user before a change.

use std::io::{BufRead, IsTerminal, Write};

use super::diagnostic::Diagnostic;
use super::exit::Exit;
use super::printable;

/// Checks that the user confirms what cannot be undone, by `--yes` or on the terminal.
pub fn confirm(what: &str, is_confirmed: bool) -> Result<(), Diagnostic> {
    ask(&format!("{what}: this cannot be undone"), ", and", is_confirmed)
}

/// Checks that the user confirms what was printed, by `--yes` or on the terminal.
pub fn agree(what: &str, is_confirmed: bool) -> Result<(), Diagnostic> {
    ask(what, ":", is_confirmed)
}

/// Whether the user can be asked on a terminal.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a text; `None` without a terminal, or without an answer.
pub fn ask_text(question: &str) -> Option<String> {
    let given = is_interactive().then(|| answer(&format!("{question}: "))).flatten();
    given.filter(|text| !text.is_empty())
}

/// Asks a question; any answer except yes means no.
pub fn ask_yes_no(question: &str) -> Result<bool, Diagnostic> {
    let answer = answer(&format!("{question} [y/N] "));
    let answer = answer.ok_or_else(|| Diagnostic::new(Exit::Failure, "no answer: nothing was written"))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn ask(what: &str, joint: &str, is_confirmed: bool) -> Result<(), Diagnostic> {
    if is_confirmed {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Diagnostic::usage(format!("{what}{joint} confirmation needs a terminal"))
            .hint("`--yes` confirms it without a question"));
    }
    match answer(&format!("{what}. Type `yes` to continue: ")).as_deref() {
        Some("yes") => Ok(()),
        _ => Err(Diagnostic::new(Exit::Failure, "not confirmed: nothing was changed")),
    }
}

/// The line that the user types; `None` at the end of the input.
fn answer(question: &str) -> Option<String> {
    let mut stderr = anstream::stderr();
    let _ = write!(stderr, "{}", printable::styled(question));
    let _ = stderr.flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.is_ok_and(|length| length > 0).then(|| line.trim().to_owned())
}
