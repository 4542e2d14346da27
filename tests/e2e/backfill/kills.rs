//! Programs and servers are killed while they change rows.
#![expect(clippy::print_stdout, reason = "the counts are for the reader of the tests")]

use std::thread::sleep;
use std::time::{Duration, Instant};

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Program, TestDatabase};
use serde_json::json;

use super::{backfill, insert, people, times};
use crate::guarantees::script::{Outcome, Script};

/// How many rows a table has, and how often its backfill is killed. `BACKFILL_KILLS` asks for more.
const ROWS: u32 = 100_000;
const KILLS: u32 = 40;

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("backfill::program_is_killed", program_is_killed);
    cases.extend(each_backend("backfill::two_programs_at_once", two_programs_at_once));
    cases
}

fn kills() -> u32 {
    std::env::var("BACKFILL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// How many rows the backfill of `l1` has passed.
fn passed(database: &TestDatabase) -> Outcome<i64> {
    const PASSED: &str = "SELECT COALESCE(MAX(rows_passed), 0) FROM seachange_revision_backfill WHERE name = 'l1'";
    // The program makes the table.
    let rows = database.value::<i64>(PASSED);
    if rows.as_ref().is_err_and(|error| error.to_string().contains("seachange_revision_backfill")) {
        return Ok(0);
    }
    Ok(rows?)
}

/// Starts the program, and kills it once it has passed more rows. Returns whether it was killed in the middle.
fn start_and_kill(database: &TestDatabase, program: &Program, pause: Duration) -> Outcome<bool> {
    let before = passed(database)?;
    let mut running = program.start()?;
    let begun = Instant::now();
    while passed(database)? == before {
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
    let wanted = kills();
    let rows = ROWS.max(wanted * 1500);
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
    println!("{}: {killed} kills, {} of {rows} rows passed", database.backend(), passed(database)?);
    assert!(killed >= wanted.min(KILLS), "only {killed} kills");
    // A kill after the last batch leaves the revision unfinished, or nothing to do.
    script.go_on()?;
    assert_eq!(times(database, "people")?, [format!("1: {rows}")]);
    assert!(script.is_applied("l1")?);
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
