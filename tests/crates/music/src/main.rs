//! The command line that runs the revisions.

use std::process::ExitCode;

use music_store::{MIGRATIONS, entities};

fn main() -> ExitCode {
    seachange::cli::main_with_entities(&MIGRATIONS, env!("CARGO_MANIFEST_DIR"), entities())
}
