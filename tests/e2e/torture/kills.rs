//! Processes that are killed with SIGKILL.

use std::{error::Error, thread::sleep, time::Instant};

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult, each_backend},
    proxy::{Hold, Proxy},
};

use super::{
    bank::{another, moments, program, program_behind},
    counts::{What, count},
    recovery::recover,
    selection::{random_moment, size, spread},
};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("torture::killed_between_statements", killed_between_statements);
    for backend in [Backend::Postgres, Backend::MySql] {
        cases.push(Case::on(backend, "torture::killed_at_every_request", killed_at_every_request));
    }
    cases.extend(each_backend("torture::killed_at_random_moments", killed_at_random_moments));
    cases
}

/// The process kills itself between two statements of a revision.
fn killed_between_statements(database: &TestDatabase) -> TestResult {
    program(database, "up").run()?.succeeded()?;
    for moment in spread(moments(database), 8) {
        let database = another(database)?;
        let output = program(&database, "up").env("TEN_AT", format!("{moment}: kill")).run()?;
        assert_eq!(output.code, None, "{output}");
        count(database.backend(), What::Boundary);
        recover(&database, &format!("killed at moment {moment}"))?;
    }
    Ok(())
}

/// The process is killed before the server gets a request, or before the process gets the answer. That is every
/// boundary of what the engine itself does, too: its locks, its record, its commits.
fn killed_at_every_request(database: &TestDatabase) -> TestResult {
    for number in spread(requests(database)?, 10) {
        for hold in [Hold::Before(number), Hold::After(number)] {
            let database = another(database)?;
            kill_at(&database, hold)?;
            count(database.backend(), What::Boundary);
            recover(&database, &format!("killed {hold:?}"))?;
        }
    }
    Ok(())
}

/// How many requests an undisturbed run has.
pub(super) fn requests(database: &TestDatabase) -> Result<usize, Box<dyn Error>> {
    let proxy = lead_to(database, None)?;
    program_behind(database, proxy.port(), "up").run()?.succeeded()?;
    Ok(proxy.requests())
}

/// A proxy before the server of `database`.
pub(super) fn lead_to(database: &TestDatabase, hold: Option<Hold>) -> Result<Proxy, Box<dyn Error>> {
    let address = database.address().ok_or("SQLite has no server")?;
    Ok(Proxy::start(database.backend(), address.socket()?, hold)?)
}

fn kill_at(database: &TestDatabase, hold: Hold) -> TestResult {
    let proxy = lead_to(database, Some(hold))?;
    let mut running = program_behind(database, proxy.port(), "up").start()?;
    if !proxy.wait_until_held(&mut running)? {
        return Err(format!("it ended before {hold:?}: {}", running.kill()).into());
    }
    running.kill();
    Ok(())
}

fn killed_at_random_moments(database: &TestDatabase) -> TestResult {
    let start = Instant::now();
    program(database, "up").run()?.succeeded()?;
    let whole = start.elapsed();
    for number in 0..size(50, 5) {
        let database = another(database)?;
        let mut running = program(&database, "up").start()?;
        let moment = random_moment(number, whole);
        // Not for luck: any moment will do.
        sleep(moment);
        running.kill();
        count(database.backend(), What::Moment);
        recover(&database, &format!("killed after {moment:?}"))?;
    }
    Ok(())
}
