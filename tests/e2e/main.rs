//! The end-to-end tests: what a user notices, on real databases.
//!
//! One module a topic, each of which lists its tests in `trials()`.

mod app;
mod failures;
mod layering;
mod migrations;
mod passwords;
mod programs;
mod readme;
mod servers;

use std::process::ExitCode;

use seachange_tests::harness;

fn main() -> ExitCode {
    let topics = [
        app::trials(),
        failures::trials(),
        layering::trials(),
        migrations::trials(),
        passwords::trials(),
        programs::trials(),
        readme::trials(),
        servers::trials(),
    ];
    harness::main(topics.into_iter().flatten().collect())
}
