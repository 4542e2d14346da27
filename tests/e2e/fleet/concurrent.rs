//! Several runs over the same targets, and runs that are killed.

use std::thread;
use std::time::Duration;

use seachange_tests::TestDatabase;
use seachange_tests::harness::{Case, TestResult};

use super::each_way;
use super::kills::resume_mismatches;
use super::tenants::{Kind, Tenants};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_way("twenty_runs_at_once", twenty_runs_at_once);
    cases.extend(each_way("killed_and_continued", killed_and_continued));
    cases
}

/// How many runs of each kind begin at once.
const RUNS: usize = 20;

/// Twenty runs over the fleet, and twenty over one target each: each revision runs once in each target, and all succeed.
fn twenty_runs_at_once(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 5)?;
    let mut running = Vec::new();
    for number in 0..RUNS {
        // Forty programs of eight targets each would take more connections than the servers have.
        running.push(tenants.program("ten-migration", "up -j 1").start()?);
        let only = format!("up -j 1 --only {}", tenants.name(number % tenants.names().len() + 1));
        running.push(tenants.program("ten-migration", &only).start()?);
    }
    for one in running {
        one.finish()?.succeeded()?;
    }
    are_at_the_head(&tenants)
}

/// A run is killed at moments that depend on the machine, and the next one continues.
fn killed_and_continued(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 10)?;
    for round in 1..=5 {
        let mut running = tenants.program("ten-migration", "up -j 4").start()?;
        thread::sleep(Duration::from_millis(60 * round));
        running.kill();
        repair(&tenants)?;
    }
    tenants.program("ten-migration", "up").run()?.succeeded()?;
    are_at_the_head(&tenants)
}

/// Resumes what a kill left in the middle, once the server has ended the sessions of the killed program. MariaDB may have
/// finished the statement that was running, or not.
fn repair(tenants: &Tenants<'_>) -> TestResult {
    let resumed = tenants.program("ten-migration", "repair --resume -o repair.json").run()?;
    if resumed.code != Some(11) {
        resumed.succeeded()?;
        return Ok(());
    }
    resume_mismatches(tenants, &|program| program, "repair.json")?;
    tenants.program("ten-migration", "repair --resume").run()?.succeeded()?;
    Ok(())
}

fn are_at_the_head(tenants: &Tenants<'_>) -> TestResult {
    let status = tenants.program("ten-migration", "status").run()?.succeeded()?;
    let count = tenants.names().len();
    assert!(
        status.stdout.starts_with(&format!("{count} targets: at `")) && !status.stdout.contains("pending"),
        "{status}"
    );
    assert!(status.stdout.contains("(head)") && status.stdout.lines().count() == 2, "{status}");
    Ok(())
}
