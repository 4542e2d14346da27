//! What a user does with a fleet: read, upgrade, compare, downgrade, stamp, continue.

use std::fs;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, TestDatabase};

use super::tenants::{Kind, Tenants, outcome, report};
use super::{each_kind, each_way};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_kind("all_commands", all_commands);
    cases.push(Case::on(Backend::Sqlite, "fleet::a_thousand_files", a_thousand_files));
    cases.extend(each_way("a_run_is_told_in_json", a_run_is_told_in_json));
    cases.extend(each_way("targets_that_differ_in_the_same_way_stand_together", differences));
    cases
}

/// How many targets, so that the servers stay quick.
fn count(database: &TestDatabase, kind: Kind) -> usize {
    match kind {
        Kind::Files => 100,
        Kind::Schemas => 100,
        Kind::Databases if database.backend().is_like_mysql() => 50,
        Kind::Databases => 20,
    }
}

fn all_commands(database: &TestDatabase, kind: Kind) -> TestResult {
    let count = count(database, kind);
    let tenants = Tenants::create(database, kind, count)?;
    let status = tenants.run("status")?.succeeded()?;
    assert!(status.stdout.starts_with(&format!("{count} targets: at base, 6 pending")), "{status}");
    let up = tenants.run("up --canary 2 --waves 5,50 -o up.json")?.succeeded()?;
    assert!(up.stderr.contains(&format!(": {count} changed")), "{up}");
    let written = report(database, "up.json")?;
    assert_eq!(written["counts"]["changed"], count);
    assert_eq!(written["targets"][0]["applied"].as_array().map(Vec::len), Some(6));
    tenants.all_are_at_head()?;
    let again = tenants.run("up")?.succeeded()?;
    assert!(again.stderr.contains("none with something to do"), "{again}");
    tenants.run("current --check-heads")?.succeeded()?;
    let one = format!("check --only {}", tenants.name(3));
    assert!(tenants.run(&one)?.succeeded()?.stdout.starts_with("1 target without a difference"));
    tenants.run(&format!("down --only {}", tenants.name(3)))?.succeeded()?;
    let behind = tenants.run("current --check-heads")?;
    assert_eq!(behind.code, Some(6), "{behind}");
    assert!(behind.stderr.contains(&format!("1 of {count} targets are not at the heads")), "{behind}");
    tenants.run(&format!("stamp heads --only {}", tenants.name(3)))?.succeeded()?;
    tenants.all_are_at_head()?;
    Ok(())
}

/// One revision in each of a thousand files, then none, then the next one in some.
fn a_thousand_files(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Files, 1000)?;
    let up = tenants.run("up 1")?.succeeded()?;
    assert!(up.stderr.contains(": 1000 changed"), "{up}");
    let status = tenants.run("status")?.succeeded()?;
    assert!(status.stdout.starts_with("1000 targets: at ") && status.stdout.contains(", 5 pending"), "{status}");
    tenants.run("up 1 --only data/t1??.db")?.succeeded()?;
    let status = tenants.run("status")?.succeeded()?;
    let starts: Vec<&str> = status.stdout.lines().filter(|line| line.contains(" targets: at ")).collect();
    assert!(starts.len() == 2 && starts[0].starts_with("900 ") && starts[1].starts_with("100 "), "{status}");
    Ok(())
}

fn a_run_is_told_in_json(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 3)?;
    let output = tenants.run("up --format json")?.succeeded()?;
    let lines: Vec<serde_json::Value> = output
        .stdout
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{error}: {output}"))?;
    let events = |name: &str| lines.iter().filter(|line| line["event"] == name).count();
    assert_eq!(["fleet_planned", "target_started", "target_finished", "fleet_report"].map(events), [1, 3, 3, 1]);
    let finished: Vec<_> = lines.iter().filter(|line| line["event"] == "finished").collect();
    assert_eq!(finished.len(), 18, "{output}");
    assert!(finished.iter().all(|line| tenants.names().iter().any(|name| line["target"] == *name)), "{output}");
    assert_eq!(lines.last().map(|line| &line["counts"]["changed"]), Some(&3.into()));
    Ok(())
}

fn differences(database: &TestDatabase, kind: Kind) -> TestResult {
    let tenants = Tenants::create(database, kind, 5)?;
    tenants.run("up")?.succeeded()?;
    for number in [2, 4] {
        tenants.execute(number, "ALTER TABLE posts ADD COLUMN forgotten INTEGER")?;
    }
    let output = tenants.run("check")?;
    assert_eq!(output.code, Some(8), "{output}");
    let pair = [tenants.name(2), tenants.name(4)].join(", ");
    assert!(output.stdout.contains("3 targets without a difference: "), "{output}");
    assert!(output.stdout.lines().any(|line| line.starts_with("2 targets with ") && line.ends_with(&pair)), "{output}");
    tenants.execute(5, "DROP TABLE votes")?;
    tenants.run(&format!("down 2 --only {}", tenants.name(1)))?.succeeded()?;
    let output = tenants.run("check --format json")?;
    assert_eq!(output.code, Some(11), "a target that is behind cannot be compared: {output}");
    let groups: Vec<serde_json::Value> = serde_json::from_str(&output.stdout)?;
    assert_eq!(groups.len(), 4, "{output}");
    fs::write(database.folder().join("groups.json"), &output.stdout)?;
    let last = tenants.run("up -o up.json")?.succeeded()?;
    assert_eq!(outcome(&report(database, "up.json")?, tenants.name(1)), "changed", "{last}");
    Ok(())
}
