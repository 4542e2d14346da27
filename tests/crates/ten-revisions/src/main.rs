//! The command line that runs the revisions.

use std::process::ExitCode;

fn main() -> ExitCode {
    ten_migration::wait_for_start();
    seachange::cli::main(&ten_migration::MIGRATIONS, env!("CARGO_MANIFEST_DIR"))
}
