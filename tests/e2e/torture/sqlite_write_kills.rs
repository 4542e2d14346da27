//! SQLite, for which there is no proxy: the process is killed before its next write to a file, before it syncs a file,
//! or before it removes the journal. These are all boundaries of a commit.

use std::{collections::BTreeMap, error::Error, fs, process::Command};

use seachange_tests::{
    Backend, Output, Program, TestDatabase,
    harness::{Case, TestResult},
    servers::ServerError,
};

use super::{
    counts::{What, count},
    fixture::{another, check_killed, program},
    recovery::recover,
    selection::{each, spread},
};

/// The system calls by which SQLite changes files. Not all of them exist on every machine.
const CALLS: &str = "pwrite64,fsync,fdatasync,ftruncate,?unlink,?unlinkat";

pub(super) fn trials() -> Vec<Case> {
    let killed = || killed_at_every_write(&TestDatabase::at(Backend::Sqlite, None)?);
    vec![Case::owning(Backend::Sqlite, "torture::killed_at_every_write", killed).needing(find_strace)]
}

/// Whether strace is installed and may trace processes.
fn find_strace() -> Result<(), ServerError> {
    let output = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let works = output.is_ok_and(|output| output.status.success());
    if works { Ok(()) } else { Err(ServerError::NoProgram { program: "strace" }) }
}

fn killed_at_every_write(database: &TestDatabase) -> TestResult {
    let counts = writes(database)?.into_iter();
    let places =
        counts.flat_map(|(call, count)| spread(count, 5).into_iter().map(move |number| (call.clone(), number)));
    each(places, |(call, number)| {
        let (database, place) = (another(database)?, format!("killed before {call} {number}"));
        let output = trace(&database, &format!("inject={call}:signal=KILL:when={number}"))?;
        check_killed(&output, &place)?;
        count(Backend::Sqlite, What::Boundary);
        recover(&database, &place)
    })
}

/// How many writes of each kind the thread with the most writes makes in an undisturbed run. The driver has a thread
/// for each session; strace counts each thread separately, and kills at the first thread that reaches the number.
fn writes(database: &TestDatabase) -> Result<BTreeMap<String, usize>, Box<dyn Error>> {
    trace(database, &format!("trace={CALLS}"))?.succeeded()?;
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in fs::read_to_string(database.folder().join("trace"))?.lines() {
        // The end of a call that another thread interrupted begins with `<`.
        let begun = line.split_once('(').and_then(|(start, _)| start.split_once(char::is_whitespace));
        if let Some((thread, call)) = begun.filter(|(_, call)| !call.trim().starts_with('<')) {
            *counts.entry((call.trim().to_owned(), thread.to_owned())).or_default() += 1;
        }
    }
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for ((call, _), count) in counts {
        let known = most.entry(call).or_default();
        *known = count.max(*known);
    }
    Ok(most)
}

fn trace(database: &TestDatabase, expression: &str) -> Result<Output, Box<dyn Error>> {
    let traced = program(database, "up");
    let strace = Program::at("strace").database(database).args(["-f", "-o", "trace", "-e", expression]);
    Ok(strace.arg(traced.executable()?).arg("up").run()?)
}
