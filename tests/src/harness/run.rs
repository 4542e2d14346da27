//! Running the tests that were asked for, on the servers that these need.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process::ExitCode,
    sync::Arc,
};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::{
    Case, TestResult,
    case::Body,
    tally::{Ending, Tally},
};
use crate::{
    Backend, CreateError, TestDatabase,
    servers::{Engine, Fleet, MariaDb, Postgres, ServerError},
};

/// Holds the path of a file that gets the closing table too.
const SUMMARY: &str = "SEACHANGE_TEST_SUMMARY";

/// Runs `cases` with the arguments of the test binary, which are those of `cargo test`, and prints
/// how many ran on each database.
///
/// Servers are started at once, only those that the selected tests need, and none for `--list`. They
/// end with this function, however the tests ended. A server that is missing skips its tests, but
/// fails them when `CI` is set.
pub fn main(cases: Vec<Case>) -> ExitCode {
    let arguments = Arguments::from_args();
    let fleet = Arc::new(Fleet::new());
    let tally = Arc::new(Tally::default());
    let mut backends = BTreeSet::new();
    let mut trials = Vec::new();
    for case in cases {
        let shared = matches!(case.body, Body::On(..) | Body::WithServer(..)).then(|| case.backend());
        let trial = trial(case, &fleet, &tally);
        if !arguments.is_filtered_out(&trial) {
            backends.extend(shared.flatten());
        }
        trials.push(trial);
    }
    if !arguments.list {
        fleet.start(backends);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(fleet);
    if !arguments.list {
        report(&tally);
    }
    conclusion.exit_code()
}

fn trial(case: Case, fleet: &Arc<Fleet>, tally: &Arc<Tally>) -> Trial {
    let backend = case.backend();
    let (fleet, tally) = (Arc::clone(fleet), Arc::clone(tally));
    Trial::ignorable_test(case.name, move || {
        let result = catch_unwind(AssertUnwindSafe(|| perform(case.body, &fleet)));
        let ending = match &result {
            Ok(Ok(None)) => Ending::Passed,
            Ok(Ok(Some(reason))) => Ending::Skipped(reason.clone()),
            Ok(Err(_)) | Err(_) => Ending::Failed,
        };
        tally.count(backend, ending);
        match result.unwrap_or_else(|panic| resume_unwind(panic))? {
            None => Ok(Completion::Completed),
            // The table tells the whole reason, once.
            Some(reason) => Ok(Completion::ignored_with(reason.split(':').next().unwrap_or_default())),
        }
    })
}

/// Runs one test. The reason comes back, if it has to be skipped.
fn perform(body: Body, fleet: &Fleet) -> Result<Option<String>, Failed> {
    match body {
        Body::Plain(test) => ran(test()),
        Body::Owning(backend, need, test) => match find(backend).and_then(|()| need()) {
            Ok(()) => ran(test()),
            Err(error) => missing(&error),
        },
        Body::WithServer(backend, test) => match fleet.address(backend) {
            Ok(address) => ran(test(address)),
            Err(error) => missing(error),
        },
        Body::On(backend, test) => match TestDatabase::create(fleet, backend) {
            Ok(database) => ran(test(&database)),
            Err(CreateError::Server(error)) => missing(error),
            Err(CreateError::Database(error)) => Err(error.into()),
        },
    }
}

fn ran(result: TestResult) -> Result<Option<String>, Failed> {
    result.map(|()| None)
}

/// Whether a private server of this kind can be started here.
fn find(backend: Backend) -> Result<(), ServerError> {
    match backend {
        Backend::Sqlite => Ok(()),
        Backend::Postgres => Postgres::find().map(drop),
        Backend::MySql => MariaDb::find().map(drop),
    }
}

/// Only what is not installed may be skipped, and not in CI.
fn missing(error: &ServerError) -> Result<Option<String>, Failed> {
    let skips = matches!(error, ServerError::Missing { .. } | ServerError::NoProgram { .. });
    if skips && !in_ci() {
        return Ok(Some(error.to_string()));
    }
    Err(error.into())
}

/// Whether nothing may be skipped.
pub fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()))
}

fn report(tally: &Tally) {
    let table = tally.to_string();
    let _ = write!(io::stdout(), "{table}");
    if let Some(path) = std::env::var_os(SUMMARY) {
        let _ = fs::write(path, table);
    }
}
