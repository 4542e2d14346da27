//! Invalid command lines, and commands without a required argument or terminal.

use std::fs;

use seachange_tests::{
    TestDatabase,
    harness::{Case, TestResult},
};

use super::{apply_three, case, check, migration};

/// A name, and the arguments.
const COMMANDS: [(&str, &[&str]); 20] = [
    ("no_command", &[]),
    ("unknown_command", &["upp"]),
    ("unknown_option", &["up", "--fast"]),
    ("two_targets", &["show", "head", "base"]),
    ("no_target", &["downgrade"]),
    ("quiet_and_verbose", &["up", "-q", "-v"]),
    ("unknown_color", &["up", "--color", "sometimes"]),
    ("unknown_format", &["status", "--format", "yaml"]),
    ("unknown_shell", &["completions", "csh"]),
    ("fresh_without_terminal", &["fresh"]),
    ("reset_without_terminal", &["reset"]),
    ("refresh_without_terminal", &["refresh"]),
    ("no_message", &["revision"]),
    ("existing_id", &["revision", "-m", "again", "--rev-id", "376e48470d72"]),
    ("id_with_space", &["revision", "-m", "again", "--rev-id", "a b"]),
    ("id_too_short", &["revision", "-m", "again", "--rev-id", ""]),
    ("id_is_a_word", &["revision", "-m", "again", "--rev-id", "head"]),
    ("id_like_steps", &["revision", "-m", "again", "--rev-id", "-1"]),
    ("init_in_a_full_folder", &["init", "."]),
    ("init_with_bad_name", &["init", "new", "--name", "2 fast"]),
];

pub(super) fn trials() -> Vec<Case> {
    let commands = COMMANDS.map(|(name, arguments)| {
        case(name, move |database| {
            apply_three(database)?;
            check(name, database, &migration(database).args(arguments))
        })
    });
    let mut cases: Vec<Case> = commands.into();
    cases.push(case("answer_on_a_pipe", answer_on_a_pipe));
    cases.push(case("init_in_a_file", init_in_a_file));
    cases
}

/// The program asks only on a terminal: input from a pipe may be meant for another program.
fn answer_on_a_pipe(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    check("fresh_without_terminal", database, &migration(database).arg("fresh").input("yes\n"))
}

fn init_in_a_file(database: &TestDatabase) -> TestResult {
    fs::write(database.folder().join("notes"), "")?;
    check("init_in_a_file", database, &migration(database).args(["init", "notes"]))
}
