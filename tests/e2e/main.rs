//! The end-to-end tests: the behaviour that a user sees, on real databases.
//!
//! There is one module for each topic, which lists its tests in `trials()`.

mod adoption;
mod alembic_options;
mod app;
mod authoring;
mod autogenerate;
mod backfill;
mod bad_inputs;
mod book;
mod catalogue;
mod check;
mod clusters;
mod command_line;
mod comparison;
mod deployment;
mod earlier_version;
mod edited;
mod env_example;
mod examples;
mod failures;
mod first_revision;
mod first_use;
mod fleet;
mod forecast;
mod foresee;
mod generated;
mod ground_truth;
mod guarantees;
mod import;
mod inspect;
mod installed_program;
mod known_failures;
mod layering;
mod left_out;
mod limits;
mod lint;
mod lint_comment;
mod lint_files;
mod lint_fix;
mod migrations;
mod new_crate;
mod offline;
mod online;
mod packages;
mod passwords;
mod pictures;
mod primary_keys;
mod programs;
mod random_revisions;
mod readme;
mod recipes;
mod revision_files;
mod rolling_deploy;
mod running_code;
mod sea_orm_import;
mod servers;
mod sizes;
mod sql_revisions;
mod squash;
mod stored_downgrade;
mod synchronise;
mod team_story;
mod test_kit;
mod torture;

use std::process::ExitCode;

use seachange_tests::harness;

fn main() -> ExitCode {
    let topics = [
        // Those that take longest first: the short ones fill the time at the end.
        autogenerate::runs(),
        torture::trials(),
        clusters::trials(),
        backfill::trials(),
        synchronise::trials(),
        online::trials(),
        fleet::trials(),
        random_revisions::trials(),
        readme::trials(),
        book::trials(),
        import::trials(),
        deployment::trials(),
        sea_orm_import::trials(),
        examples::trials(),
        installed_program::trials(),
        test_kit::trials(),
        sql_revisions::trials(),
        squash::trials(),
        stored_downgrade::trials(),
        lint::trials(),
        lint_comment::trials(),
        running_code::trials(),
        sizes::trials(),
        forecast::trials(),
        lint_files::trials(),
        lint_fix::trials(),
        alembic_options::trials(),
        adoption::trials(),
        app::trials(),
        authoring::trials(),
        bad_inputs::trials(),
        catalogue::trials(),
        check::trials(),
        command_line::trials(),
        comparison::trials(),
        earlier_version::trials(),
        edited::trials(),
        env_example::trials(),
        failures::trials(),
        first_revision::trials(),
        first_use::trials(),
        foresee::trials(),
        generated::trials(),
        ground_truth::trials(),
        guarantees::trials(),
        inspect::trials(),
        layering::trials(),
        left_out::trials(),
        limits::trials(),
        migrations::trials(),
        offline::trials(),
        packages::trials(),
        passwords::trials(),
        pictures::trials(),
        primary_keys::trials(),
        programs::trials(),
        recipes::trials(),
        revision_files::trials(),
        rolling_deploy::trials(),
        servers::trials(),
        team_story::trials(),
        autogenerate::trials(),
    ];
    let code = harness::main(topics.into_iter().flatten().collect(), known_failures::KNOWN_FAILURES);
    random_revisions::report();
    torture::report();
    ground_truth::report();
    code
}
