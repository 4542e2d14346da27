//! The end-to-end tests: what a user notices, on real databases.
//!
//! One module a topic, each of which lists its tests in `trials()`.

mod layering;
mod programs;
mod readme;
mod servers;

use std::process::ExitCode;

use seachange_tests::harness;

fn main() -> ExitCode {
    let topics = [layering::trials(), programs::trials(), readme::trials(), servers::trials()];
    harness::main(topics.into_iter().flatten().collect())
}
