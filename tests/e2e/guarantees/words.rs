//! The messages of the program are true: about what is applied, what is left, and what failed.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Output, TestDatabase};
use serde_json::{Value, json};

use super::like_mysql;
use super::rows::another;
use super::script::{Ending, Outcome, Script, check_says, says_nothing_is_left};

const ROLLING_BACK: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    for backend in ROLLING_BACK {
        for (name, actions) in controls() {
            let name = format!("guarantees::{name}");
            let test = move |database: &TestDatabase| control_is_refused(database, &actions(), "up");
            cases.push(Case::on(backend, &name, test));
            let test =
                move |database: &TestDatabase| control_is_refused(database, &actions(), "up --single-transaction");
            cases.push(Case::on(backend, &format!("{name}_in_a_single_transaction"), test));
            let test = move |database: &TestDatabase| control_of_a_downgrade_is_refused(database, &actions());
            cases.push(Case::on(backend, &format!("{name}_in_a_downgrade"), test));
        }
        cases.push(Case::on(backend, "guarantees::control_in_other_spellings", control_in_other_spellings));
        cases.push(Case::on(backend, "guarantees::savepoint_by_text", savepoint_by_text));
        cases.push(Case::on(backend, "guarantees::transaction_by_text_outside", transaction_by_text_outside));
        cases.push(Case::on(backend, "guarantees::failed_commit_is_told", failed_commit_is_told));
        cases.push(Case::on(backend, "guarantees::failed_commit_fails_the_revision", failed_commit_fails_the_revision));
    }
    cases.extend(like_mysql("guarantees::transaction_by_text_outside", transaction_by_text_outside));
    cases.extend(like_mysql("guarantees::automatic_commit_is_refused", automatic_commit_is_refused));
    for (name, setup, swallowed) in ROLLBACKS {
        let test = move |database: &TestDatabase| rolled_back_beneath(database, setup, swallowed);
        cases.push(Case::on(Backend::Sqlite, &format!("guarantees::{name}"), test));
    }
    for (name, setup, statement) in HALF_DONE {
        let test = move |database: &TestDatabase| half_done_statement_is_told(database, setup, statement);
        cases.push(Case::on(Backend::MariaDb, &format!("guarantees::{name}"), test));
    }
    cases.push(Case::on(Backend::Postgres, "guarantees::swallowed_error_is_named", swallowed_error_is_named));
    for (name, statement, words) in DETAILS {
        let test = move |database: &TestDatabase| detail_is_told(database, statement, words);
        cases.push(Case::on(Backend::Postgres, &format!("guarantees::{name}"), test));
    }
    for backend in Backend::ALL {
        cases.push(Case::on(backend, "guarantees::read_only_transaction", read_only_transaction));
        cases.push(Case::on(backend, "guarantees::isolation_level", isolation_level));
    }
    cases.extend(each_backend("guarantees::error_before_the_first_statement", error_before_the_first_statement));
    for backend in ROLLING_BACK {
        cases.push(Case::on(backend, "guarantees::read_only_transaction_inside", read_only_transaction_inside));
    }
    cases
}

// The transaction of the engine, ended by text.

/// A name, and the actions.
type Control = (&'static str, fn() -> Value);

/// Actions that end the transaction, and fail afterwards in some cases.
fn controls() -> [Control; 5] {
    [
        ("commit_by_text", || {
            json!(["CREATE TABLE a (v int)", "COMMIT", "CREATE TABLE b (v int)", "SELECT * FROM nosuch"])
        }),
        ("commit_by_text_at_the_end", || json!(["CREATE TABLE a (v int)", "CREATE TABLE b (v int)", "COMMIT"])),
        ("rollback_by_text", || json!(["CREATE TABLE a (v int)", "ROLLBACK"])),
        ("rollback_and_begin_by_text", || {
            json!(["CREATE TABLE a (v int)", "ROLLBACK", "BEGIN", "CREATE TABLE b (v int)"])
        }),
        ("transaction_in_one_text", || json!(["BEGIN; CREATE TABLE a (v int); COMMIT;"])),
    ]
}

/// Returns which of the tables that the actions make exist.
fn made(database: &TestDatabase) -> Outcome<Vec<String>> {
    let mut tables = database.tables()?;
    tables.retain(|table| table == "a" || table == "b");
    Ok(tables)
}

/// The revision is not applied, nothing is left, and the message names the statement and the solution.
fn control_is_refused(database: &TestDatabase, actions: &Value, command: &str) -> TestResult {
    let script = Script::new(database).up("l1", json!(["CREATE TABLE before_it (v int)"])).up("l2", actions.clone());
    let output = script.run(command)?;
    check_refusal(&script, &output)?;
    assert_eq!(script.is_applied("l1")?, command == "up", "{output}");
    Ok(())
}

fn check_refusal(script: &Script<'_>, output: &Output) -> TestResult {
    let made = made(script.database)?;
    assert_eq!(output.code, Some(5), "{output}");
    assert!(!script.is_applied("l2")?, "{output}");
    assert_eq!(made, [""; 0], "{output}");
    assert!(says_nothing_is_left(output), "{output}");
    // The user asked for one transaction for all revisions.
    let way_out = if script.is_applied("l1")? { "use_transaction" } else { "transaction" };
    check_says(output, &["l2", way_out])?;
    let is_named = ["COMMIT", "ROLLBACK", "BEGIN"].iter().any(|word| output.stderr.contains(word));
    assert!(is_named, "{output}");
    Ok(())
}

fn control_of_a_downgrade_is_refused(database: &TestDatabase, actions: &Value) -> TestResult {
    let script = Script::new(database).up("l2", json!(["CREATE TABLE kept (v int)"])).down("l2", actions.clone());
    script.succeed("up")?;
    let output = script.run("down l1")?;
    assert_eq!(output.code, Some(5), "{output}");
    assert!(script.is_applied("l2")?, "{output}");
    assert_eq!(made(database)?, [""; 0], "{output}");
    assert!(says_nothing_is_left(&output), "{output}");
    check_says(&output, &["l2", "use_transaction"])?;
    Ok(())
}

fn control_in_other_spellings(database: &TestDatabase) -> TestResult {
    const EVERYWHERE: [&str; 5] = [
        "/* all of it */ commit;",
        "-- all of it\nCommit",
        "SELECT 1; COMMIT",
        "END TRANSACTION",
        "INSERT INTO a VALUES ('; ROLLBACK'); ROLLBACK",
    ];
    const OF_POSTGRES: [&str; 5] =
        ["ABORT", "COMMIT AND CHAIN", "ROLLBACK WORK", "PREPARE TRANSACTION 'mine'", "/* a /* b */ c */ COMMIT"];
    let of_postgres = if database.backend() == Backend::Postgres { &OF_POSTGRES[..] } else { &[] };
    for spelling in EVERYWHERE.iter().chain(of_postgres) {
        let database = another(database)?;
        let script =
            Script::new(&database).up("l2", json!(["CREATE TABLE a (v text)", spelling, "CREATE TABLE b (v int)"]));
        let output = script.run("up")?;
        let (made, is_applied) = (made(&database)?, script.is_applied("l2")?);
        assert!(!output.success() && !is_applied && made.is_empty(), "{spelling}: {made:?}: {output}");
        check_says(&output, &["l2", "use_transaction"])?;
    }
    // Statements that are not transaction control, although they contain its words.
    let script = Script::new(database).up(
        "l2",
        json!([
            "CREATE TABLE a (v text)",
            "INSERT INTO a VALUES ('; COMMIT;')",
            "CREATE TABLE b (\"commit\" int) -- ROLLBACK"
        ]),
    );
    script.succeed("up")?;
    assert_eq!(made(database)?, ["a", "b"]);
    Ok(())
}

/// Savepoints of the code do not end the transaction: they work, or are refused and nothing is left.
fn savepoint_by_text(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up(
        "l2",
        json!([
            "SAVEPOINT mine",
            "CREATE TABLE a (v int)",
            "ROLLBACK TO mine",
            "CREATE TABLE b (v int)",
            "RELEASE mine"
        ]),
    );
    let output = script.run("up")?;
    if output.success() {
        assert_eq!(made(database)?, ["b"], "{output}");
        assert!(script.is_applied("l2")?, "{output}");
    } else {
        check_says(&output, &["l2", "savepoint"])?;
        assert!(made(database)?.is_empty() && !script.is_applied("l2")?, "{output}");
    }
    Ok(())
}

/// Outside of a transaction the engine follows transaction control.
fn transaction_by_text_outside(database: &TestDatabase) -> TestResult {
    let table = json!(["CREATE TABLE a (v int)"]);
    let script = Script::new(database).up("l1", table.clone()).outside(
        "l2",
        json!([
            "BEGIN",
            "INSERT INTO a VALUES (1)",
            "ROLLBACK",
            "BEGIN",
            "INSERT INTO a VALUES (2)",
            "COMMIT",
            "INSERT INTO a VALUES (3)"
        ]),
    );
    let output = script.run("up")?;
    let rows = database.values::<i32>("SELECT v FROM a ORDER BY v")?;
    if output.success() {
        assert_eq!(rows, [2, 3], "{output}");
    } else {
        check_says(&output, &["l2", "begin"])?;
        assert!(rows.is_empty() && !script.is_applied("l2")?, "{output}");
        return Ok(());
    }
    let killed = another(database)?;
    let script = Script::new(&killed).up("l1", table).outside(
        "l2",
        json!(["BEGIN", "INSERT INTO a VALUES (1)", {"kill_once": "killed"}, "INSERT INTO a VALUES (2)", "COMMIT"]),
    );
    script.killed()?;
    let ending = script.go_on()?;
    let rows = killed.values::<i32>("SELECT v FROM a ORDER BY v")?;
    match ending {
        Ending::Applied => assert_eq!(rows, [1, 2]),
        Ending::Refused(output) => assert!(rows.is_empty() && !script.is_applied("l2")?, "{rows:?}: {output}"),
    }
    Ok(())
}

/// Statements that make SQLite end the transaction of the engine, while the code continues.
const ROLLBACKS: [(&str, &str, &str); 4] = [
    ("insert_or_rollback", "CREATE INDEX i ON t (v)", "INSERT OR ROLLBACK INTO t VALUES (1)"),
    ("update_or_rollback", "INSERT INTO t VALUES (2)", "UPDATE OR ROLLBACK t SET v = 1"),
    (
        "trigger_that_rolls_back",
        "CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'no more rows'); END",
        "INSERT INTO t VALUES (5)",
    ),
    (
        "constraint_that_rolls_back",
        "CREATE TABLE u (v int UNIQUE ON CONFLICT ROLLBACK)",
        "INSERT INTO u VALUES (1), (1)",
    ),
];

fn rolled_back_beneath(database: &TestDatabase, setup: &str, swallowed: &str) -> TestResult {
    let tables = json!(["CREATE TABLE t (v int UNIQUE)", "INSERT INTO t VALUES (1)", setup]);
    let script = Script::new(database).up("l1", tables);
    let actions = json!(["CREATE TABLE a (v int)", {"swallow": [swallowed]}, "CREATE TABLE b (v int)"]);
    let script = script.up("l2", actions);
    let output = script.run("up")?;
    let made = made(database)?;
    assert_eq!(output.code, Some(5), "{output}");
    assert!(!script.is_applied("l2")?, "{output}");
    assert!(!says_nothing_is_left(&output) || made.is_empty(), "{made:?}: {output}");
    Ok(())
}

// Commits that fail.

const DEFERRED: [&str; 2] = [
    "CREATE TABLE p (v int primary key)",
    "CREATE TABLE c (p int, FOREIGN KEY (p) REFERENCES p (v) DEFERRABLE INITIALLY DEFERRED)",
];

fn automatic_commit_is_refused(database: &TestDatabase) -> TestResult {
    let script =
        Script::new(database).up("l1", json!(["CREATE TABLE a (v int)", "SET autocommit = 0", "DROP TABLE a"]));
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["l1", "SET autocommit = 0", "1 statement before the failure took effect"])?;
    assert_eq!(database.tables()?, ["a", "seachange_revision"]);
    Ok(())
}

/// SeaORM has no way to give the error to a commit on a mock connection: the next statement gets it, and the revision
/// fails.
fn failed_commit_is_told(database: &TestDatabase) -> TestResult {
    let actions = json!([
        "INSERT INTO p VALUES (1)",
        {"begin": {}}, "INSERT INTO c VALUES (99)", {"swallow": ["commit"]},
        {"swallow": ["INSERT INTO p VALUES (2)"]}
    ]);
    let script = Script::new(database).up("l1", json!(DEFERRED)).outside("l2", actions);
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    assert!(script.printed().iter().any(|line| line.starts_with("swallowed: ")), "{output}");
    check_says(&output, &["1 statement", "foreign key"])?;
    assert_eq!(database.values::<i32>("SELECT v FROM p ORDER BY v")?, [1]);
    assert!(database.values::<i32>("SELECT p FROM c")?.is_empty());
    Ok(())
}

fn failed_commit_fails_the_revision(database: &TestDatabase) -> TestResult {
    let outside = json!([{"begin": {}}, "INSERT INTO c VALUES (99)", "commit"]);
    let script = Script::new(database).up("l1", json!(DEFERRED)).outside("l2", outside);
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["l2", "foreign key"])?;
    assert!(!script.is_applied("l2")?, "{output}");
    // The commit of the engine itself.
    check_says(&output, &["nothing is left of it"])?;
    let inside = Script::new(database).up("l2", json!(["CREATE TABLE a (v int)", "INSERT INTO c VALUES (99)"]));
    let output = inside.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["l2", "foreign key"])?;
    assert!(!script.is_applied("l2")? && made(database)?.is_empty(), "{output}");
    Ok(())
}

// Statements that stop in their middle.

const HALF_DONE: [(&str, &str, &str); 3] = [
    ("drop_of_several_tables", "SELECT 1", "DROP TABLE a, nosuch"),
    ("drop_of_several_views", "CREATE VIEW b AS SELECT 1 AS v", "DROP VIEW b, nosuch"),
    ("several_statements_in_one_text", "SELECT 1", "DROP TABLE a; DROP TABLE nosuch"),
];

/// A part of the statement took effect: the message does not say that it was refused, and it is not run again.
fn half_done_statement_is_told(database: &TestDatabase, setup: &str, statement: &str) -> TestResult {
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)", setup])).up("l2", json!([statement]));
    let before = made(database)?;
    let output = script.run("up")?;
    assert!(!output.success() && !script.is_applied("l2")?, "{output}");
    assert_eq!(before, [""; 0]);
    let after = made(database)?;
    let is_half_done =
        !after.contains(&"a".to_owned()) || (statement.contains("VIEW") && !after.contains(&"b".to_owned()));
    if !is_half_done {
        // The statement was refused by name before it was sent, or is atomic.
        return Ok(());
    }
    let repair = script.run("repair")?;
    check_says(&repair, &["DROP"])?;
    for text in [&output, &repair] {
        let text = text.to_string();
        for untrue in ["refused statement", "did not take effect", "nothing is left"] {
            assert!(!text.contains(untrue), "{output}\n{repair}");
        }
    }
    Ok(())
}

// Messages.

fn swallowed_error_is_named(database: &TestDatabase) -> TestResult {
    let table = json!(["CREATE TABLE a (v int)"]);
    let script = Script::new(database).up("l1", table);
    let actions = json!([
        "INSERT INTO a VALUES (1)", {"swallow": ["UPDATE nosuch SET v = 1"]}, "INSERT INTO a VALUES (2)"
    ]);
    let output = script.up("l2", actions).run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["l2", "UPDATE nosuch"])?;
    // With a savepoint of its own, the code can recover.
    let actions = json!([
        "INSERT INTO a VALUES (1)", {"begin": {}}, {"swallow": ["UPDATE nosuch SET v = 1"]}, "rollback", "INSERT INTO a VALUES (2)"
    ]);
    Script::new(database).up("l2", actions).succeed("up")?;
    assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, [1, 2]);
    // At the end of the code, the commit is the next statement.
    let actions = json!(["INSERT INTO a VALUES (3)", {"swallow": ["UPDATE other SET v = 1"]}]);
    database.execute("DELETE FROM seachange_revision WHERE revision <> 'l1'")?;
    let output = Script::new(database).up("l2", actions).run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["l2", "UPDATE other"])?;
    Ok(())
}

/// The fields of PostgreSQL's error beside its message.
const DETAILS: [(&str, &str, &[&str]); 3] = [
    (
        "detail_of_dependent_objects",
        "ALTER TABLE a DROP COLUMN v",
        &["view w depends on column v of table a", "DROP ... CASCADE"],
    ),
    ("detail_of_a_duplicate_key", "INSERT INTO a VALUES (1, 1)", &["Key (id)=(1) already exists"]),
    ("hint_of_a_misspelled_column", "SELECT vv FROM a", &["a.v"]),
];

fn detail_is_told(database: &TestDatabase, statement: &str, words: &[&str]) -> TestResult {
    let tables = json!([
        "CREATE TABLE a (id int primary key, v int)",
        "INSERT INTO a VALUES (1, 1)",
        "CREATE VIEW w AS SELECT v FROM a"
    ]);
    let script = Script::new(database).up("l1", tables).up("l2", json!([statement]));
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, words)?;
    Ok(())
}

// Transactions with options.

fn begin_read_only() -> Value {
    json!([{"begin": {"isolation": "serializable", "access": "read only"}}, "INSERT INTO a VALUES (1)", "commit"])
}

fn read_only_transaction(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).outside("l2", begin_read_only());
    check_read_only(&script)
}

fn read_only_transaction_inside(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).up("l2", begin_read_only());
    check_read_only(&script)
}

fn check_read_only(script: &Script<'_>) -> TestResult {
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    assert!(script.database.values::<i32>("SELECT v FROM a")?.is_empty(), "{output}");
    assert!(!script.is_applied("l2")?, "{output}");
    let text = output.stderr.to_lowercase().replace('-', " ");
    assert!(["read only", "access mode", "isolation"].iter().any(|words| text.contains(words)), "{output}");
    Ok(())
}

/// The option takes effect, or is refused by name; it is never ignored silently.
fn isolation_level(database: &TestDatabase) -> TestResult {
    let (levels, probe): (&[&str], &str) = match database.backend() {
        Backend::Sqlite => (&["read uncommitted"], "SELECT read_uncommitted AS v FROM pragma_read_uncommitted"),
        Backend::Postgres => {
            (&["serializable", "repeatable read"], "SELECT current_setting('transaction_isolation') AS v")
        }
        // Only the behaviour of the transaction shows its options: it sees the row of another session, or not.
        Backend::MariaDb | Backend::MySql => (&["read committed", "repeatable read"], "SELECT count(*) AS v FROM a"),
    };
    for level in levels {
        let database = another(database)?;
        let script = Script::new(&database).up("l1", json!(["CREATE TABLE a (v int)"]));
        let read = json!({"query": {"sql": probe, "print": true}});
        let begin = json!({"begin": {"isolation": level}});
        let actions = match database.backend() {
            Backend::MariaDb | Backend::MySql => {
                json!([begin, read, {"touch": "reached"}, {"wait_for": "go"}, read, "commit"])
            }
            _ => json!([begin, read, "commit"]),
        };
        let script = script.outside("l2", actions);
        let mut running = script.program("up")?.start()?;
        if database.backend().is_like_mysql() {
            while !script.path("reached").exists() && !running.has_ended()? {
                running.pause()?;
            }
            let _ = database.execute("INSERT INTO a VALUES (1)");
            std::fs::write(script.path("go"), "")?;
        }
        let output = running.finish()?;
        if !output.success() {
            check_says(&output, &["l2", "isolation"])?;
            continue;
        }
        let expected = match (database.backend(), *level) {
            (Backend::MariaDb | Backend::MySql, "read committed") => vec!["v=0".to_owned(), "v=1".to_owned()],
            (Backend::MariaDb | Backend::MySql, _) => vec!["v=0".to_owned(), "v=0".to_owned()],
            (Backend::Sqlite, _) => vec!["v=1".to_owned()],
            (Backend::Postgres, level) => vec![format!("v={level}")],
        };
        assert_eq!(script.printed(), expected, "{level}: {output}");
    }
    Ok(())
}

/// A revision that sent nothing has begun nothing, inside or outside of a transaction, up or down: no repair is needed.
fn error_before_the_first_statement(database: &TestDatabase) -> TestResult {
    let fails = || json!([{"fail": "not yet"}]);
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).outside("l2", json!(["SELECT 1"]));
    for failing in [script.clone().up("l1", fails()), script.clone().outside("l2", fails())] {
        let output = failing.run("up")?;
        assert!(!output.success() && says_nothing_is_left(&output), "{output}");
        check_says(&output, &["not yet"])?;
        assert!(script.record()?.iter().all(|row| row.ends_with(" applied")), "{output}");
    }
    script.succeed("up")?;
    let applied = script.record()?;
    for id in ["l2", "l1"] {
        let output = script.clone().down(id, fails()).run("down base")?;
        assert!(!output.success() && says_nothing_is_left(&output), "{output}");
        script.succeed("up")?;
        assert_eq!(script.record()?, applied, "{output}");
    }
    script.succeed("down base")?;
    assert_eq!(script.record()?, [""; 0]);
    Ok(())
}
