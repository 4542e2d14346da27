//! The command line that runs the revisions.

use std::process::ExitCode;

fn main() -> ExitCode {
    ten_migration::wait_for_start();
    seachange::cli::Cli::new(&ten_migration::MIGRATIONS).run()
}
