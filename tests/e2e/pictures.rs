//! The graph as a picture: in the terminal, and in documents.

use std::fmt::Write;
use std::fs;

use seachange_tests::{
    Backend, Output, Program, ProgramError, TestDatabase,
    harness::{Case, TestResult},
    named, snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let tests = named![
        the_history_is_drawn,
        documents_hold_the_graph,
        documents_go_to_files,
        states_are_asked_for,
        a_database_ahead_is_told,
        what_cannot_be_drawn_is_told
    ];
    tests.map(|(name, test)| Case::on(Backend::Sqlite, &format!("pictures::{name}"), test)).into()
}

/// Runs the migration program with arguments that contain no spaces, in a Unicode locale.
fn run(database: &TestDatabase, arguments: &str) -> Result<Output, ProgramError> {
    Program::migration().database(database).env("LANG", "C.UTF-8").args(arguments.split(' ')).run()
}

fn transcript(database: &TestDatabase, commands: &[&str]) -> Result<String, ProgramError> {
    let mut text = String::new();
    for command in commands {
        let _ = writeln!(text, "$ migration {command}\n{}", run(database, command)?);
    }
    Ok(text)
}

fn the_history_is_drawn(database: &TestDatabase) -> TestResult {
    let mut text = transcript(database, &["history --graph"])?;
    run(database, "up 4")?.succeeded()?;
    let ways = ["history --graph", "history --graph --ascii", "history --graph -r 78b9:current", "history --graph -v"];
    text += &transcript(database, &ways)?;
    let plain = Program::migration().database(database).args(["history", "--graph"]).run()?.succeeded()?;
    assert!(plain.stdout.is_ascii(), "no locale is not a Unicode one: {plain}");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("pictures_history", text));
    Ok(())
}

fn documents_hold_the_graph(database: &TestDatabase) -> TestResult {
    let text = transcript(database, &["graph", "graph --format dot", "graph --format json"])?;
    assert_eq!(fs::read_dir(database.folder())?.count(), 0, "no database is touched");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("pictures_documents", text));
    Ok(())
}

fn documents_go_to_files(database: &TestDatabase) -> TestResult {
    let starts =
        [("graph.svg", "<svg "), ("graph.dot", "digraph "), ("graph.mmd", "flowchart "), ("graph", "flowchart ")];
    for (file, start) in starts {
        for _ in 0..2 {
            let output = run(database, &format!("graph -o {file}"))?.succeeded()?;
            assert_eq!((output.stdout, output.stderr), (String::new(), format!("wrote 6 revisions to `{file}`\n")));
            let text = fs::read_to_string(database.folder().join(file))?;
            assert!(text.starts_with(start), "{file}: {text}");
        }
    }
    run(database, "graph -o graph.svg --format json -q")?.succeeded()?;
    let text = fs::read_to_string(database.folder().join("graph.svg"))?;
    let document: serde_json::Value = serde_json::from_str(&text)?;
    assert_eq!(document["edges"].as_array().map(Vec::len), Some(5));
    assert_eq!(fs::read_dir(database.folder())?.count(), starts.len(), "nothing else is left");
    Ok(())
}

fn states_are_asked_for(database: &TestDatabase) -> TestResult {
    run(database, "up 2")?.succeeded()?;
    let output = run(database, "graph --format json --current")?.succeeded()?;
    let document: serde_json::Value = serde_json::from_str(&output.stdout)?;
    let revisions = document["revisions"].as_array().ok_or("a list")?;
    let states: Vec<&str> = revisions.iter().filter_map(|revision| revision["state"].as_str()).collect();
    assert_eq!(states, ["pending", "pending", "pending", "pending", "current", "applied"]);
    assert!(run(database, "graph --format dot --current")?.succeeded()?.stdout.contains("fillcolor"));
    assert!(!run(database, "graph --format dot")?.succeeded()?.stdout.contains("fillcolor"));
    Ok(())
}

fn a_database_ahead_is_told(database: &TestDatabase) -> TestResult {
    run(database, "up")?.succeeded()?;
    database.execute("UPDATE seachange_revision SET revision = 'ffffffffffff' WHERE revision = 'd08a87fea5b1'")?;
    let text = transcript(database, &["history --graph"])?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("pictures_ahead", text));
    Ok(())
}

fn what_cannot_be_drawn_is_told(database: &TestDatabase) -> TestResult {
    let nowhere = "--database-url postgres://127.0.0.1:1/none";
    let commands = [
        "history --graph --format json",
        "history --ascii",
        "graph --format png",
        "graph -o missing/graph.svg",
        "graph -o graph.png",
        "graph -o graph.txt --current",
        "history --graph -r base:base",
        &format!("history --graph {nowhere}"),
        &format!("graph --current {nowhere}"),
    ];
    let text = transcript(database, &commands)?;
    assert_eq!(fs::read_dir(database.folder())?.count(), 0, "nothing is written");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("pictures_refused", text));
    Ok(())
}
