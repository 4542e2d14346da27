//! Databases whose record does not match the program.

use seachange_tests::{
    TestDatabase,
    harness::{Case, TestResult, each_backend},
    named,
};

use super::{apply_three, check, check_words_of_server, migration};

/// Copies the row of `78b9f16a65fd` for a revision that this program does not have.
fn record(database: &TestDatabase, revision: &str, down_revision: &str) -> TestResult {
    database.execute(&format!(
        "INSERT INTO seachange_revision SELECT '{revision}', '{down_revision}', depends_on, source_hash, state,
         started_at, finished_at, duration_ms, program FROM seachange_revision WHERE revision = '78b9f16a65fd'"
    ))?;
    Ok(())
}

pub(super) fn trials() -> Vec<Case> {
    let tests = named![foreign_table, foreign_table_stamped, ahead, diverged, missing_below, unfinished, unknown_state];
    tests.into_iter().flat_map(|(name, test)| each_backend(&format!("bad_inputs::{name}"), test)).collect()
}

fn foreign_table(database: &TestDatabase) -> TestResult {
    database
        .execute("CREATE TABLE seachange_revision (id INT PRIMARY KEY); INSERT INTO seachange_revision VALUES (1)")?;
    check_words_of_server("foreign_table", database, &migration(database).arg("up"))
}

fn foreign_table_stamped(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE seachange_revision (id INT PRIMARY KEY)")?;
    check_words_of_server("foreign_table_stamped", database, &migration(database).args(["stamp", "head"]))
}

/// The record as a newer program leaves it.
fn ahead(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    record(database, "ffffffffffff", "78b9f16a65fd")?;
    check("ahead", database, &migration(database).arg("up"))
}

fn diverged(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    record(database, "eeeeeeeeeeee", "dddddddddddd")?;
    record(database, "ffffffffffff", "eeeeeeeeeeee")?;
    check("diverged", database, &migration(database).arg("up"))
}

fn missing_below(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    database.execute("DELETE FROM seachange_revision WHERE revision = '0b9e9badf9f8'")?;
    check("missing_below", database, &migration(database).arg("up"))?;
    // The solution that the message names.
    migration(database).args(["stamp", "78b9f16a65fd"]).run()?.succeeded()?;
    migration(database).args(["up", "1"]).run()?.succeeded()?;
    Ok(())
}

fn unfinished(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    database.execute("UPDATE seachange_revision SET state = 'upgrading' WHERE revision = '78b9f16a65fd'")?;
    check("unfinished", database, &migration(database).arg("up"))
}

fn unknown_state(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    database.execute("UPDATE seachange_revision SET state = 'flying' WHERE revision = '78b9f16a65fd'")?;
    check("unknown_state", database, &migration(database).arg("up"))
}
