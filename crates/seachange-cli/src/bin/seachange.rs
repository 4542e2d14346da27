//! The program `seachange`.

use std::process::ExitCode;

fn main() -> ExitCode {
    seachange_cli::program::run(false)
}
