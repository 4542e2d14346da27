//! `check --accept`: a file of accepted differences.

use std::fs;
use std::path::PathBuf;

use seachange_tests::{
    Backend, Output, TestDatabase,
    harness::{Case, TestResult, each_backend},
    named, snapshot,
};

use super::{alter, run};

pub(super) fn trials() -> Vec<Case> {
    let tests = named![
        accepted_differences_are_left_out,
        an_accepted_difference_with_another_text_is_new,
        a_part_of_the_comparison_keeps_the_rest
    ];
    let mut cases: Vec<Case> =
        tests.into_iter().flat_map(|(name, test)| each_backend(&format!("left_out::{name}"), test)).collect();
    let once = named![broken_files_are_refused, files_that_cannot_be_written_are_told];
    cases.extend(once.map(|(name, test)| Case::on(Backend::Sqlite, &format!("left_out::{name}"), test)));
    cases
}

/// The file of accepted differences.
fn file(database: &TestDatabase) -> PathBuf {
    database.folder().join("accepted.jsonl")
}

/// Runs a command with the file.
fn with_file(database: &TestDatabase, arguments: &[&str]) -> Result<Output, Box<dyn std::error::Error>> {
    Ok(run(database, &[arguments, &["--baseline", "accepted.jsonl"]].concat())?)
}

fn accepted_differences_are_left_out(database: &TestDatabase) -> TestResult {
    alter(database)?;
    // A file that does not exist yet accepts nothing, and may be misspelled.
    let missing = with_file(database, &["check"])?;
    assert_eq!(missing.code, Some(1), "{missing}");
    let reported = run(database, &["check"])?.stdout;
    let accepted = with_file(database, &["check", "--accept"])?.succeeded()?;
    assert_eq!(accepted.stdout, reported);
    let text = fs::read_to_string(file(database))?;
    let name = format!("left_out_file_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, text));
    let checked = with_file(database, &["check"])?.succeeded()?;
    assert_eq!(checked.stdout, "");
    assert_eq!(checked.stderr, "the database matches the entities, apart from 3 accepted differences\n");
    assert_eq!(with_file(database, &["check", "--format", "json"])?.succeeded()?.stdout, "[]\n");
    for command in [&["diff"][..], &["revision", "--autogenerate", "nothing"]] {
        assert_eq!(with_file(database, command)?.succeeded()?.stdout, "", "{command:?}");
    }
    // Nothing changes the second time.
    let modified = fs::metadata(file(database))?.modified()?;
    with_file(database, &["check", "--accept"])?.succeeded()?;
    assert_eq!((fs::read_to_string(file(database))?, fs::metadata(file(database))?.modified()?), (text, modified));
    new_and_disappeared(database)
}

fn new_and_disappeared(database: &TestDatabase) -> TestResult {
    database.execute("CREATE INDEX other ON users (email)")?;
    let new = with_file(database, &["check"])?;
    assert_eq!((new.code, new.stdout.as_str()), (Some(8), "  table users\n  - index other: (email)\n"), "{new}");
    assert!(new.stderr.starts_with("1 difference in 1 table, beside 3 accepted differences\n"), "{new}");
    let sql = with_file(database, &["diff"])?.succeeded()?.stdout;
    assert_eq!(sql.lines().count(), 1, "{sql}");
    database.execute("DROP TABLE stranger")?;
    let gone = with_file(database, &["check"])?;
    assert_eq!(gone.code, Some(8), "{gone}");
    assert!(gone.stderr.contains("warning: an accepted difference has disappeared: table `stranger`\n"), "{gone}");
    let accepted = with_file(database, &["check", "--accept"])?.succeeded()?;
    assert_eq!(accepted.stdout, "  table users\n  - index other: (email)\n");
    assert!(accepted.stderr.starts_with("accepted 1 new and removed 1: `accepted.jsonl`\n"), "{accepted}");
    let text = fs::read_to_string(file(database))?;
    assert_eq!((text.lines().count(), text.contains("stranger")), (3, false), "{text}");
    assert_eq!(with_file(database, &["check"])?.succeeded()?.stdout, "");
    // What comes back is new.
    database.execute("CREATE TABLE stranger (id INTEGER NOT NULL PRIMARY KEY)")?;
    assert_eq!(with_file(database, &["check"])?.stdout, "- table stranger: (id)\n");
    // Nothing is left to accept: the file is empty, and still read.
    database.execute("DROP TABLE stranger")?;
    for index in ["odd", "other"] {
        let on = if index == "odd" { "posts" } else { "users" };
        match database.backend() {
            Backend::MariaDb | Backend::MySql => database.execute(&format!("DROP INDEX {index} ON {on}"))?,
            _ => database.execute(&format!("DROP INDEX {index}"))?,
        }
    }
    database.execute("ALTER TABLE posts DROP COLUMN extra")?;
    with_file(database, &["check", "--accept"])?.succeeded()?;
    assert_eq!(fs::read_to_string(file(database))?, "");
    assert_eq!(with_file(database, &["check"])?.succeeded()?.stderr, "the database matches the entities\n");
    Ok(())
}

fn an_accepted_difference_with_another_text_is_new(database: &TestDatabase) -> TestResult {
    alter(database)?;
    with_file(database, &["check", "--accept"])?.succeeded()?;
    database.execute("ALTER TABLE stranger ADD COLUMN other INTEGER")?;
    let changed = with_file(database, &["check"])?;
    assert_eq!((changed.code, changed.stdout.as_str()), (Some(8), "- table stranger: (id, other)\n"), "{changed}");
    assert!(changed.stderr.contains("has disappeared: table `stranger`"), "{changed}");
    // The lines of another database system stay.
    let text = fs::read_to_string(file(database))?;
    let driver = text.split('"').nth(3).ok_or("no driver")?.to_owned();
    let other = if driver == "sqlite" { "postgres" } else { "sqlite" };
    fs::write(file(database), format!("{text}{}", text.replace(&driver, other)))?;
    with_file(database, &["check", "--accept"])?.succeeded()?;
    let text = fs::read_to_string(file(database))?;
    assert_eq!(text.lines().filter(|line| line.contains(&format!("\"driver\":\"{other}\""))).count(), 3, "{text}");
    assert_eq!(with_file(database, &["check"])?.succeeded()?.stdout, "");
    Ok(())
}

fn a_part_of_the_comparison_keeps_the_rest(database: &TestDatabase) -> TestResult {
    alter(database)?;
    with_file(database, &["check", "--accept", "--table", "posts"])?.succeeded()?;
    assert_eq!(fs::read_to_string(file(database))?.lines().count(), 2);
    with_file(database, &["check", "--accept", "--exclude-table", "posts"])?.succeeded()?;
    assert_eq!(fs::read_to_string(file(database))?.lines().count(), 3);
    // No line counts as disappeared because an option leaves its difference out.
    for option in [["--table", "users"], ["--ignore", "table,index"], ["--ignore", "*@posts"]] {
        let checked = with_file(database, &[&["check"][..], &option].concat())?.succeeded()?;
        assert!(!checked.stderr.contains("disappeared"), "{checked}");
        with_file(database, &[&["check", "--accept"][..], &option].concat())?.succeeded()?;
        assert_eq!(fs::read_to_string(file(database))?.lines().count(), 3, "{option:?}");
    }
    assert_eq!(with_file(database, &["check"])?.succeeded()?.stdout, "");
    Ok(())
}

fn broken_files_are_refused(database: &TestDatabase) -> TestResult {
    alter(database)?;
    with_file(database, &["check", "--accept"])?.succeeded()?;
    let text = fs::read_to_string(file(database))?;
    let first = text.lines().next().ok_or("no line")?.to_owned();
    for (line, reason) in [
        ("{", "EOF while parsing an object at column 1"),
        ("<<<<<<< HEAD", "expected value at column 1"),
        ("[]", "invalid length 0, expected struct AcceptedDifference with 6 elements at column 2"),
        ("\u{202e}", "expected value at column 1"),
        ("{\"driver\":\"oracle\",\"kind\":\"table\"}", "unknown driver `oracle`, not one of sqlite, postgres, mysql"),
        ("{\"driver\":\"sqlite\",\"kind\":\"tables\"}", "unknown kind of difference `tables`"),
    ] {
        fs::write(file(database), format!("{first}\n\n{line}\n"))?;
        for command in [&["check"][..], &["check", "--accept"], &["diff"], &["revision", "--autogenerate", "x"]] {
            let refused = with_file(database, command)?;
            assert_eq!(refused.code, Some(2), "{refused}");
            let message = format!("error: accepted.jsonl:3: not an accepted difference: {reason}");
            assert!(refused.stderr.starts_with(&message), "{refused}");
            assert_eq!(fs::read_to_string(file(database))?, format!("{first}\n\n{line}\n"), "the file is unchanged");
        }
    }
    fs::write(file(database), [b'{', 0xff, b'\n'])?;
    assert_eq!(with_file(database, &["check"])?.code, Some(2));
    // The order of lines, empty lines and line ends do not matter.
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    fs::write(file(database), format!("\u{feff}{}\r\n\r\n{first}", lines.join("\r\n")))?;
    assert_eq!(with_file(database, &["check"])?.succeeded()?.stdout, "");
    Ok(())
}

fn files_that_cannot_be_written_are_told(database: &TestDatabase) -> TestResult {
    alter(database)?;
    let nowhere = run(database, &["check", "--accept", "--baseline", "nowhere/accepted.jsonl"])?;
    assert_eq!(nowhere.code, Some(1), "{nowhere}");
    assert!(nowhere.stderr.starts_with("error: cannot write `nowhere/accepted.jsonl`: no such file"), "{nowhere}");
    let folder = run(database, &["check", "--accept", "--baseline", "."])?;
    assert_eq!(folder.code, Some(1), "{folder}");
    assert!(folder.stderr.starts_with("error: cannot read `.`"), "{folder}");
    let mut names = Vec::new();
    for entry in fs::read_dir(database.folder())? {
        names.push(entry?.file_name());
    }
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("jsonl")), "{names:?}");
    Ok(())
}
