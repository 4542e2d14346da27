//! The end-to-end tests: what a user notices, on real databases.
//!
//! One module a topic, each of which lists its tests in `trials()`.

mod bad_inputs;
mod command_line;
mod layering;
mod programs;
mod revision_files;
mod servers;

use std::process::ExitCode;

use seachange_tests::harness;

fn main() -> ExitCode {
    let topics = [bad_inputs::trials(), command_line::trials(), revision_files::trials(), layering::trials(), programs::trials(), servers::trials()];
    harness::main(topics.into_iter().flatten().collect())
}
