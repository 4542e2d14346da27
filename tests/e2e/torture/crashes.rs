//! Servers that are killed, with all their processes, while the program runs.

use std::{fmt::Display, fs};

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult},
    servers::{MariaDbServer, MySqlServer, PostgresServer, ServerSoftware, TemporaryServer},
};

use super::{
    counts::{What, count},
    fixture::{another, check_loss_is_told, moments, program, undisturbed, wait_for_moment},
    recovery::recover,
    selection::{each, spread},
};

pub(super) fn trials() -> Vec<Case> {
    let name = "torture::run_outlives_a_server_crash";
    vec![
        Case::owning(Backend::Postgres, name, || run_outlives_a_server_crash(PostgresServer::start())),
        Case::owning(Backend::MariaDb, name, || run_outlives_a_server_crash(MariaDbServer::start())),
        Case::owning(Backend::MySql, name, || run_outlives_a_server_crash(MySqlServer::start())),
    ]
}

fn run_outlives_a_server_crash<E: ServerSoftware>(server: Result<TemporaryServer<E>, impl Display>) -> TestResult {
    let mut server = server?;
    let database = TestDatabase::at(E::BACKEND, Some(server.address()))?;
    program(&database, "up").run()?.succeeded()?;
    undisturbed(&database)?;
    each(spread(moments(&database), 4), |moment| {
        let database = another(&database)?;
        crash_at(&mut server, &database, moment)?;
        count(E::BACKEND, What::Crash);
        recover(&database, &format!("the server crashed at moment {moment}"))
    })
}

/// In every second test, the server is back before the program sends its next statement.
fn crash_at<E: ServerSoftware>(server: &mut TemporaryServer<E>, database: &TestDatabase, moment: usize) -> TestResult {
    let mut running = program(database, "up").env("TEN_AT", format!("{moment}: wait")).start()?;
    wait_for_moment(database, &mut running)?;
    server.crash()?;
    if moment.is_multiple_of(2) {
        server.restart()?;
    }
    fs::write(database.folder().join("go"), "")?;
    let output = running.finish()?;
    check_loss_is_told(&output, &format!("moment {moment}"))?;
    if !moment.is_multiple_of(2) {
        server.restart()?;
    }
    Ok(())
}
