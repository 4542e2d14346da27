//! Runs the selected tests, on the servers that they need.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process::ExitCode,
    sync::{Arc, PoisonError},
    thread,
    time::Instant,
};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::{
    Case, TestResult,
    case::Body,
    tally::{TestCounts, TestStatus},
    watch::RunningTests,
};
use crate::{
    Backend, CreateError, TestDatabase,
    servers::{MariaDb, MySql, Postgres, ServerError, ServerSoftware, SharedServers},
};

/// The variable with the path of a file to which the final table is written too.
const SUMMARY: &str = "SEACHANGE_TEST_SUMMARY";

/// A test that fails for a known reason: its name with that of its database, and the reason.
pub type KnownFailure = (&'static str, &'static str);

/// Runs `cases` with the arguments of the test binary, which are those of `cargo test`, and prints how many tests ran
/// on each database.
///
/// Starts all servers at the same time, only those that the selected tests need, and none for `--list`. The servers are
/// stopped when this function ends, for any result of the tests. The tests of a missing server are skipped, but fail
/// when `CI` is set; a missing MySQL is reported in capitals there and fails nothing.
///
/// A run in which a test hangs is ended with the names of the tests that run.
///
/// The `known_failures` are listed by name and do not fail the run either, until one of them passes.
pub fn main(cases: Vec<Case>, known_failures: &'static [KnownFailure]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(test_threads);
    let servers = Arc::new(SharedServers::new());
    let tally = Arc::new(TestCounts::default());
    let running = Arc::new(RunningTests::default());
    let mut backends = BTreeSet::new();
    let mut trials = Vec::new();
    for case in cases {
        let shared = matches!(case.body, Body::On(..) | Body::WithServer(..)).then(|| case.backend());
        let known = known_failures.iter().find(|(name, _)| *name == case.name).map(|(_, reason)| *reason);
        let trial = trial(case, known, &servers, &tally, &running);
        if !arguments.is_filtered_out(&trial) {
            backends.extend(shared.flatten());
        }
        trials.push(trial);
    }
    if !arguments.list {
        servers.start(backends);
        running.watch();
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(servers);
    if !arguments.list {
        report(&tally);
    }
    conclusion.exit_code()
}

/// How many tests run at the same time. Most of a test is waiting: for a server, for a disk, for the moment when a
/// program is killed.
fn test_threads() -> usize {
    2 * thread::available_parallelism().map_or(1, NonZero::get)
}

fn trial(
    case: Case,
    known_failure: Option<&'static str>,
    servers: &Arc<SharedServers>,
    tally: &Arc<TestCounts>,
    running: &Arc<RunningTests>,
) -> Trial {
    let backend = case.backend();
    let name = case.name.clone();
    let (servers, tally, running) = (Arc::clone(servers), Arc::clone(tally), Arc::clone(running));
    Trial::ignorable_test(case.name, move || {
        let began = Instant::now();
        let test = running.begin(&name);
        let result = catch_unwind(AssertUnwindSafe(|| perform(case.body, &servers)));
        drop(test);
        tally.time(name.clone(), began.elapsed());
        let result = match known_failure {
            Some(reason) => expect_failure(result, reason),
            None => result,
        };
        let ending = match &result {
            Ok(Ok(Outcome::Passed)) => TestStatus::Passed,
            Ok(Ok(Outcome::Skipped(reason))) => TestStatus::Skipped(reason.clone()),
            Ok(Ok(Outcome::KnownFailure(reason))) => TestStatus::KnownFailure(format!("{name}: {reason}")),
            Ok(Err(_)) | Err(_) => TestStatus::Failed,
        };
        tally.count(backend, ending);
        match result.unwrap_or_else(|panic| resume_unwind(panic))? {
            Outcome::Passed => Ok(Completion::Completed),
            Outcome::KnownFailure(_) => Ok(Completion::ignored_with("known failure")),
            // The table reports the whole reason, once.
            Outcome::Skipped(reason) => Ok(Completion::ignored_with(reason.split(':').next().unwrap_or_default())),
        }
    })
}

/// The end of a test that did not fail the run.
enum Outcome {
    Passed,
    /// With the reason.
    KnownFailure(&'static str),
    /// With the reason.
    Skipped(String),
}

/// Inverts the result of a test that is expected to fail.
fn expect_failure(
    result: thread::Result<Result<Outcome, Failed>>,
    reason: &'static str,
) -> thread::Result<Result<Outcome, Failed>> {
    Ok(match result {
        Ok(Ok(Outcome::Passed)) => Err(format!("it passes, and is listed as a known failure: {reason}").into()),
        Ok(Ok(skipped)) => Ok(skipped),
        Ok(Err(_)) | Err(_) => Ok(Outcome::KnownFailure(reason)),
    })
}

/// Runs one test.
fn perform(body: Body, servers: &SharedServers) -> Result<Outcome, Failed> {
    match body {
        Body::Plain(test) => ran(test()),
        Body::Owning(backend, need, test) => {
            if let Err(error) = find(backend).and_then(|()| need()) {
                return missing(backend, &error);
            }
            // Where the shared server cannot be started, a server of the test cannot be started either.
            if backend == Backend::MySql
                && let Err(error) = servers.address(backend)
            {
                return missing(backend, error);
            }
            ran(test())
        }
        Body::WithCluster(kind, test) => match servers.cluster(kind) {
            Ok(cluster) => ran(test(&mut cluster.lock().unwrap_or_else(PoisonError::into_inner))),
            Err(error) => missing(kind.backend(), error),
        },
        Body::WithServer(backend, test) => match servers.address(backend) {
            Ok(address) => ran(test(address)),
            Err(error) => missing(backend, error),
        },
        Body::On(backend, test) => match TestDatabase::create(servers, backend) {
            Ok(database) => ran(test(&database)),
            Err(CreateError::Server(error)) => missing(backend, error),
            Err(CreateError::Database(error)) => Err(error.into()),
        },
    }
}

fn ran(result: TestResult) -> Result<Outcome, Failed> {
    result.map(|()| Outcome::Passed)
}

/// Whether a private server of this kind can be started here.
fn find(backend: Backend) -> Result<(), ServerError> {
    match backend {
        Backend::Sqlite => Ok(()),
        Backend::Postgres => Postgres::find().map(drop),
        Backend::MariaDb => MariaDb::find().map(drop),
        Backend::MySql => MySql::find().map(drop),
    }
}

/// Only tests of programs that are not installed may be skipped, and not in CI. MySQL comes from packages that change
/// from day to day: when it is not available, or does not start, the cause may be outside of this repository.
fn missing(backend: Backend, error: &ServerError) -> Result<Outcome, Failed> {
    let is_absent = matches!(error, ServerError::Missing { .. } | ServerError::NoProgram { .. });
    let does_not_start =
        matches!(error, ServerError::NotReady { .. } | ServerError::Failed { .. } | ServerError::Io { .. });
    let skips = if backend == Backend::MySql { is_absent || does_not_start } else { is_absent && !in_ci() };
    if skips { Ok(Outcome::Skipped(error.to_string())) } else { Err(error.into()) }
}

/// Returns whether no test may be skipped.
pub fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()))
}

fn report(tally: &TestCounts) {
    let table = tally.to_string();
    let slowest = tally.slowest();
    let _ = write!(io::stdout(), "{table}\n{slowest}");
    if let Some(path) = std::env::var_os(SUMMARY) {
        let _ = fs::write(path, table);
    }
}
