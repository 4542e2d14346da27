//! Revisions that were edited after they were applied: which commands report it, which refuse, and how it is resolved.

use std::fmt::Write;

use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult, each_backend},
    snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("edited::is_told_and_accepted", is_told_and_accepted);
    cases.push(Case::on(Backend::Sqlite, "edited::everything_wrong_is_listed", everything_wrong_is_listed));
    cases
}

fn program(database: &TestDatabase, arguments: &str) -> Program {
    Program::migration().database(database).args(arguments.split(' '))
}

/// Runs commands one after the other, and shows them with their outputs.
fn transcript(database: &TestDatabase, commands: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let mut text = String::new();
    for command in commands {
        writeln!(text, "$ migration {command}\n{}", program(database, command).run()?)?;
    }
    Ok(text)
}

fn check(database: &TestDatabase, name: &str, commands: &[&str]) -> TestResult {
    let text = transcript(database, commands)?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, text));
    Ok(())
}

/// Applies five revisions, and makes the record say that two of them had other code.
fn edit_two(database: &TestDatabase) -> TestResult {
    program(database, "up 5").run()?.succeeded()?;
    database.execute(
        "UPDATE seachange_revision SET source_hash = 'other'
         WHERE revision IN ('0b9e9badf9f8', '5fc4a7d24971')",
    )?;
    Ok(())
}

fn is_told_and_accepted(database: &TestDatabase) -> TestResult {
    edit_two(database)?;
    check(
        database,
        "edited",
        &[
            "status -q",
            "up --dry-run",
            "up --strict",
            "up",
            "up --quiet",
            "down 2",
            "up",
            "repair",
            "repair --accept-edited d08a",
            "repair --accept-edited 0b9e",
            "repair",
            "repair --accept-edited",
            "repair",
            "up --strict",
        ],
    )
}

fn everything_wrong_is_listed(database: &TestDatabase) -> TestResult {
    edit_two(database)?;
    database.execute(
        "UPDATE seachange_revision SET state = 'upgrading' WHERE revision = '5fc4a7d24971';
         INSERT INTO seachange_revision SELECT 'ffffffffffff', '5fc4a7d24971', depends_on, source_hash, 'applied',
         started_at, finished_at, duration_ms, program FROM seachange_revision WHERE revision = '5fc4a7d24971'",
    )?;
    check(database, "edited_among_others", &["repair", "repair --accept-edited", "repair --accept-edited head"])
}
