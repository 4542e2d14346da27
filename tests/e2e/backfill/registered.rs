//! Backfills that a revision registers, and that `backfill run` runs.

use std::thread::sleep;
use std::time::{Duration, Instant};

use seachange_tests::TestDatabase;
use seachange_tests::harness::{Case, TestResult, each_backend};
use serde_json::{Value, json};

use super::{backfill, people, states, times};
use crate::guarantees::script::{Script, check_says};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("backfill::registered_and_run", registered_and_run);
    cases.extend(each_backend("backfill::paused_and_cancelled", paused_and_cancelled));
    cases.extend(each_backend("backfill::revision_waits_while_paused", revision_waits_while_paused));
    cases.extend(each_backend("backfill::stopped_by_ctrl_c", stopped_by_ctrl_c));
    cases
}

fn registered_and_run(database: &TestDatabase) -> TestResult {
    people(database, 2000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({})));
    script.succeed("up --register-backfills")?;
    assert_eq!(states(database)?, ["l1 active 0 0"]);
    assert!(script.is_applied("l1")?);
    let plan = script.succeed("backfill run --dry-run")?;
    check_says(&plan, &["UPDATE", "people"])?;
    assert_eq!(times(database, "people")?, ["0: 2000"]);
    let run = script.succeed("backfill run")?;
    check_says(&run, &["l1: complete, 2000 rows passed, 2000 changed"])?;
    assert_eq!(times(database, "people")?, ["1: 2000"]);
    let listed: Value = serde_json::from_str(&script.succeed("backfill list --format json")?.stdout)?;
    assert_eq!((&listed[0]["state"], &listed[0]["rows_changed"]), (&json!("complete"), &json!(2000)));
    let nothing = script.succeed("backfill run")?;
    check_says(&nothing, &["nothing to run"])?;
    let again = script.run("backfill cancel l1")?;
    assert_eq!(again.code, Some(4), "{again}");
    check_says(&again, &["`l1` is complete"])?;
    Ok(())
}

fn paused_and_cancelled(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"name": "keys", "registers": true})));
    script.succeed("up")?;
    let running = script.program("backfill run keys --rows-per-second 4000")?.start()?;
    wait_for_rows(database)?;
    script.succeed("backfill pause keys")?;
    let output = running.finish()?.succeeded()?;
    check_says(&output, &["keys: paused"])?;
    let before = times(database, "people")?;
    check_says(&script.succeed("backfill run")?, &["nothing to run"])?;
    assert_eq!(times(database, "people")?, before);
    script.succeed("backfill cancel keys")?;
    let refused = script.run("backfill run keys")?;
    assert_eq!(refused.code, Some(4), "{refused}");
    check_says(&refused, &["is cancelled", "backfill resume keys"])?;
    script.succeed("backfill resume keys")?;
    script.succeed("backfill run")?;
    assert_eq!(times(database, "people")?, ["1: 20000"]);
    let unknown = script.run("backfill pause nothing")?;
    assert_eq!(unknown.code, Some(2), "{unknown}");
    Ok(())
}

pub(super) fn wait_for_rows(database: &TestDatabase) -> TestResult {
    let begun = Instant::now();
    while database
        .value::<i64>("SELECT COALESCE(MAX(rows_passed), 0) FROM seachange_revision_backfill")
        .unwrap_or_default()
        == 0
    {
        assert!(begun.elapsed() < Duration::from_secs(20), "it passes no rows");
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn revision_waits_while_paused(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({})));
    let mut running = script.program("up --rows-per-second 8000")?.start()?;
    wait_for_rows(database)?;
    script.succeed("backfill pause l1")?;
    sleep(Duration::from_millis(700));
    let before = times(database, "people")?;
    sleep(Duration::from_millis(700));
    assert_eq!(times(database, "people")?, before);
    assert!(!running.has_ended()?);
    script.succeed("backfill resume l1")?;
    running.finish()?.succeeded()?;
    assert_eq!(times(database, "people")?, ["1: 20000"]);
    Ok(())
}

/// The first Ctrl-C stops between two batches, and `repair --resume` goes on.
fn stopped_by_ctrl_c(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({})));
    let running = script.program("up --rows-per-second 4000")?.start()?;
    wait_for_rows(database)?;
    running.interrupt()?;
    let output = running.finish()?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["`l1` was stopped after"])?;
    script.succeed("repair --resume")?;
    assert_eq!(times(database, "people")?, ["1: 20000"]);
    Ok(())
}
