//! Bad inputs: each with its exact message and exit code in a snapshot, and with nothing changed by it.
//!
//! The programs run as a user whose password has every character that needs care; no output may hold it.

mod commands;
mod contents;
mod env_files;
mod files;
mod records;
mod servers;
mod settings;
mod targets;

use seachange_tests::{
    Backend, Output, Program, TestDatabase,
    harness::{Case, TestResult},
    servers::{SPECIAL_PASSWORD, SPECIAL_USER},
    snapshot,
};

use contents::Contents;

/// A password in settings that are refused.
const SECRET: &str = "Geheim-7c1";

pub(crate) fn trials() -> Vec<Case> {
    let topics = [
        targets::trials(),
        records::trials(),
        servers::trials(),
        files::trials(),
        settings::trials(),
        env_files::trials(),
        commands::trials(),
    ];
    topics.into_iter().flatten().collect()
}

/// A trial on a SQLite database, for what is the same on all.
fn case(name: &str, test: impl FnOnce(&TestDatabase) -> TestResult + Send + 'static) -> Case {
    Case::on(Backend::Sqlite, &format!("bad_inputs::{name}"), test)
}

/// The migration program with its database in `DATABASE_URL`.
fn migration(database: &TestDatabase) -> Program {
    let url = database.url_for(SPECIAL_USER, SPECIAL_PASSWORD);
    Program::migration().database(database).env("DATABASE_URL", url)
}

/// The migration program in the folder of `database`, with nothing set.
fn unset(database: &TestDatabase) -> Program {
    Program::migration().folder(database.folder())
}

/// Applies the first three of the revisions, so that there is a way up and a way down.
fn apply_three(database: &TestDatabase) -> TestResult {
    migration(database).args(["up", "3"]).run()?.succeeded()?;
    Ok(())
}

/// Checks that `program` refuses, with the text of the snapshot, and that it changes nothing.
fn check(name: &str, database: &TestDatabase, program: &Program) -> TestResult {
    let before = Contents::of(database)?;
    let output = program.run()?;
    tells_no_secret(&output);
    assert!(!output.success(), "{output}");
    let name = format!("bad_inputs_{name}");
    let mut settings = snapshot::settings(database);
    // Messages that differ between versions of a server.
    settings.add_filter("in 'field list'", "in 'SELECT'");
    settings.add_filter("0x[0-9a-f]{2}", "[byte]");
    settings.bind(|| insta::assert_snapshot!(name, output));
    assert_eq!(Contents::of(database)?, before);
    Ok(())
}

/// Like [`check`], where the message contains the server's own text.
fn check_words_of_server(name: &str, database: &TestDatabase, program: &Program) -> TestResult {
    check(&format!("{name}_{}", database.backend().name()), database, program)
}

fn tells_no_secret(output: &Output) {
    // The password unchanged, percent-encoded, and the part that remains where a URL is split at the wrong character.
    let encoded = "P%40ss%20w";
    for secret in [SECRET, SPECIAL_PASSWORD, encoded, "P@ss", "w%rd"] {
        assert!(!output.to_string().contains(secret), "a password is told:\n{output}");
    }
}
