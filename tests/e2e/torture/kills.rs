//! Processes that are killed with SIGKILL.

use std::{error::Error, thread::sleep, time::Instant};

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult, each_backend},
    proxy::{Proxy, StopAt},
};

use super::{
    counts::{What, count},
    fixture::{another, check_killed, moments, program, program_behind},
    recovery::recover,
    selection::{each, random_moment, size, spread},
};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("torture::killed_between_statements", killed_between_statements);
    for backend in Backend::SERVERS {
        cases.push(Case::on(backend, "torture::killed_at_every_request", killed_at_every_request));
    }
    cases.extend(each_backend("torture::killed_at_random_moments", killed_at_random_moments));
    cases
}

/// The process kills itself between two statements of a revision.
fn killed_between_statements(database: &TestDatabase) -> TestResult {
    program(database, "up").run()?.succeeded()?;
    each(spread(moments(database), 8), |moment| {
        let (database, place) = (another(database)?, format!("killed at moment {moment}"));
        let output = program(&database, "up").env("TEN_AT", format!("{moment}: kill")).run()?;
        check_killed(&output, &place)?;
        count(database.backend(), What::Boundary);
        recover(&database, &place)
    })
}

/// The process is killed before the server gets a request, or before the process gets the answer. This includes every
/// boundary of the engine's own work: its locks, its record, its commits.
fn killed_at_every_request(database: &TestDatabase) -> TestResult {
    each(holds(database, 10)?, |hold| {
        let database = another(database)?;
        kill_at(&database, hold)?;
        count(database.backend(), What::Boundary);
        recover(&database, &format!("killed {hold:?}"))
    })
}

/// The points before and after requests: all of them, or `few` of each.
pub(super) fn holds(database: &TestDatabase, few: usize) -> Result<Vec<StopAt>, Box<dyn Error>> {
    let numbers = spread(requests(database)?, few);
    Ok(numbers.into_iter().flat_map(|number| [StopAt::Before(number), StopAt::After(number)]).collect())
}

/// The number of requests that every run has. The driver may check once more whether a connection is alive, and a
/// process may end before it sends its last message. So two runs are counted, and the last messages ignored.
fn requests(database: &TestDatabase) -> Result<usize, Box<dyn Error>> {
    const FAREWELL: usize = 3;
    let counts = [requests_of_one(database)?, requests_of_one(&another(database)?)?];
    Ok(counts[0].min(counts[1]).saturating_sub(FAREWELL))
}

fn requests_of_one(database: &TestDatabase) -> Result<usize, Box<dyn Error>> {
    let proxy = lead_to(database, None)?;
    program_behind(database, proxy.port(), "up").run()?.succeeded()?;
    Ok(proxy.requests())
}

/// A proxy before the server of `database`.
pub(super) fn lead_to(database: &TestDatabase, hold: Option<StopAt>) -> Result<Proxy, Box<dyn Error>> {
    let address = database.address().ok_or("SQLite has no server")?;
    Ok(Proxy::start(database.backend(), address.socket()?, hold)?)
}

fn kill_at(database: &TestDatabase, hold: StopAt) -> TestResult {
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
    each(0..size(50, 5), |number| {
        let database = another(database)?;
        let mut running = program(&database, "up").start()?;
        let moment = random_moment(number, whole);
        // Sleeps for no condition, because any point in time is suitable.
        sleep(moment);
        running.kill();
        count(database.backend(), What::Moment);
        recover(&database, &format!("killed after {moment:?}"))
    })
}
