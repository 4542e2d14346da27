//! The command line that runs the revisions.

use std::process::ExitCode;

use seachange::cli::Cli;

fn main() -> ExitCode {
    Cli::new(&migration::MIGRATIONS)
        .entities(entity::entities())
        .run()
}
