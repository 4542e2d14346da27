//! The command line that runs the revisions.

use std::process::ExitCode;

fn main() -> ExitCode {
    seachange::cli::main(&scripted_migration::MIGRATIONS, env!("CARGO_MANIFEST_DIR"))
}
