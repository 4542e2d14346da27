//! Command lines that clap rejects or answers itself.

use std::ffi::OsString;
use std::io::Write;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::elsewhere;
use super::exit::Exit;
use super::terminal::{self, Terminal};

/// Prints clap's message: help and the version on the standard output, errors on the standard error.
pub fn explain(mut error: clap::Error, command: &mut Command, raw: &[OsString]) -> Exit {
    if error.kind() == ErrorKind::MissingSubcommand {
        // Clap treats settings in the environment as arguments, and would not show the help.
        let _ = write!(anstream::stderr(), "{}", command.render_help().ansi());
        return Exit::Usage;
    }
    let words: Vec<String> = raw.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(problem) = elsewhere::explain(&error, &words) {
        return Terminal::default().print_error(&problem);
    }
    if error.get(ContextKind::Usage).is_some() {
        // Clap's own usage line depends on the settings that are set in the environment.
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage(command, raw)));
    }
    let printed = error.print();
    if error.use_stderr() {
        return Exit::Usage;
    }
    terminal::note_write_error(printed);
    Exit::Success
}

/// The usage of the command that the arguments name, or of the program.
fn usage(command: &mut Command, raw: &[OsString]) -> StyledStr {
    command.build();
    let name = raw.iter().skip(1).find(|argument| command.find_subcommand(argument).is_some());
    match name.and_then(|name| command.find_subcommand_mut(name)) {
        Some(named) => named.render_usage(),
        None => command.render_usage(),
    }
}
