//! Connections that are cut while the program runs.

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult},
    proxy::StopAt,
};

use super::{
    counts::{What, count},
    fixture::{another, check_loss_is_told, program_behind, record},
    kills::{holds, lead_to},
    recovery::recover,
    selection::each,
};

pub(super) fn trials() -> Vec<Case> {
    Backend::SERVERS
        .map(|backend| Case::on(backend, "torture::cut_connection_ends_the_run", cut_connection_ends_the_run))
        .into()
}

fn cut_connection_ends_the_run(database: &TestDatabase) -> TestResult {
    each(holds(database, 6)?, |hold| {
        let database = another(database)?;
        cut_at(&database, hold)?;
        count(database.backend(), What::Cut);
        recover(&database, &format!("cut {hold:?}"))
    })
}

/// The program must not reconnect during a run, because another run may have its lock by then.
fn cut_at(database: &TestDatabase, hold: StopAt) -> TestResult {
    let proxy = lead_to(database, Some(hold))?;
    let mut running = program_behind(database, proxy.port(), "up").start()?;
    if !proxy.wait_until_held(&mut running)? {
        return Err(format!("it ended before {hold:?}: {}", running.kill()).into());
    }
    proxy.cut();
    let output = running.finish()?;
    // After the last revision, a cut connection has no effect.
    let is_done = record(database)?.iter().filter(|row| row.ends_with(" applied")).count() == 10;
    if is_done { Ok(()) } else { check_loss_is_told(&output, &format!("{hold:?}")) }
}
