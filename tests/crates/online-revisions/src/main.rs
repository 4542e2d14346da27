//! The command line that runs the revisions.

use std::process::ExitCode;

fn main() -> ExitCode {
    seachange::cli::Cli::new(&online_migration::MIGRATIONS).run()
}
