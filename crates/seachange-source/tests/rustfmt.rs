//! What is written is formatted as rustfmt does by default.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

use seachange_source::{NewRevision, SqlFileSystem, render, write_new};

/// Asks rustfmt about the files; the folder holds the default configuration, so that no other is found above it.
fn check_formatted(dir: &Path, files: &[impl AsRef<Path>]) {
    fs::write(dir.join("rustfmt.toml"), "").unwrap();
    let mut command = Command::new("rustfmt");
    command.args(["--check", "--edition", "2024"]).args(files.iter().map(AsRef::as_ref));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn revisions_are_formatted() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut write = |ids: Vec<String>, message: &str| {
        let path = folder.path().join(format!("m{}.rs", files.len()));
        let new = NewRevision {
            id: "ae1027a6acf4".to_owned(),
            message: message.to_owned(),
            down_revision: ids.clone(),
            depends_on: ids,
            created: "2026-11-21T09:03:11Z".to_owned(),
            ..NewRevision::default()
        };
        fs::write(&path, render(&new)).unwrap();
        files.push(path);
    };
    for length in 1..=14 {
        for count in 0..=12 {
            write((0..count).map(|index| format!("{index:0length$}")).collect(), "add content column");
        }
    }
    for count in 20..=40 {
        write((0..count).map(|index| format!("{index:03}")).collect(), "merge");
    }
    write((0..6).map(|index| format!("{index:08}{}", "x".repeat(index * 3))).collect(), "mixed lengths");
    write(vec!["x".repeat(55)], "one long id");
    write(vec!["x".repeat(58)], "one id that just fits");
    write(vec!["x".repeat(59)], "one id that just does not fit");
    write(vec!["x".repeat(120)], "one id as long as a line");
    write(Vec::new(), &"a very long message ".repeat(25));
    check_formatted(folder.path(), &files);
}

#[test]
fn revisions_with_files_of_sql_are_formatted() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let systems = [SqlFileSystem::Any, SqlFileSystem::Postgres, SqlFileSystem::MySql, SqlFileSystem::Sqlite];
    for length in 1..=60 {
        for count in 1..=systems.len() {
            let new = NewRevision {
                id: "ae1027a6acf4".to_owned(),
                message: format!("{}{count}", "a".repeat(length)),
                created: "2026-11-21T09:03:11Z".to_owned(),
                sql_files: systems[..count].to_vec(),
                ..NewRevision::default()
            };
            let dir = folder.path().join(format!("{length}_{count}"));
            fs::create_dir(&dir).unwrap();
            let path = write_new(&dir, &new).unwrap();
            assert_eq!(fs::read_dir(&dir).unwrap().count(), 1 + 2 * count);
            files.push(path);
        }
    }
    check_formatted(folder.path(), &files);
}
