//! Continues after a disturbance, as the program offers it: with `up` again, or with `repair --resume` where it says
//! so.

use seachange_tests::{Output, TestDatabase, harness::TestResult};

use super::{
    counts::{What, count},
    fixture::{check_head, check_whole, program, record},
    oracle,
};

/// The exit code of a run that finds an interrupted one.
const INTERRUPTED: i32 = 4;

/// Continues until the head is reached, and checks that the contents are those of an undisturbed run.
///
/// A run needs at most one repair, of the revision that the disturbed run left.
pub(super) fn recover(database: &TestDatabase, place: &str) -> TestResult {
    check_whole(database, place)?;
    count(database.backend(), What::Rerun);
    let up = program(database, "up").run()?;
    if up.code == Some(INTERRUPTED) {
        repair(database, &up, place)?;
        program(database, "up").run()?.succeeded()?;
    } else if !up.success() {
        return Err(format!("{place}: {up}").into());
    }
    check_head(database, place)
}

/// Resumes what the program says was interrupted.
fn repair(database: &TestDatabase, up: &Output, place: &str) -> TestResult {
    count(database.backend(), What::Repair);
    let record = record(database)?;
    let begun = record.iter().find(|row| !row.ends_with(" applied"));
    let id = begun.and_then(|row| row.split(' ').next()).ok_or_else(|| format!("{place}: nothing is begun: {up}"))?;
    for word in [id, "repair --resume", "repair --rolled-back", "repair --applied"] {
        if !up.stderr.contains(word) {
            return Err(format!("{place}: no `{word}` in {up}").into());
        }
    }
    let resumed = program(database, "repair --resume").run()?;
    if resumed.code == Some(INTERRUPTED) && resumed.stderr.contains("--not-run") {
        count(database.backend(), What::Asked);
        let answer = oracle::answer(&resumed.stderr, |sql| Ok(database.value::<i64>(sql)?))?;
        program(database, &format!("repair --resume {answer}")).run()?.succeeded()?;
        return Ok(());
    }
    resumed.succeeded()?;
    Ok(())
}
