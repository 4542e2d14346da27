//! Targets in trouble: each is reported, and holds up no other.

use std::error::Error;
use std::fs;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Program, TestDatabase};
use serde_json::Value;

use super::each_way;
use super::tenants::{Kind, Tenants, outcome, report};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_way("troubles_are_contained", troubles_are_contained);
    cases.extend(each_way("failures_end_the_run", failures_end_the_run));
    cases.extend(each_way("canaries_come_first", canaries_come_first));
    cases.extend(each_way("a_locked_target_gets_another_turn", a_locked_target_gets_another_turn));
    cases.extend(each_way("an_interrupt_stops_everywhere", an_interrupt_stops_everywhere));
    cases.extend(each_way("an_added_target_is_found", an_added_target_is_found));
    cases.extend(each_way("a_second_interrupt_names_the_targets", a_second_interrupt_names_the_targets));
    cases.extend(each_way("steps_count_from_where_a_target_is", steps_count_from_where_a_target_is));
    cases.push(Case::on(Backend::Postgres, "fleet::missing_schema_is_no_base", a_missing_schema));
    cases.push(Case::on(Backend::Sqlite, "fleet::full_disk_is_reported", full_disk_is_reported));
    cases
}

/// Makes a revision fail in a target: its table exists already.
fn spoil(tenants: &Tenants<'_>, number: usize) -> Result<(), Box<dyn Error>> {
    Ok(tenants.execute(number, "CREATE TABLE books (id INTEGER)")?)
}

/// A program of the small library whose revision dawdles, on the target with this number alone.
fn dawdle(tenants: &Tenants<'_>, number: usize) -> Result<seachange_tests::Running, Box<dyn Error>> {
    let only = format!("up -v --only {}", tenants.name(number));
    let mut running = tenants.program("failing-migration", &only).env("TROUBLE", "books up: wait").start()?;
    running.wait_for("create authors table")?;
    Ok(running)
}

fn outcomes(report: &Value, tenants: &Tenants<'_>) -> Vec<String> {
    tenants.names().iter().map(|name| outcome(report, name).to_owned()).collect()
}

fn troubles_are_contained(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 6)?;
    let run = |arguments: &str| tenants.program("failing-migration", arguments).run();
    run("up")?.succeeded()?;
    run(&format!("down base --except {}", tenants.name(3)))?.succeeded()?;
    spoil(&tenants, 2)?;
    let record = "INSERT INTO seachange_revision VALUES ('ffffffffffff', 'd44444444444', '', 'x', 'applied', \
        '2026-01-01 00:00:00', '2026-01-01 00:00:00', 1, 'other 1.0')";
    tenants.execute(3, record)?;
    let locked = dawdle(&tenants, 4)?;
    let output = run("up --max-failures 5 --lock-timeout 1s -o up.json")?;
    assert_eq!(output.code, Some(11), "{output}");
    let report = report(database, "up.json")?;
    let found = outcomes(&report, &tenants);
    assert_eq!(found, ["changed", "failed", "ahead", "locked", "changed", "changed"], "{output}");
    for word in ["failed", "ahead", "locked"] {
        assert!(output.stderr.contains(&format!("  {word}: `")), "{output}");
    }
    fs::write(database.folder().join("go"), "")?;
    locked.finish()?.succeeded()?;
    Ok(())
}

/// A schema that does not exist stands nowhere, among others and alone.
fn a_missing_schema(database: &TestDatabase) -> TestResult {
    let _tenants = Tenants::create(database, Kind::Schemas, 2)?;
    let gone = "[[target]]\nname = \"gone\"\nschema = \"no_such_schema\"\n";
    fs::write(database.folder().join("alone.toml"), gone)?;
    fs::write(database.folder().join("fleet.toml"), format!("[[group]]\nschemas = [\"tenant_*\"]\n{gone}"))?;
    for (fleet, count) in [("fleet.toml", 2), ("alone.toml", 0)] {
        let run = |command: &str| Program::migration().database(database).args([command, "--fleet", fleet]).run();
        let output = run("status")?;
        assert_eq!(output.code, Some(11), "{output}");
        assert!(output.to_string().contains("the schema `no_such_schema` does not exist"), "{output}");
        assert_eq!(output.to_string().contains("2 targets"), count == 2, "{output}");
        let output = run("up")?;
        assert_eq!(output.code, Some(11), "{output}");
        assert!(output.to_string().contains("no_such_schema"), "{output}");
    }
    Ok(())
}

/// The files of two targets can grow no further: both are reported, and the next run goes on when there is room.
fn full_disk_is_reported(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Files, 4)?;
    let run = |arguments: &str| tenants.program("ten-migration", arguments);
    run("up --only data/t[12].db").run()?.succeeded()?;
    let output = run("up -j 1 --max-failures 3 -o up.json").env("TEN_AT", "5: fill").run()?;
    assert_eq!(output.code, Some(11), "{output}");
    assert!(output.stderr.contains("disk is full"), "{output}");
    let found = || Ok::<_, Box<dyn Error>>(outcomes(&report(database, "up.json")?, &tenants));
    assert_eq!(found()?, ["unchanged", "unchanged", "failed", "failed"], "{output}");
    run("up -o up.json").run()?.succeeded()?;
    assert_eq!(found()?, ["unchanged", "unchanged", "changed", "changed"]);
    Ok(())
}

fn failures_end_the_run(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 9)?;
    let run = |arguments: &str| tenants.program("failing-migration", arguments).run();
    for number in [1, 2, 3] {
        spoil(&tenants, number)?;
    }
    let output = run("up -j 1 -o up.json")?;
    assert_eq!(output.code, Some(11), "{output}");
    let written = report(database, "up.json")?;
    assert_eq!((&written["counts"]["failed"], &written["counts"]["not_begun"]), (&1.into(), &8.into()), "{output}");
    assert!(output.stderr.contains("8 targets not begun: the failures before ended the run"), "{output}");
    let output = run("up -j 1 --max-failures 3 -o up.json")?;
    assert_eq!(output.code, Some(11), "{output}");
    assert_eq!(report(database, "up.json")?["counts"]["changed"], 6, "{output}");
    for number in [1, 2, 3] {
        tenants.execute(number, "DROP TABLE books")?;
    }
    // MySQL and MariaDB rolled nothing back: the revision was begun, and its first statement failed.
    if database.backend().is_like_mysql() {
        run("repair --rolled-back")?.succeeded()?;
    }
    run("up")?.succeeded()?;
    let status = run("status")?.succeeded()?;
    assert!(status.stdout.starts_with("9 targets: at "), "{status}");
    Ok(())
}

fn canaries_come_first(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 5)?;
    spoil(&tenants, 4)?;
    let canary = format!("up --max-failures 9 -o up.json --canary {}", tenants.name(4));
    let output = tenants.program("failing-migration", &canary).run()?;
    assert_eq!(output.code, Some(11), "{output}");
    let written = report(database, "up.json")?;
    assert_eq!(
        outcomes(&written, &tenants),
        ["not_begun", "not_begun", "not_begun", "failed", "not_begun"],
        "{output}"
    );
    Ok(())
}

/// The locked target waits at the end, and the others do not wait for it.
fn a_locked_target_gets_another_turn(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 4)?;
    let locked = dawdle(&tenants, 1)?;
    let mut fleet = tenants.program("failing-migration", "up -v -j 1").start()?;
    for number in [2, 3, 4] {
        fleet.wait_for(&format!("changed {}", tenants.name(number)))?;
    }
    fs::write(database.folder().join("go"), "")?;
    locked.finish()?.succeeded()?;
    let output = fleet.finish()?.succeeded()?;
    // On SQLite the locked target becomes free between two revisions of the other run.
    assert!(["3 changed, 1 unchanged", ": 4 changed"].iter().any(|end| output.stderr.contains(end)), "{output}");
    tenants.program("failing-migration", "current --check-heads").run()?.succeeded()?;
    Ok(())
}

fn an_interrupt_stops_everywhere(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 4)?;
    let program = tenants.program("failing-migration", "up -v -j 2").env("TROUBLE", "books up: wait");
    let mut running = program.start()?;
    running.wait_for("create authors table")?;
    running.interrupt()?;
    running.wait_for("stopping")?;
    fs::write(database.folder().join("go"), "")?;
    let output = running.finish()?;
    assert_eq!(output.code, Some(130), "{output}");
    assert!(output.stderr.contains("of 4 targets left"), "{output}");
    tenants.program("failing-migration", "up").run()?.succeeded()?;
    let status = tenants.program("failing-migration", "current --check-heads").run()?;
    status.succeeded()?;
    Ok(())
}

fn a_second_interrupt_names_the_targets(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 2)?;
    let program = tenants.program("failing-migration", "up -v -j 1").env("TROUBLE", "books up: wait");
    let mut running = program.start()?;
    running.wait_for("create authors table")?;
    running.interrupt()?;
    running.wait_for("stopping")?;
    running.interrupt()?;
    let output = running.finish()?;
    assert_eq!(output.code, Some(130), "{output}");
    assert!(output.stderr.contains("ended in the middle of 1 target"), "{output}");
    assert!(output.stderr.contains(&format!("`{}`", tenants.name(1))), "{output}");
    Ok(())
}

/// The same command would revert another revision in the targets that have succeeded: it is not offered.
fn steps_count_from_where_a_target_is(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 3)?;
    let run = |arguments: &str| tenants.program("failing-migration", arguments).run();
    spoil(&tenants, 3)?;
    let output = run("up 5 -j 1")?;
    assert_eq!(output.code, Some(11), "{output}");
    assert!(output.stderr.contains("would count from where each target is now"), "{output}");
    assert!(!output.stderr.contains("the same command continues"), "{output}");
    let output = run("up -j 1")?;
    assert!(output.stderr.contains("the same command continues"), "{output}");
    let plan = run("down 1 --dry-run")?;
    assert!(plan.stderr.contains(&format!("== {}", tenants.name(1))), "{plan}");
    assert!(!plan.to_string().contains("pending"), "{plan}");
    Ok(())
}

/// Twice as many targets are no first look: the canary was one of the first targets.
fn an_added_target_is_found(database: &TestDatabase, kind: Kind) -> TestResult {
    let mut tenants = Tenants::create(database, kind, 1)?;
    let arguments = format!("up -v --canary {}", tenants.name(1));
    let program = tenants.program("failing-migration", &arguments).env("TROUBLE", "books up: wait");
    let mut running = program.start()?;
    running.wait_for("create authors table")?;
    tenants.add(1)?;
    fs::write(database.folder().join("go"), "")?;
    let output = running.finish()?.succeeded()?;
    assert!(output.stderr.contains("2 targets in ") && output.stderr.contains(": 2 changed"), "{output}");
    Ok(())
}
