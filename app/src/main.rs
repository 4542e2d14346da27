//! The example service: people, posts and votes over HTTP, on a schema that it migrates when it starts.
//!
//! Another service would copy [`migrate`], which embeds the engine. The rest is the command line ([`args`]), the
//! listener and its graceful shutdown ([`serve`]), and the [`routes`]. Every client of the service may do everything:
//! there is no authentication in this example.

mod args;
mod error;
mod extract;
mod field;
mod logging;
mod migrate;
mod page;
mod password;
mod routes;
mod serve;
mod signal;
mod start;
mod state;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::start::StartError;

/// Starts the service. Exits with 0 after a graceful shutdown, 1 when the service cannot start or listen, and 2 when
/// the arguments are wrong.
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Reads the settings while there is one thread only, then starts the runtime.
fn run() -> Result<(), StartError> {
    seachange::args::env_file::load(std::env::args_os())?;
    let args = Args::parse();
    logging::init(args.log_format)?;
    let runtime = tokio::runtime::Runtime::new().map_err(StartError::Runtime)?;
    let ended = runtime.block_on(start::start(&args));
    // Dropping the runtime would wait for a password that is being hashed.
    runtime.shutdown_background();
    ended
}

/// Returns the message of an error with those of its sources, except where the message contains them already.
fn whole(error: &StartError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        source = error.source();
    }
    text
}

/// Escapes the characters of a text that control a terminal or change the direction of text. The text may contain names
/// from a database.
fn printable(text: &str) -> String {
    let steers =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Prints an error and its hint on stderr.
fn report(error: &StartError) {
    let mut stderr = std::io::stderr().lock();
    // When stderr is closed, the error cannot be printed.
    let _ = writeln!(stderr, "error: {}", printable(&whole(error)));
    if let Some(hint) = error.hint() {
        let _ = writeln!(stderr, "hint: {hint}");
    }
}
