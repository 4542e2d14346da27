//! Programs run as a user runs them: built, in a clean environment, with a limit.

use std::time::Duration;

use seachange_tests::{
    Program, ProgramError, TestDatabase,
    harness::{Case, TestResult, each_backend},
    snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = vec![
        Case::new("programs::output_and_code_are_captured", output_and_code_are_captured),
        Case::new("programs::unknown_program_is_named", unknown_program_is_named),
        Case::new("programs::endless_program_is_killed", endless_program_is_killed),
    ];
    cases.push(Case::new("programs::input_and_environment_are_given", input_and_environment_are_given));
    cases.extend(each_backend("programs::snapshots_hide_what_varies", snapshots_hide_what_varies));
    cases
}

fn output_and_code_are_captured() -> TestResult {
    let output = Program::named("db").args(["oracle", "up"]).run()?;
    assert_eq!(output.code, Some(1));
    assert_eq!(output.stderr, "error: usage: db <postgres|mariadb|mysql> <up|down|url>\n");
    assert!(output.succeeded().is_err());
    Ok(())
}

fn input_and_environment_are_given() -> TestResult {
    let script = "read -r line; echo \"$line $GIVEN $(env | grep -c '^CARGO')\"; kill -KILL $$";
    let output = Program::at("sh").args(["-c", script]).input("yes\n").env("GIVEN", "given").run()?;
    assert_eq!((output.stdout.as_str(), output.code), ("yes given 0\n", None));
    Ok(())
}

fn unknown_program_is_named() -> TestResult {
    let error = Program::named("none").run();
    assert!(matches!(error, Err(ProgramError::Unknown { name }) if name == "none"));
    Ok(())
}

fn endless_program_is_killed() -> TestResult {
    let error = Program::at("sleep").arg("60").limit(Duration::from_millis(10)).run();
    assert!(matches!(error, Err(ProgramError::Endless { .. })));
    Ok(())
}

fn snapshots_hide_what_varies(database: &TestDatabase) -> TestResult {
    let text = format!(
        "at {} in 12 ms on 2026-11-21T09:03:11Z\nm20261121_add_votes.rs of {}\n{}",
        database.file().display(),
        database.name(),
        database.url()
    );
    let name = format!("programs_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, text));
    Ok(())
}
