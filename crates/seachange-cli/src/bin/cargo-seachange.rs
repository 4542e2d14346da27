//! The program that cargo starts for `cargo seachange`.

use std::process::ExitCode;

fn main() -> ExitCode {
    seachange_cli::program::run(true)
}
