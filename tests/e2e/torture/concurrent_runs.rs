//! Processes that are started together.

use std::{error::Error, fs, thread};

use seachange_tests::{
    App, Program, Running, TestDatabase,
    harness::{Case, TestResult, each_backend},
};

use super::{
    counts::{What, count},
    fixture::{another, check_head, ended, program},
    selection::size,
};

/// How many processes are started together.
const CROWD: usize = 20;

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("torture::crowd_runs_each_revision_once", crowd_runs_each_revision_once);
    cases.extend(each_backend("torture::services_start_in_a_crowd", services_start_in_a_crowd));
    cases
}

fn crowd_runs_each_revision_once(database: &TestDatabase) -> TestResult {
    for round in 0..size(10, 2) {
        let database = another(database)?;
        let signal = database.folder().join("start");
        let up = program(&database, "up").env("TEN_START", &signal);
        let processes: Vec<Running> = (0..CROWD).map(|_| up.start()).collect::<Result<_, _>>()?;
        fs::write(&signal, "")?;
        for running in processes {
            running.finish()?.succeeded()?;
            count(database.backend(), What::Together);
        }
        let mut ended = ended(&database);
        ended.sort();
        ended.dedup_by(|one, other| one == other);
        assert_eq!(ended.len(), 10, "{ended:?}");
        check_head(&database, &format!("round {round}"))?;
    }
    Ok(())
}

/// Services that migrate when they start, and the command line, on the revisions of the workspace.
fn services_start_in_a_crowd(database: &TestDatabase) -> TestResult {
    let alone = another(database)?;
    Program::migration().database(&alone).arg("up").run()?.succeeded()?;
    let up = Program::migration().database(database).arg("up");
    let processes: Vec<Running> = (0..5).map(|_| up.start()).collect::<Result<_, _>>()?;
    thread::scope(|scope| {
        let services: Vec<_> = (0..3).map(|_| scope.spawn(|| serve(database))).collect();
        services.into_iter().try_for_each(|service| service.join().unwrap_or_else(|_| Err("a panic".into())))
    })
    .map_err(|error| error.to_string())?;
    for running in processes {
        running.finish()?.succeeded()?;
    }
    assert_eq!(database.schema()?, alone.schema()?);
    let record = "SELECT revision || ' ' || state FROM seachange_revision ORDER BY revision";
    assert_eq!(database.values::<String>(record)?, alone.values::<String>(record)?);
    Ok(())
}

fn serve(database: &TestDatabase) -> Result<(), Box<dyn Error + Send + Sync>> {
    let output = App::start(database, &["--migrate", "up"])?.stop()?;
    output.succeeded()?;
    Ok(())
}
