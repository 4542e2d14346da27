//! The command line that runs the revisions.

use std::process::ExitCode;

use trading_company::{MIGRATIONS, entities};

fn main() -> ExitCode {
    seachange::cli::main_with_entities(&MIGRATIONS, env!("CARGO_MANIFEST_DIR"), entities())
}
