//! Programs and servers are killed while they change rows.
#![expect(clippy::print_stdout, reason = "the counts are for the reader of the tests")]

use std::fmt::Display;
use std::thread::sleep;
use std::time::{Duration, Instant};

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::servers::{MariaDbServer, MySqlServer, PostgresServer, ServerSoftware, TemporaryServer};
use seachange_tests::{Backend, Program, Running, TestDatabase};
use serde_json::json;

use super::{backfill, insert, people, times};
use crate::guarantees::script::{Outcome, Script};
use crate::torture::check_loss_is_told;

/// How many rows a table has, and how often its backfill is killed. `BACKFILL_ROWS` and `BACKFILL_KILLS` ask for more.
const ROWS: u32 = 100_000;
const KILLS: u32 = 40;

/// How often the server of a backfill is killed. `BACKFILL_SERVER_KILLS` asks for more.
const SERVER_KILLS: u32 = 5;

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("backfill::program_is_killed", program_is_killed);
    cases.extend(each_backend("backfill::two_programs_at_once", two_programs_at_once));
    let name = "backfill::server_is_killed";
    cases.extend([
        Case::owning(Backend::Postgres, name, || server_is_killed(PostgresServer::start())),
        Case::owning(Backend::MariaDb, name, || server_is_killed(MariaDbServer::start())),
        Case::owning(Backend::MySql, name, || server_is_killed(MySqlServer::start())),
    ]);
    cases
}

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How many rows a backfill has passed.
fn passed(database: &TestDatabase, name: &str) -> Outcome<i64> {
    let rows = database.value::<i64>(&format!(
        "SELECT COALESCE(MAX(rows_passed), 0) FROM seachange_revision_backfill WHERE name = '{name}'"
    ));
    // The program makes the table.
    if rows.as_ref().is_err_and(|error| error.to_string().contains("seachange_revision_backfill")) {
        return Ok(0);
    }
    Ok(rows?)
}

/// Starts the program, and kills it once it has passed more rows. Returns whether it was killed in the middle.
fn start_and_kill(database: &TestDatabase, program: &Program, pause: Duration) -> Outcome<bool> {
    let before = passed(database, "l1")?;
    let mut running = program.start()?;
    let begun = Instant::now();
    while passed(database, "l1")? == before {
        if running.has_ended()? {
            running.finish()?.succeeded()?;
            return Ok(false);
        }
        if begun.elapsed() > Duration::from_secs(20) {
            return Err(format!("it passes no rows: {}", running.kill()).into());
        }
        sleep(Duration::from_millis(2));
    }
    sleep(pause);
    running.kill();
    Ok(true)
}

fn program_is_killed(database: &TestDatabase) -> TestResult {
    let wanted = number("BACKFILL_KILLS", KILLS);
    let rows = number("BACKFILL_ROWS", ROWS).max(wanted * 150);
    people(database, rows)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"target": 3})));
    let mut killed = 0;
    // The pauses hit every moment between two batches.
    let mut command = "up".to_owned();
    while killed < wanted {
        // So slowly that the rows suffice.
        let program = script.program(&format!("{command} --rows-per-second 1500"))?;
        if !start_and_kill(database, &program, Duration::from_micros(u64::from(killed % 20) * 700))? {
            break;
        }
        killed += 1;
        "repair --resume".clone_into(&mut command);
    }
    let rows_passed = passed(database, "l1")?;
    println!("{}: {killed} kills, {rows_passed} of {rows} rows passed", database.backend());
    assert!(killed >= wanted.min(KILLS), "only {killed} kills");
    // A kill after the last batch leaves the revision unfinished, or nothing to do.
    script.go_on_with(|program| program.limit(Duration::from_secs(600)))?;
    assert_eq!(times(database, "people")?, [format!("1: {rows}")]);
    assert!(script.is_applied("l1")?);
    Ok(())
}

/// The processes of the server are killed while `backfill run` and then a revision changes rows.
fn server_is_killed<E: ServerSoftware>(server: Result<TemporaryServer<E>, impl Display>) -> TestResult {
    let mut server = server?;
    let database = TestDatabase::at(E::BACKEND, Some(server.address()))?;
    let wanted = number("BACKFILL_SERVER_KILLS", SERVER_KILLS);
    let rows = 20_000.max(wanted * 1000);
    people(&database, rows)?;
    let script = Script::new(&database)
        .outside("l1", backfill(&json!({"name": "keys", "registers": true, "target": 3})))
        .outside("l2", backfill(&json!({"target": 3})));
    script.succeed("up 1")?;
    let of_service = wanted.div_ceil(2);
    kill_server(&mut server, &script, ("keys", "backfill run keys", "backfill run keys"), of_service)?;
    script.succeed("backfill run keys")?;
    assert_eq!(times(&database, "people")?, [format!("1: {rows}")]);
    kill_server(&mut server, &script, ("l2", "up", "repair --resume"), wanted - of_service)?;
    script.go_on()?;
    assert_eq!(times(&database, "people")?, [format!("2: {rows}")]);
    assert!(script.is_applied("l2")?);
    println!("{}: {wanted} kills of the server", E::BACKEND);
    Ok(())
}

/// Kills the server so often while a backfill runs. The program may notice it, or find the server again after its pause
/// between two batches.
fn kill_server<E: ServerSoftware>(
    server: &mut TemporaryServer<E>,
    script: &Script<'_>,
    (name, first, next): (&str, &str, &str),
    kills: u32,
) -> TestResult {
    let database = script.database;
    let mut command = first;
    let mut running: Option<Running> = None;
    // A program may outlive many restarts of its server.
    let limited = |command: &str| -> Outcome<Program> {
        Ok(script.program(&format!("{command} --rows-per-second 2000"))?.limit(Duration::from_secs(120)))
    };
    for kill in 0..kills {
        let before = passed(database, name)?;
        let begun = Instant::now();
        let mut program = match running.take() {
            Some(program) => program,
            None => limited(command)?.start()?,
        };
        while passed(database, name)? == before {
            if program.has_ended()? {
                let output = program.finish()?;
                assert!(!output.success(), "{kill} kills, and it is complete: {output}");
                program = limited(next)?.start()?;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "kill {kill}: it passes no rows: {}", program.kill());
            sleep(Duration::from_millis(2));
        }
        command = next;
        sleep(Duration::from_micros(u64::from(kill % 20) * 2300));
        // The processes of PostgreSQL end by themselves when their first one was killed.
        if kill.is_multiple_of(2) {
            server.crash()?
        } else {
            server.kill()?
        };
        if kill % 4 < 2 {
            server.restart()?;
            running = Some(program);
        } else {
            let output = program.finish()?;
            assert!(!output.success(), "kill {kill}: {output}");
            check_loss_is_told(&output, &format!("kill {kill}"))?;
            server.restart()?;
        }
    }
    if let Some(mut program) = running {
        program.kill();
    }
    Ok(())
}

/// Two programs take turns at the same backfill while a third session writes.
fn two_programs_at_once(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"registers": true})));
    script.succeed("up")?;
    let program = script.program("backfill run --rows-per-second 20000")?;
    let (first, second) = (program.start()?, program.start()?);
    for turn in 0..20 {
        insert(database, 1_000_000 + turn * 10, 10)?;
        database.execute(&format!("UPDATE people SET name = 'new' WHERE id % 1000 = {turn}"))?;
        database.execute(&format!("DELETE FROM people WHERE id = {}", 19_000 + turn))?;
    }
    first.finish()?.succeeded()?;
    second.finish()?.succeeded()?;
    let twice = database.value::<i64>("SELECT COUNT(*) FROM people WHERE times > 1")?;
    let missed = database.value::<i64>("SELECT COUNT(*) FROM people WHERE times = 0 AND id <= 20000")?;
    assert_eq!((twice, missed), (0, 0));
    Ok(())
}
