//! Files of variables that cannot be read.

use std::fs;

use seachange_tests::{
    TestDatabase,
    harness::{Case, TestResult},
};

use super::{SECRET, case, check, tells_no_secret, unset};

pub(super) fn trials() -> Vec<Case> {
    vec![
        case("malformed_env", malformed_env),
        case("quote_in_env", quote_in_env),
        case("bad_url_in_env", bad_url_in_env),
        case("named_env_file_missing", named_env_file_missing),
        case("variable_env_file_missing", variable_env_file_missing),
        case("folder_for_env_file", folder_for_env_file),
        case("environment_wins", environment_wins),
    ]
}

fn write(database: &TestDatabase, text: &str) -> TestResult {
    fs::write(database.folder().join(".env"), text)?;
    Ok(())
}

fn malformed_env(database: &TestDatabase) -> TestResult {
    write(database, &format!("# The database.\nDATABASE_DRIVER=postgres\nDATABASE PASSWORD={SECRET}\n"))?;
    check("malformed_env", database, &unset(database).arg("up"))
}

fn quote_in_env(database: &TestDatabase) -> TestResult {
    write(database, &format!("DATABASE_DRIVER=postgres\nDATABASE_PASSWORD='{SECRET}\n"))?;
    check("quote_in_env", database, &unset(database).arg("up"))
}

/// A variable that the file sets counts as if it were set in the environment.
fn bad_url_in_env(database: &TestDatabase) -> TestResult {
    write(database, &format!("DATABASE_URL=postgres://blog:{SECRET}@db.example.com:port/blog\n"))?;
    check("bad_url_in_env", database, &unset(database).arg("up"))
}

fn named_env_file_missing(database: &TestDatabase) -> TestResult {
    check("named_env_file_missing", database, &unset(database).args(["up", "--env-file", "production.env"]))
}

fn variable_env_file_missing(database: &TestDatabase) -> TestResult {
    let program = unset(database).env("SEACHANGE_ENV_FILE", "production.env").arg("up");
    check("variable_env_file_missing", database, &program)
}

fn folder_for_env_file(database: &TestDatabase) -> TestResult {
    check("folder_for_env_file", database, &unset(database).args(["up", "--env-file", "."]))
}

fn environment_wins(database: &TestDatabase) -> TestResult {
    write(database, &format!("DATABASE_URL=postgres://blog:{SECRET}@db.example.com/blog\n"))?;
    let output = unset(database).env("DATABASE_URL", database.url()).arg("up").run()?.succeeded()?;
    tells_no_secret(&output);
    Ok(())
}
