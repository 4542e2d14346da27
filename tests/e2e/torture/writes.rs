//! SQLite, which no proxy sees: the process is killed before it writes into a file the next time, or makes sure of what it
//! wrote, or takes the journal away. That is every boundary of a commit.

use std::{error::Error, fs, process::Command};

use seachange_tests::{
    Backend, Output, Program, TestDatabase,
    harness::{Case, TestResult},
    servers::ServerError,
};

use super::{
    bank::{another, program},
    counts::{What, count},
    recovery::recover,
    selection::spread,
};

/// How SQLite changes files. Not all of them are there on every machine.
const CALLS: &str = "pwrite64,fsync,fdatasync,ftruncate,?unlink,?unlinkat";

pub(super) fn trials() -> Vec<Case> {
    let killed = || killed_at_every_write(&TestDatabase::at(Backend::Sqlite, None)?);
    vec![Case::owning(Backend::Sqlite, "torture::killed_at_every_write", killed).needing(find_strace)]
}

/// Whether there is an strace that may do its work.
fn find_strace() -> Result<(), ServerError> {
    let output = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let works = output.is_ok_and(|output| output.status.success());
    if works { Ok(()) } else { Err(ServerError::NoProgram { program: "strace" }) }
}

fn killed_at_every_write(database: &TestDatabase) -> TestResult {
    for number in spread(writes(database)?, 12) {
        let database = another(database)?;
        let output = trace(&database, &format!("inject={CALLS}:signal=KILL:when={number}"))?;
        assert_eq!(output.code, None, "write {number}: {output}");
        count(Backend::Sqlite, What::Boundary);
        recover(&database, &format!("killed before write {number}"))?;
    }
    Ok(())
}

/// How many writes an undisturbed run has. The driver has a thread for each connection; the engine has one.
fn writes(database: &TestDatabase) -> Result<usize, Box<dyn Error>> {
    trace(database, &format!("trace={CALLS}"))?.succeeded()?;
    let calls = fs::read_to_string(database.folder().join("trace"))?;
    Ok(calls.lines().filter(|line| line.contains('(')).count())
}

fn trace(database: &TestDatabase, expression: &str) -> Result<Output, Box<dyn Error>> {
    let traced = program(database, "up");
    let strace = Program::at("strace").database(database).args(["-f", "-o", "trace", "-e", expression]);
    Ok(strace.arg(traced.executable()?).arg("up").run()?)
}
