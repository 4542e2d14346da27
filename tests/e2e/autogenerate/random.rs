//! Steps between random schemas, up and down, on servers. Those on SQLite are a unit test of `seachange-matrix`.

use std::time::Duration;

use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult},
};

use super::matrix::is_complete;

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(600);

pub(super) fn trials() -> Vec<Case> {
    let on = |backend| Case::on(backend, "matrix::random_schemas", lead_there_and_back);
    Backend::SERVERS.map(on).into()
}

fn lead_there_and_back(database: &TestDatabase) -> TestResult {
    let pairs = if is_complete() { "200" } else { "15" };
    let wander = Program::named("matrix").args(["wander", &database.url(), pairs]).limit(LIMIT);
    wander.folder(database.folder()).run()?.succeeded()?;
    Ok(())
}
