//! The command line that runs the revisions.

use std::process::ExitCode;

use film_store::{MIGRATIONS, entities};

fn main() -> ExitCode {
    seachange::cli::Cli::new(&MIGRATIONS)
        .entities(entities())
        .run()
}
