//! The end-to-end tests: what a user notices, on real databases.
//!
//! One module a topic, each of which lists its tests in `trials()`.

mod adoption;
mod app;
mod authoring;
mod autogenerate;
mod bad_inputs;
mod check;
mod command_line;
mod comparison;
mod edited;
mod env_example;
mod failures;
mod generated;
mod inspect;
mod layering;
mod limits;
mod migrations;
mod new_crate;
mod offline;
mod packages;
mod passwords;
mod pictures;
mod programs;
mod readme;
mod revision_files;
mod rolling_deploy;
mod servers;
mod team_story;
mod torture;

use std::process::ExitCode;

use seachange_tests::harness;

fn main() -> ExitCode {
    let topics = [
        adoption::trials(),
        app::trials(),
        authoring::trials(),
        autogenerate::trials(),
        bad_inputs::trials(),
        check::trials(),
        command_line::trials(),
        comparison::trials(),
        edited::trials(),
        env_example::trials(),
        failures::trials(),
        generated::trials(),
        inspect::trials(),
        layering::trials(),
        limits::trials(),
        migrations::trials(),
        offline::trials(),
        packages::trials(),
        passwords::trials(),
        pictures::trials(),
        programs::trials(),
        readme::trials(),
        revision_files::trials(),
        rolling_deploy::trials(),
        servers::trials(),
        team_story::trials(),
        torture::trials(),
    ];
    let code = harness::main(topics.into_iter().flatten().collect());
    torture::report();
    code
}
