//! A run that succeeds, or that is resumed, loses, duplicates or changes no row.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::servers::{MariaDbServer, MySqlServer, ServerError, ServerSoftware, TemporaryServer};
use seachange_tests::{Backend, TestDatabase, named};
use serde_json::{Value, json};

use super::like_mysql;
use super::script::{Ending, Outcome, Script, check_says};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    let sqlite = named![
        foreign_keys_pragma,
        foreign_keys_pragma_in_other_spellings,
        foreign_keys_pragma_outside,
        deferred_foreign_keys_pragma,
        last_insert_rowid,
        changes
    ];
    cases.extend(sqlite.map(|(name, test)| Case::on(Backend::Sqlite, &format!("guarantees::{name}"), test)));
    for (name, actions) in loops() {
        cases.extend(each_backend(&format!("guarantees::{name}"), move |database| loop_is_resumed(database, actions)));
    }
    for (name, finished, rest) in session_state() {
        let name = format!("guarantees::{name}_is_gone_with_the_session");
        cases.extend(like_mysql(&name, move |database| session_is_gone(database, finished, rest)));
    }
    for (name, finished, rest) in session_state_of_postgres() {
        let name = format!("guarantees::{name}_is_gone_with_the_session");
        cases.push(Case::on(Backend::Postgres, &name, move |database| session_is_gone(database, finished, rest)));
    }
    for (name, finished, rest) in session_state_of_sqlite() {
        let name = format!("guarantees::{name}_is_gone_with_the_session");
        cases.push(Case::on(Backend::Sqlite, &name, move |database| session_is_gone(database, finished, rest)));
    }
    for (name, setup, write, read, expected) in session_functions() {
        let test = move |database: &TestDatabase| session_function(database, setup, write, read, expected);
        cases.extend(like_mysql(&format!("guarantees::{name}"), test));
    }
    for (name, statements) in table_locks() {
        let test = move |database: &TestDatabase| table_lock_is_kept(database, statements);
        cases.extend(like_mysql(&format!("guarantees::{name}"), test));
    }
    cases.extend(each_backend("guarantees::two_transactions_at_once", two_transactions_at_once));
    cases.extend(each_backend("guarantees::changed_table_is_read_again", changed_table_is_read_again));
    cases.extend(each_backend("guarantees::changed_table_is_read_again_outside", changed_table_is_read_again_outside));
    for (backend, engine) in [(Backend::MariaDb, "MyISAM"), (Backend::MySql, "MyISAM"), (Backend::MariaDb, "Aria")] {
        let name = format!("guarantees::table_of_{}_is_in_doubt", engine.to_lowercase());
        cases.push(Case::on(backend, &name, move |database| table_is_in_doubt(database, engine)));
        let name = format!("guarantees::rows_of_{}_in_a_transaction_are_not_doubled", engine.to_lowercase());
        cases.push(Case::on(backend, &name, move |database| rows_in_a_transaction(database, engine)));
    }
    cases.extend(like_mysql("guarantees::calls_leave_a_transaction_open", calls_in_a_transaction));
    cases.extend(like_mysql("guarantees::rows_elsewhere_that_do_not_roll_back", rows_elsewhere));
    let name = "guarantees::failure_in_a_transaction_is_not_tried_again";
    cases.extend(like_mysql(name, failure_in_a_transaction));
    cases.push(Case::on(Backend::Sqlite, name, failure_in_a_transaction));
    cases.extend(like_mysql("guarantees::begin_unlocks_tables", begin_unlocks_tables));
    cases.extend(each_backend("guarantees::open_transactions_count_for_nothing", open_transactions));
    cases.push(Case::on(Backend::MariaDb, "guarantees::statement_as_long_as_the_server_takes", long_statement));
    let name = "guarantees::rows_that_do_not_roll_back_in_a_whole_transaction";
    cases.extend(like_mysql(name, rows_of_a_whole_transaction));
    let default = "guarantees::default_storage_engine_is_not_ours";
    cases.push(Case::owning(Backend::MariaDb, default, || default_storage_engine_is_not_ours(MariaDbServer::start())));
    cases.push(Case::owning(Backend::MySql, default, || default_storage_engine_is_not_ours(MySqlServer::start())));
    for backend in Backend::SERVERS {
        let name = "guarantees::sequence_of_writes_is_resumed";
        cases.push(Case::on(backend, name, sequence_of_writes_is_resumed));
    }
    cases
}

// SQLite's foreign keys.

const FAMILY: [&str; 4] = [
    "CREATE TABLE p (id int primary key)",
    "CREATE TABLE c (p int references p (id) on delete cascade)",
    "INSERT INTO p VALUES (1)",
    "INSERT INTO c VALUES (1)",
];

/// A table that is rebuilt by hand, as SQLite's documentation describes.
fn rebuild(off: &str, on: &str) -> Value {
    json!([
        off,
        "CREATE TABLE p2 (id int primary key, name text)",
        "INSERT INTO p2 (id) SELECT id FROM p",
        "DROP TABLE p",
        "ALTER TABLE p2 RENAME TO p",
        on
    ])
}

fn foreign_keys_pragma(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(FAMILY));
    keeps_the_child(&script.up("l2", rebuild("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON")))
}

fn keeps_the_child(script: &Script<'_>) -> TestResult {
    let output = script.run("up")?;
    assert_eq!(script.database.values::<i64>("SELECT p FROM c")?, [1], "{output}");
    let has_run = script.database.rows()?.contains("p: 1 NULL");
    assert_eq!(script.is_applied("l2")?, has_run, "{output}");
    if !output.success() {
        assert_eq!(output.code, Some(5), "{output}");
        check_says(&output, &["l2", "foreign_keys"])?;
    }
    Ok(())
}

fn foreign_keys_pragma_in_other_spellings(database: &TestDatabase) -> TestResult {
    const SPELLINGS: [(&str, &str); 6] = [
        ("pragma Foreign_Keys = 0", "pragma Foreign_Keys = 1"),
        ("PRAGMA main.foreign_keys(off)", "PRAGMA main.foreign_keys(on)"),
        ("/* off */ PRAGMA/**/foreign_keys=false", "PRAGMA foreign_keys=true"),
        ("PRAGMA \"foreign_keys\"=no", "PRAGMA \"foreign_keys\"=yes"),
        ("PRAGMA foreign_keys=OFF; SELECT 1;", "PRAGMA foreign_keys=ON;"),
        ("SELECT 1; PRAGMA foreign_keys=OFF", "SELECT 1; PRAGMA foreign_keys=ON"),
    ];
    for (off, on) in SPELLINGS {
        let database = another(database)?;
        keeps_the_child(&Script::new(&database).up("l1", json!(FAMILY)).up("l2", rebuild(off, on)))?;
    }
    Ok(())
}

/// Outside of a transaction the PRAGMA takes effect.
fn foreign_keys_pragma_outside(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(FAMILY));
    let script = script.outside("l2", rebuild("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON"));
    keeps_the_child(&script)
}

/// Inside of a transaction this PRAGMA works, so it is not refused.
fn deferred_foreign_keys_pragma(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(FAMILY));
    let script = script
        .up("l2", json!(["PRAGMA defer_foreign_keys=ON", "INSERT INTO c VALUES (2)", "INSERT INTO p VALUES (2)"]));
    script.succeed("up")?;
    assert_eq!(database.values::<i64>("SELECT p FROM c ORDER BY p")?, [1, 2]);
    Ok(())
}

// Loops over rows that were read.

fn write_first_empty(backend: Backend) -> &'static str {
    match backend {
        Backend::MariaDb | Backend::MySql => "UPDATE a SET v = 1 WHERE v IS NULL ORDER BY id LIMIT 1",
        _ => "UPDATE a SET v = 1 WHERE id = (SELECT min(id) FROM a WHERE v IS NULL)",
    }
}

type Actions = fn(Backend) -> Value;

/// Reads that control writes, with a kill after the first write.
fn loops() -> [(&'static str, Actions); 5] {
    [
        ("loop_over_rows_without_a_value", |backend| {
            let turn = json!([write_first_empty(backend), {"kill_once": "killed"}]);
            json!([{"while_rows": {"sql": "SELECT id FROM a WHERE v IS NULL", "actions": turn}}])
        }),
        ("count_is_read_before_a_loop", |backend| {
            let turn = json!([write_first_empty(backend), {"kill_once": "killed"}]);
            json!([
                {"query": {"sql": "SELECT count(*) FROM a WHERE v IS NULL", "into": "count"}},
                {"repeat": {"times": "$count", "actions": turn}}
            ])
        }),
        ("rows_are_read_before_a_loop", |_| {
            let update = json!({"execute": {"sql": "UPDATE a SET v = ? WHERE id = ?", "values": [1, "$id"]}});
            let turn = json!([update, {"kill_once": "killed"}]);
            json!([{"each": {"sql": "SELECT id FROM a WHERE v IS NULL ORDER BY id", "actions": turn}}])
        }),
        ("one_row_is_read_a_turn", |backend| {
            let read = json!({"query_one": {"sql": "SELECT id FROM a WHERE v IS NULL ORDER BY id", "into": "id"}});
            let turn = json!([write_first_empty(backend), {"kill_once": "killed"}, read]);
            json!([read, {"repeat": {"times": 4, "actions": [{"if": {"variable": "id", "then": turn}}]}}])
        }),
        ("loop_of_transactions", |backend| {
            let turn = json!([{"begin": {}}, write_first_empty(backend), "commit", {"kill_once": "killed"}]);
            json!([{"while_rows": {"sql": "SELECT id FROM a WHERE v IS NULL", "actions": turn}}])
        }),
    ]
}

fn loop_is_resumed(database: &TestDatabase, actions: Actions) -> TestResult {
    let table = json!(["CREATE TABLE a (id int primary key, v int)", "INSERT INTO a (id) VALUES (1), (2), (3), (4)"]);
    let script = Script::new(database).up("l1", table).outside("l2", actions(database.backend()));
    script.killed()?;
    let ending = script.go_on()?;
    let empty: i64 = database.value("SELECT count(*) FROM a WHERE v IS NULL")?;
    match ending {
        Ending::Applied => assert_eq!(empty, 0),
        Ending::Refused(output) => assert!(!script.is_applied("l2")? && !output.stderr.is_empty(), "{output}"),
    }
    Ok(())
}

/// Plain writes are resumed, not refused.
fn sequence_of_writes_is_resumed(database: &TestDatabase) -> TestResult {
    let table = json!(["CREATE TABLE a (id int primary key, v int)", "INSERT INTO a VALUES (1, 1)"]);
    let writes = json!([
        "UPDATE a SET v = v + 1",
        {"execute": {"sql": "UPDATE a SET v = v * ?", "values": [10]}},
        {"kill_once": "killed"},
        "UPDATE a SET v = v + 3"
    ]);
    let script = Script::new(database).up("l1", table).outside("l2", writes);
    script.killed()?;
    assert!(matches!(script.go_on()?, Ending::Applied));
    assert_eq!(database.values::<i32>("SELECT v FROM a")?, [23]);
    Ok(())
}

// State of a session.

/// A name, the statements before the kill, and the statements after it.
type SessionState = (&'static str, &'static [&'static str], &'static [&'static str]);

fn session_state() -> [SessionState; 7] {
    [
        ("last_insert_id", &["INSERT INTO parent (v) VALUES (1)"], &["INSERT INTO child VALUES (LAST_INSERT_ID())"]),
        ("user_variable", &["SELECT total INTO @x FROM a"], &["UPDATE a SET total = @x + 1"]),
        ("assigned_variable", &["SET @x := 5"], &["UPDATE a SET total = @x"]),
        (
            "temporary_table",
            &["CREATE OR REPLACE TEMPORARY TABLE users AS SELECT 1 AS id", "UPDATE users SET id = 2"],
            &["DELETE FROM users"],
        ),
        (
            "prepared_text",
            &["PREPARE s FROM 'UPDATE a SET total = total + 1'", "EXECUTE s"],
            &["EXECUTE s", "DEALLOCATE PREPARE s"],
        ),
        (
            "session_setting",
            &["SET SESSION sql_mode = ''", "UPDATE a SET total = 9"],
            &["INSERT INTO child VALUES ('x')"],
        ),
        (
            "automatic_commit",
            &["SET autocommit = 0", "UPDATE a SET total = 9"],
            &["UPDATE a SET total = total + 1", "COMMIT"],
        ),
    ]
}

fn session_state_of_postgres() -> [SessionState; 4] {
    [
        (
            "current_value",
            &["INSERT INTO parent (v) VALUES (1)"],
            &["INSERT INTO child VALUES (currval(pg_get_serial_sequence('parent', 'id')))"],
        ),
        (
            "temporary_table",
            &["CREATE TEMP TABLE users AS SELECT 1 AS id", "UPDATE users SET id = 2"],
            &["DELETE FROM users"],
        ),
        (
            "search_path",
            &[
                "CREATE SCHEMA other",
                "CREATE TABLE other.users (id int)",
                "SET search_path = other",
                "INSERT INTO users VALUES (1)",
            ],
            &["DELETE FROM users"],
        ),
        (
            "custom_setting",
            &["SET app.x = '5'", "UPDATE a SET total = 9"],
            &["UPDATE a SET total = current_setting('app.x', true)::int"],
        ),
    ]
}

fn session_state_of_sqlite() -> [SessionState; 2] {
    [
        (
            "last_insert_rowid",
            &["INSERT INTO parent (v) VALUES (1)"],
            &["INSERT INTO child VALUES (last_insert_rowid())"],
        ),
        (
            "temporary_table",
            &["CREATE TEMP TABLE users AS SELECT 1 AS id", "UPDATE users SET id = 2"],
            &["DELETE FROM users"],
        ),
    ]
}

/// Either the revision is resumed and the result is that of an undisturbed run, or it is refused and nothing was
/// written.
fn session_is_gone(database: &TestDatabase, finished: &[&str], rest: &[&str]) -> TestResult {
    let counted = match database.backend() {
        Backend::Sqlite => "id integer primary key",
        Backend::Postgres => "id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        Backend::MariaDb | Backend::MySql => "id int AUTO_INCREMENT PRIMARY KEY",
    };
    let tables = json!([
        format!("CREATE TABLE parent ({counted}, v int)"),
        "CREATE TABLE child (parent int)",
        "CREATE TABLE users (id int)",
        "CREATE TABLE a (total int)",
        "INSERT INTO a VALUES (7)",
        "INSERT INTO users VALUES (50), (51)",
    ]);
    let actions = |stop: Value| {
        let mut actions: Vec<Value> = finished.iter().map(|&sql| json!(sql)).collect();
        actions.push(stop);
        actions.extend(rest.iter().map(|&sql| json!(sql)));
        json!(actions)
    };
    let script = Script::new(database).up("l1", tables);
    let undisturbed = another(database)?;
    let undisturbed_script = script.on(&undisturbed).outside("l2", actions(json!({"print": "undisturbed"})));
    let expected = undisturbed_script.run("up")?;
    let script = script.outside("l2", actions(json!({"kill_once": "killed"})));
    let killed = script.run("up")?;
    if killed.code.is_some() {
        // In both, a statement was refused by name before the kill.
        assert_eq!((killed.code, expected.code), (Some(5), Some(5)), "{killed}");
        assert!(!script.is_applied("l2")?, "{killed}");
        return Ok(());
    }
    let before = database.rows()?;
    match script.go_on()? {
        Ending::Applied => {
            expected.succeeded()?;
            assert_eq!(database.rows()?, undisturbed.rows()?);
        }
        Ending::Refused(output) => {
            assert_eq!(database.rows()?, before, "{output}");
            assert!(!script.is_applied("l2")?, "{output}");
        }
    }
    Ok(())
}

fn last_insert_rowid(database: &TestDatabase) -> TestResult {
    let tables = json!(["CREATE TABLE parent (id integer primary key, v text)", "CREATE TABLE child (parent int)"]);
    let script = Script::new(database).up("l1", tables);
    let writes = json!(["INSERT INTO parent VALUES (500, 'a')", "INSERT INTO child VALUES (last_insert_rowid())"]);
    let in_transaction = json!([
        {"begin": {}}, "INSERT INTO parent VALUES (700, 'b')", "commit",
        {"query": {"sql": "SELECT last_insert_rowid()", "into": "id"}}, "INSERT INTO child VALUES ({id})"
    ]);
    let script = script.outside("l2", writes).outside("l3", in_transaction);
    // A write with bound values takes another path to the database.
    let prepared = json!([
        {"execute": {"sql": "INSERT INTO parent VALUES (?, ?)", "values": [900, "c"], "id_into": "id"}},
        "INSERT INTO child VALUES (last_insert_rowid())", "INSERT INTO child VALUES ({id})"
    ]);
    script.outside("l4", prepared).succeed("up")?;
    assert_eq!(database.values::<i64>("SELECT parent FROM child ORDER BY parent")?, [500, 700, 900, 900]);
    Ok(())
}

fn changes(database: &TestDatabase) -> TestResult {
    let table = json!(["CREATE TABLE a (v int)", "INSERT INTO a VALUES (1), (2), (3)"]);
    let actions = json!([
        "UPDATE a SET v = v + 1",
        {"query": {"sql": "SELECT changes()", "print": true}},
        {"execute": {"sql": "DELETE FROM a WHERE v > ?", "values": [2], "print": true}},
        {"query": {"sql": "SELECT changes()", "print": true}}
    ]);
    let script = Script::new(database).up("l1", table).outside("l2", actions);
    // The journal entry of the update is a change as well.
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["l2", "statement: SELECT changes()", "rows_affected"])?;
    assert!(script.printed().is_empty(), "{output}");
    Ok(())
}

/// A name, a statement before, a write, a query of the session's state, and its line.
type SessionFunction = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn session_functions() -> [SessionFunction; 5] {
    [
        ("row_count", "SELECT 1", "INSERT INTO b SELECT v FROM a", "SELECT ROW_COUNT() AS n", "n=3"),
        (
            "show_warnings",
            "SELECT 1",
            "INSERT IGNORE INTO narrow VALUES ('longer')",
            "SHOW WARNINGS",
            "Level=Warning Code=1265 Message=Data truncated for column 'v' at row 1",
        ),
        (
            "warning_count",
            "SELECT 1",
            "INSERT IGNORE INTO narrow VALUES ('longer')",
            "SELECT @@warning_count AS n",
            "n=1",
        ),
        ("last_insert_id", "SELECT 1", "INSERT INTO counted (v) VALUES (1)", "SELECT LAST_INSERT_ID() AS n", "n=1"),
        ("found_rows", "SELECT 1", "SELECT SQL_CALC_FOUND_ROWS v FROM a LIMIT 1", "SELECT FOUND_ROWS() AS n", "n=3"),
    ]
}

/// The result is that of a plain client, or the statement is refused by name.
fn session_function(database: &TestDatabase, setup: &str, write: &str, read: &str, expected: &str) -> TestResult {
    let tables = json!([
        "CREATE TABLE a (v int)",
        "INSERT INTO a VALUES (1), (2), (3)",
        "CREATE TABLE b (v int)",
        "CREATE TABLE narrow (v varchar(3))",
        "CREATE TABLE counted (id int AUTO_INCREMENT PRIMARY KEY, v int)",
    ]);
    let script = Script::new(database).up("l1", tables);
    let script = script.up("l2", json!([setup, write, {"query": {"sql": read, "print": true}}]));
    let output = script.run("up")?;
    if output.success() {
        assert_eq!(script.printed(), [expected], "{output}");
        return Ok(());
    }
    let name = read.trim_start_matches("SELECT ").split([' ', '(']).next().unwrap_or_default();
    check_says(&output, &["l2", name])?;
    assert!(!script.is_applied("l2")?, "{output}");
    Ok(())
}

fn table_locks() -> [(&'static str, &'static [&'static str]); 4] {
    [
        ("lock_tables", &["LOCK TABLES a WRITE", "UPDATE a SET v = 2"]),
        ("lock_tables_with_ddl", &["LOCK TABLES a WRITE", "ALTER TABLE a ADD COLUMN w int"]),
        ("lock_table_in_other_spelling", &["/* all */ lock table `a` write", "UPDATE a SET v = 2"]),
        ("flush_tables_with_read_lock", &["FLUSH TABLES a WITH READ LOCK", "SELECT count(*) FROM a"]),
    ]
}

/// Another session waits while the revision has the lock, or the lock is refused by name.
fn table_lock_is_kept(database: &TestDatabase, statements: &[&str]) -> TestResult {
    let mut actions: Vec<Value> = statements.iter().map(|&sql| json!(sql)).collect();
    actions.extend([json!({"touch": "reached"}), json!({"wait_for": "go"})]);
    let is_read_lock = statements[0].contains("READ");
    if !is_read_lock {
        actions.push(json!("UPDATE a SET v = v + 1"));
    }
    actions.push(json!("UNLOCK TABLES"));
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)", "INSERT INTO a (v) VALUES (1)"]));
    let script = script.up("l2", json!(actions));
    let mut running = script.program("up")?.start()?;
    while !script.path("reached").exists() && !running.has_ended()? {
        running.pause()?;
    }
    let is_held = script.path("reached").exists();
    let others = database.execute("SET lock_wait_timeout = 1; UPDATE a SET v = 100");
    fs::write(script.path("go"), "")?;
    let output = running.finish()?;
    if is_held && output.success() {
        assert!(others.is_err(), "the lock was lost: {output}");
        return Ok(());
    }
    check_says(&output, &["lock"])?;
    assert_eq!(output.code, Some(5), "{output}");
    assert!(!is_held, "a lock that is refused is refused before it is sent: {output}");
    Ok(())
}

// Transactions.

fn two_transactions_at_once(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"]));
    let both = json!([{"together": [
        [{"begin": {}}, "INSERT INTO a VALUES (1)", {"sleep": 50}, "commit"],
        [{"sleep": 10}, {"begin": {}}, "INSERT INTO a VALUES (2)", {"sleep": 100}, "rollback"]
    ]}]);
    let script = script.outside("l2", both);
    let output = script.run("up")?;
    let rows = database.values::<i32>("SELECT v FROM a")?;
    if output.success() {
        assert_eq!(rows, [1], "{output}");
    } else {
        assert!(!script.is_applied("l2")? && rows.len() <= 1, "{rows:?}: {output}");
        check_says(&output, &["l2", "transaction"])?;
    }
    Ok(())
}

const READ_AGAIN: &str = "SELECT * FROM a ORDER BY id";

fn read_again() -> Value {
    json!([
        {"query": {"sql": READ_AGAIN, "print": true}},
        "ALTER TABLE a DROP COLUMN v",
        "ALTER TABLE a ADD COLUMN w int",
        "ALTER TABLE a ADD COLUMN x int DEFAULT 9",
        {"query": {"sql": READ_AGAIN, "print": true}},
        {"execute": {"sql": "UPDATE a SET w = ? WHERE id = 1", "values": [6]}},
        {"query": {"sql": READ_AGAIN, "print": true}}
    ])
}

fn changed_table_is_read_again(database: &TestDatabase) -> TestResult {
    reads_what_there_is(Script::new(database).up("l1", table_to_change()).up("l2", read_again()))
}

fn changed_table_is_read_again_outside(database: &TestDatabase) -> TestResult {
    reads_what_there_is(Script::new(database).up("l1", table_to_change()).outside("l2", read_again()))
}

fn table_to_change() -> Value {
    json!(["CREATE TABLE a (id int primary key, v varchar(9))", "INSERT INTO a VALUES (1, 'one'), (2, 'two')"])
}

fn reads_what_there_is(script: Script<'_>) -> TestResult {
    script.succeed("up")?;
    let lines = ["id=1 v=one", "id=2 v=two", "id=1 w=NULL x=9", "id=2 w=NULL x=9", "id=1 w=6 x=9", "id=2 w=NULL x=9"];
    assert_eq!(script.printed(), lines);
    Ok(())
}

// Tables that do not roll back.

/// The table `kept` does not roll back. Each statement writes to it: itself, by a trigger, a view, a function.
fn writes_that_stay(engine: &str) -> (Vec<String>, [(&'static str, &'static str); 4]) {
    let tables = vec![
        "CREATE TABLE a (v int)".to_owned(),
        format!("CREATE TABLE kept (v int) ENGINE={engine}"),
        "CREATE TABLE b (v int)".to_owned(),
        "CREATE TABLE watched (v int)".to_owned(),
        "CREATE VIEW seen AS SELECT v FROM kept".to_owned(),
        "CREATE TRIGGER t AFTER INSERT ON watched FOR EACH ROW INSERT INTO kept VALUES (NEW.v)".to_owned(),
        "CREATE FUNCTION keep (n int) RETURNS int NOT DETERMINISTIC MODIFIES SQL DATA \
         BEGIN INSERT INTO kept VALUES (n); RETURN n; END"
            .to_owned(),
        "INSERT INTO a VALUES (1), (2), (3)".to_owned(),
    ];
    let writes = [
        ("table", "INSERT INTO kept SELECT v + 0 * SLEEP(0.1) FROM a"),
        ("trigger", "INSERT INTO watched SELECT v + 0 * SLEEP(0.1) FROM a"),
        ("view", "INSERT INTO seen SELECT v + 0 * SLEEP(0.1) FROM a"),
        ("function", "INSERT INTO b SELECT keep(v) + 0 * SLEEP(0.1) FROM a"),
    ];
    (tables, writes)
}

const KEPT: &str = "SELECT v FROM kept ORDER BY v";

/// A process is killed while its statement runs: the server finishes the statement, and the rows stay.
fn table_is_in_doubt(database: &TestDatabase, engine: &str) -> TestResult {
    let (tables, writes) = writes_that_stay(engine);
    for (way, write) in writes {
        let database = another(database)?;
        let at_work = format!(
            "SELECT count(*) FROM information_schema.processlist WHERE db = '{}' AND info LIKE 'INSERT INTO%SLEEP%'",
            database.name()
        );
        let script = Script::new(&database).up("l1", json!(tables)).up("l2", json!([write]));
        script.succeed("up 1")?;
        let mut running = script.program("up")?.start()?;
        while database.value::<i64>(&at_work)? == 0 {
            if running.has_ended()? {
                return Err(format!("{way}: it has ended: {}", running.kill()).into());
            }
            running.pause()?;
        }
        running.kill();
        while database.value::<i64>(&at_work)? > 0 {
            sleep(Duration::from_millis(5));
        }
        let before = database.values::<i32>(KEPT)?;
        let ending = script.go_on()?;
        let after = database.values::<i32>(KEPT)?;
        match ending {
            Ending::Applied => assert_eq!(after, [1, 2, 3], "{way}"),
            Ending::Refused(output) => assert_eq!(after, before, "{way}: {output}"),
        }
    }
    Ok(())
}

/// A process is killed inside of a transaction of its code: the rows stay, and what the engine wrote in the transaction does
/// not.
fn rows_in_a_transaction(database: &TestDatabase, engine: &str) -> TestResult {
    let (tables, writes) = writes_that_stay(engine);
    let by_call = "CREATE PROCEDURE keep_all () INSERT INTO kept SELECT v FROM a";
    let tables: Vec<_> = tables.iter().map(String::as_str).chain([by_call]).collect();
    for (way, write) in writes.into_iter().chain([("procedure", "CALL keep_all()")]) {
        let database = another(database)?;
        let steps = json!(["BEGIN", "INSERT INTO b VALUES (9)", write, {"kill_once": "killed"}, "COMMIT"]);
        let script = Script::new(&database).up("l1", json!(tables)).up("l2", steps);
        script.succeed("up 1")?;
        script.killed()?;
        let output = script.run("repair")?;
        assert!(!output.stdout.contains("VALUES (9)"), "{way}: {output}");
        check_says(&output, &[write])?;
        let output = script.run("repair --resume")?;
        assert_eq!(database.values::<i32>(KEPT)?, [1, 2, 3], "{way}: {output}");
        assert!(!script.is_applied("l2")?, "{way}: {output}");
        // The row before it is gone: it cannot run again before something that took effect.
        let output = script.run("repair --resume --ran")?;
        check_says(&output, &["statement 1 failed before, or was rolled back without later ones"])?;
        assert_eq!(database.values::<i32>(KEPT)?, [1, 2, 3], "{way}: {output}");
        database.execute("DELETE FROM kept")?;
        script.succeed("repair --rolled-back")?;
        script.succeed("up 1")?;
        assert_eq!(database.values::<i32>(KEPT)?, [1, 2, 3], "{way}");
        assert_eq!(database.values::<i32>("SELECT v FROM b WHERE v = 9")?, [9], "{way}");
    }
    Ok(())
}

/// A transaction of the code that ends as it should leaves no doubt.
fn rows_of_a_whole_transaction(database: &TestDatabase) -> TestResult {
    let (tables, writes) = writes_that_stay("MyISAM");
    // A call of a function is never answered from the journal.
    for (way, write) in writes.into_iter().filter(|(way, _)| *way != "function") {
        let database = another(database)?;
        let read = json!({"query": {"sql": "SELECT * FROM a", "print": false}});
        let steps = json!([
            "BEGIN", read, "INSERT INTO b VALUES (9)", write, "COMMIT", {"kill_once": "killed"},
            "INSERT INTO a VALUES (4)"
        ]);
        let script = Script::new(&database).up("l1", json!(tables)).up("l2", steps);
        script.succeed("up 1")?;
        script.killed()?;
        let output = script.succeed("repair --resume")?;
        assert_eq!(database.values::<i32>(KEPT)?, [1, 2, 3], "{way}: {output}");
        assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM a")?, 4, "{way}: {output}");
    }
    Ok(())
}

/// A call, a block and a statement that fails may end the transaction of the code or not: the server says which.
fn calls_in_a_transaction(database: &TestDatabase) -> TestResult {
    let swallowed = |sql: &str| json!({"swallow": [{"text": sql}]});
    let procedures = [
        "CREATE TABLE a (v int)",
        "CREATE PROCEDURE p() INSERT INTO a VALUES (50)",
        "CREATE PROCEDURE c() BEGIN INSERT INTO a VALUES (60); COMMIT; END",
    ];
    let cases = [
        (json!("CALL p()"), vec![3]),
        (json!("UNLOCK TABLES"), vec![3]),
        (swallowed("CALL nosuch()"), vec![3]),
        (swallowed("CREATE TABLE x (a INT"), vec![3]),
        (json!("CALL c()"), vec![1, 2, 3, 60]),
        (json!("CREATE TABLE x (a INT)"), vec![1, 2, 3]),
        (swallowed("CREATE TABLE a (a INT)"), vec![1, 2, 3]),
    ];
    for (middle, expected) in cases {
        let database = another(database)?;
        let steps = json!([
            "BEGIN",
            "INSERT INTO a VALUES (1)",
            middle,
            "INSERT INTO a VALUES (2)",
            "ROLLBACK",
            "INSERT INTO a VALUES (3)"
        ]);
        let script = Script::new(&database).up("l1", json!(procedures)).up("l2", steps);
        script.succeed("up")?;
        assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, expected, "{middle}");
    }
    Ok(())
}

/// Tables of another database, with a dot in their names, with a history, under an alias, and written to by a variable.
fn rows_elsewhere(database: &TestDatabase) -> TestResult {
    let mut cases = vec![
        ("CREATE TABLE `k.k` (v int) ENGINE=MyISAM", "INSERT INTO `k.k` VALUES (9)"),
        ("CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO OTHER.k VALUES (9)", "INSERT INTO a VALUES (1)"),
        ("CREATE PROCEDURE p() INSERT INTO OTHER.k VALUES (9)", "CALL p()"),
        ("CREATE TABLE k (v int) ENGINE=MyISAM", "DELETE x FROM k AS x JOIN k AS y ON x.v = y.v"),
        ("CREATE TABLE k (v int) ENGINE=MyISAM", "INSERT INTO k VALUES (9)"),
    ];
    if database.backend() == Backend::MariaDb {
        cases.push(("CREATE TABLE k (v int) ENGINE=MyISAM WITH SYSTEM VERSIONING", "INSERT INTO k VALUES (9)"));
    }
    for (table, write) in cases {
        let (database, other) = (another(database)?, another(database)?);
        other.execute("CREATE TABLE k (v int) ENGINE=MyISAM")?;
        let [table, write] = [table, write].map(|sql| sql.replace("OTHER", other.name()));
        let steps = json!(["SET sql_select_limit = 1", "BEGIN", write, {"kill_once": "killed"}, "COMMIT"]);
        let script = Script::new(&database).up("l1", json!(["CREATE TABLE a (v int)", table])).up("l2", steps);
        script.succeed("up 1")?;
        script.killed()?;
        let output = script.run("repair")?;
        check_says(&output, &["was running"]).map_err(|error| format!("{table}: {error}"))?;
        assert!(!script.run("repair --resume")?.success(), "{table}");
    }
    Ok(())
}

/// A statement that failed in a transaction which was committed would succeed now.
fn failure_in_a_transaction(database: &TestDatabase) -> TestResult {
    let tables =
        json!(["CREATE TABLE p (id INT PRIMARY KEY)", "CREATE TABLE c (p INT, FOREIGN KEY (p) REFERENCES p (id))"]);
    let steps = json!([
        "BEGIN", {"swallow": [{"text": "INSERT INTO c VALUES (1)"}]}, "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)",
        "COMMIT", {"kill_once": "killed"}, "INSERT INTO p VALUES (2)"
    ]);
    let script = Script::new(database).up("l1", tables).outside("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.run("repair --resume")?;
    check_says(&output, &["statement 1 failed before"])?;
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM c")?, 1, "{output}");
    Ok(())
}

fn begin_unlocks_tables(database: &TestDatabase) -> TestResult {
    let steps = json!([
        "LOCK TABLES a WRITE", "BEGIN", "INSERT INTO a VALUES (2)", {"kill_once": "killed"}, "COMMIT"
    ]);
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).up("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.succeed("repair --resume")?;
    assert_eq!(database.values::<i32>("SELECT v FROM a")?, [2], "{output}");
    Ok(())
}

/// What a failure leaves open is rolled back.
fn open_transactions(database: &TestDatabase) -> TestResult {
    let steps = json!(["INSERT INTO a VALUES (1)", "BEGIN", "INSERT INTO a VALUES (2)", {"fail": "oops"}]);
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).outside("l2", steps);
    script.succeed("up 1")?;
    let output = script.run("up")?;
    check_says(&output, &[": 1 statement before the failure took effect"])?;
    assert_eq!(database.values::<i32>("SELECT v FROM a")?, [1], "{output}");
    Ok(())
}

/// The entry of a statement is shorter than the statement, which may be as long as the server takes it.
fn long_statement(database: &TestDatabase) -> TestResult {
    let limit = database.value::<i64>("SELECT CAST(@@max_allowed_packet AS SIGNED)")?;
    let text = "x".repeat(usize::try_from(limit / 10 * 9)?);
    let insert = format!("INSERT INTO a VALUES (1, '{text}')");
    let steps = json!([insert, {"kill_once": "killed"}, "INSERT INTO a VALUES (2, 'y')"]);
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (id int, v longtext)"])).up("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    script.succeed("repair --resume")?;
    let lengths = database.values::<i64>("SELECT CAST(LENGTH(v) AS SIGNED) FROM a ORDER BY id")?;
    assert_eq!(lengths, [i64::try_from(text.len())?, 1]);
    Ok(())
}

/// With the server's default engine, the record would not roll back.
fn default_storage_engine_is_not_ours<E: ServerSoftware>(
    server: Result<TemporaryServer<E>, ServerError>,
) -> TestResult {
    let server = server?;
    let database = TestDatabase::at(E::BACKEND, Some(server.address()))?;
    database.execute("SET GLOBAL default_storage_engine = MyISAM")?;
    let script = Script::new(&database).up("l1", json!(["CREATE TABLE a (v int)", "INSERT INTO a VALUES (1)"]));
    script.succeed("up")?;
    let engines = "SELECT DISTINCT CAST(engine AS CHAR) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name LIKE 'seachange%'";
    assert_eq!(database.values::<String>(engines)?, ["InnoDB"]);
    Ok(())
}

/// Another empty database beside `database`.
pub(super) fn another(database: &TestDatabase) -> Outcome<TestDatabase> {
    Ok(TestDatabase::at(database.backend(), database.address().cloned())?)
}
