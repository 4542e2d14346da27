//! What a run reports about a statement that waits for a lock or takes long.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, TransactionTrait};
use seachange_tests::harness::{Case, TestResult};
use seachange_tests::servers::{MySqlServer, PostgresServer};
use seachange_tests::{Backend, Output, Program, TestDatabase, block_on};
use serde_json::{Value, json};

use super::script::{Outcome, Script};

/// How much longer than its statements a run may take.
const OVERHEAD: Duration = Duration::from_secs(3);

/// Statements that wait for another session, which has changed the only row.
const STATEMENTS: [(&str, &str); 2] = [("row", "UPDATE a SET v = v + 10"), ("table", "ALTER TABLE a ADD COLUMN w int")];

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, statement) in STATEMENTS {
        for backend in Backend::SERVERS {
            let test = move |database: &TestDatabase| blocked_event(database, statement);
            cases.push(Case::on(backend, &format!("guarantees::blocked_event_of_a_{name}"), test));
        }
    }
    for backend in Backend::SERVERS {
        cases.push(Case::on(backend, "guarantees::blocked_downgrade_of_a_service", blocked_downgrade_of_a_service));
    }
    cases.push(Case::on(
        Backend::Sqlite,
        "guarantees::run_of_another_process_is_named",
        run_of_another_process_is_named,
    ));
    let prepared = || blocked_by_a_prepared_transaction(&server_with_prepared_transactions()?.1);
    cases.push(Case::owning(Backend::Postgres, "guarantees::blocked_by_a_prepared_transaction", prepared));
    cases.push(Case::on(Backend::Postgres, "guarantees::progress_of_an_index", progress_of_an_index));
    cases.push(Case::on(Backend::Postgres, "guarantees::progress_on_a_terminal", progress_on_a_terminal));
    cases.push(Case::on(Backend::MariaDb, "guarantees::progress_of_a_copied_table", |database| {
        progress_of_a_copied_table(database, "stage 1 of ")
    }));
    cases.push(Case::owning(Backend::MySql, "guarantees::progress_of_a_copied_table", progress_where_mysql_counts));
    let hangs = "guarantees::hanging_watch_delays_no_end";
    cases.push(Case::owning(Backend::Postgres, hangs, || {
        let server = PostgresServer::start()?;
        hanging_watch_delays_no_end(&TestDatabase::at(Backend::Postgres, Some(server.address()))?)
    }));
    cases.push(Case::on(Backend::Postgres, "guarantees::run_without_a_watch", run_without_a_watch));
    cases
}

/// A transaction of another session, with the id of the session.
fn other_session(database: &TestDatabase) -> Outcome<(DatabaseTransaction, i64)> {
    let other = block_on(async { database.connect().await?.begin().await })?;
    let id = if database.backend() == Backend::Postgres {
        "SELECT pg_backend_pid()::bigint AS id"
    } else {
        "SELECT CAST(connection_id() AS SIGNED) AS id"
    };
    let id = Statement::from_string(other.get_database_backend(), id);
    let id = block_on(other.query_one_raw(id))?.ok_or("no session")?.try_get("", "id")?;
    Ok((other, id))
}

fn of_one_row(database: &TestDatabase) -> Script<'_> {
    Script::new(database).up("l1", json!(["CREATE TABLE a (v int)", "INSERT INTO a VALUES (1)"]))
}

/// The event has the session, its transaction and its last statement, where the system tells them.
fn blocked_event(database: &TestDatabase, statement: &str) -> TestResult {
    let backend = database.backend();
    let script = of_one_row(database).up("l2", json!([statement]));
    script.succeed("up l1")?;
    let (other, id) = other_session(database)?;
    block_on(other.execute_unprepared("UPDATE a SET v = v + 4711 /* note */"))?;
    let mut running = script.program("up l2 --format json")?.start()?;
    let event = running.wait_for_line("{\"event\":\"blocked\"");
    block_on(other.rollback())?;
    let event: Value = serde_json::from_str(&event?)?;
    let output = running.finish()?.succeeded()?;
    assert_eq!(event["revision"], "l2");
    let waited = event["waited_ms"].as_f64().ok_or("no time")?;
    assert!((2000.0..5000.0).contains(&waited), "{event}");
    // MariaDB keeps a list of table locks only if it is configured to.
    if backend == Backend::MariaDb && statement.starts_with("ALTER") {
        assert_eq!(event["by"], json!([]), "{output}");
        return Ok(());
    }
    let [by] = event["by"].as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err(event.to_string().into());
    };
    assert_eq!((&by["session"], &by["prepared"]), (&json!(id), &Value::Null), "{event}");
    assert!(by["transaction_ms"].as_f64().is_some_and(|age| age >= 1000.0), "{event}");
    let last = if backend == Backend::Postgres { json!("UPDATE a SET v = v + ?") } else { Value::Null };
    assert_eq!(by["statement"], last, "{event}");
    Ok(())
}

/// A service gets the same events.
fn blocked_downgrade_of_a_service(database: &TestDatabase) -> TestResult {
    let script = of_one_row(database).down("l2", json!(["UPDATE a SET v = v + 10"]));
    script.succeed("up")?;
    let (other, id) = other_session(database)?;
    block_on(other.execute_unprepared("UPDATE a SET v = v + 1"))?;
    let mut running = script.service("downgrade l1")?.env("SCRIPTED_TRACE", "1").start()?;
    let told = running.wait_for("waiting for a lock");
    block_on(other.rollback())?;
    told?;
    let output = running.finish()?.succeeded()?;
    let line = output.stderr.lines().find(|line| line.contains("waiting for a lock")).unwrap_or_default();
    assert!(line.contains("downgrade") && line.contains(&format!("session {id} (")), "{output}");
    Ok(())
}

/// SQLite itself does not tell which process has the write lock; the engine's own entry does.
fn run_of_another_process_is_named(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!([{"touch": "reached"}, {"wait_for": "go"}]));
    let mut first = script.program("up --format json")?.start()?;
    while !script.path("reached").exists() && !first.has_ended()? {
        first.pause()?;
    }
    let process = database.values::<i64>("SELECT process FROM seachange_revision_lock");
    let mut text = script.program("up")?.start()?;
    let told = text.wait_for("Waiting for ");
    let mut events = script.program("up --format json")?.start()?;
    let event = events.wait_for_line("{\"event\":\"waiting\"");
    fs::write(script.path("go"), "")?;
    for running in [first, text, events] {
        running.finish()?.succeeded()?;
    }
    told?;
    let event: Value = serde_json::from_str(&event?)?;
    assert!(event["holder"]["process"].is_number(), "{event}");
    if let Ok([process]) = process.as_deref() {
        assert_eq!(event["holder"]["process"], *process, "{event}");
    }
    Ok(())
}

fn server_with_prepared_transactions() -> Outcome<(PostgresServer, TestDatabase)> {
    let mut server = PostgresServer::start()?;
    let admin = TestDatabase::at(Backend::Postgres, Some(server.address()))?;
    admin.execute("ALTER SYSTEM SET max_prepared_transactions = 5")?;
    drop(admin);
    server.restart()?;
    let database = TestDatabase::at(Backend::Postgres, Some(server.address()))?;
    Ok((server, database))
}

/// No session has the locks of a prepared transaction: it is named by its own name.
fn blocked_by_a_prepared_transaction(database: &TestDatabase) -> TestResult {
    for (name, statement) in STATEMENTS {
        let script = of_one_row(database).up("l2", json!([statement])).down("l2", json!([]));
        script.succeed("up l1")?;
        let gid = format!("import {name}");
        database.execute("CREATE TABLE IF NOT EXISTS unrelated (v int)")?;
        for (gid, statement) in
            [(gid.as_str(), "UPDATE a SET v = v + 1"), ("other", "INSERT INTO unrelated VALUES (1)")]
        {
            let (other, _) = other_session(database)?;
            block_on(other.execute_unprepared(statement))?;
            block_on(other.execute_unprepared(&format!("PREPARE TRANSACTION '{gid}'")))?;
            // The driver does not know that the transaction has ended.
            let _ = block_on(other.rollback());
        }
        let mut running = script.program("up l2 --format json")?.start()?;
        let event = running.wait_for_line("{\"event\":\"blocked\"");
        let mut text = script.program("up l2")?.start()?;
        let waits = text.wait_for("Waiting for ");
        database.execute(&format!("ROLLBACK PREPARED '{gid}'"))?;
        database.execute("ROLLBACK PREPARED 'other'")?;
        let event: Value = serde_json::from_str(&event?)?;
        waits?;
        running.finish()?.succeeded()?;
        text.finish()?.succeeded()?;
        let [by] = event["by"].as_array().map(Vec::as_slice).unwrap_or_default() else {
            return Err(event.to_string().into());
        };
        assert_eq!(
            (&by["session"], &by["prepared"], &by["state"]),
            (&json!(0), &json!(gid), &json!("prepared")),
            "{event}"
        );
        assert_eq!(by["user"], "seachange", "{event}");
        script.succeed("down base")?;
        database.execute("DROP TABLE a")?;
    }
    Ok(())
}

/// A table whose index takes four seconds, of about a millisecond a row.
fn of_slow_index(database: &TestDatabase) -> Script<'_> {
    let slow = "CREATE FUNCTION slow(v int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
        'BEGIN PERFORM pg_sleep(0.001); RETURN v; END'";
    let rows = "INSERT INTO a SELECT n, repeat('x', 300) FROM generate_series(1, 3500) AS n";
    let script = Script::new(database).up("l1", json!([slow, "CREATE TABLE a (v int, t text)", rows]));
    script.up("l2", json!(["CREATE INDEX a_slow ON a (slow(v))"]))
}

/// The events that a run has printed, of one kind.
fn events(stdout: &str, name: &str) -> Outcome<Vec<Value>> {
    let start = format!("{{\"event\":\"{name}\"");
    stdout.lines().filter(|line| line.starts_with(&start)).map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn progress_of_an_index(database: &TestDatabase) -> TestResult {
    let script = of_slow_index(database);
    script.succeed("up l1")?;
    let output = script.succeed("up l2 --format json")?;
    let reports = events(&output.stdout, "statement_progress")?;
    let scan: Vec<&Value> = reports.iter().filter(|event| event["phase"] == "building index: scanning table").collect();
    assert!(scan.len() >= 2, "{output}");
    assert!(
        scan.iter().all(|event| event["unit"] == "blocks" && event["elapsed_ms"].as_f64() >= Some(2000.0)),
        "{output}"
    );
    let done: Vec<u64> = scan.iter().filter_map(|event| event["done"].as_u64()).collect();
    assert!(done.is_sorted() && done.iter().all(|done| Some(*done) <= scan[0]["total"].as_u64()), "{output}");
    assert!(scan.iter().any(|event| event["remaining_ms"].is_number()), "{output}");
    assert!(events(&output.stdout, "blocked")?.is_empty(), "{output}");
    script.succeed("down l1")?;
    database.execute("DROP INDEX a_slow")?;
    let output = script.succeed("up l2")?;
    assert_eq!(
        output.stderr.matches("building index: scanning table, ").count(),
        1,
        "a line every ten seconds: {output}"
    );
    Ok(())
}

/// On a terminal, the line is rewritten and removed.
fn progress_on_a_terminal(database: &TestDatabase) -> TestResult {
    let script = of_slow_index(database);
    script.succeed("up l1")?;
    let executable = script.program("up")?.executable()?.to_owned();
    let command = format!("stty cols 120; '{}' up l2", executable.display());
    let program = Program::at("script").args(["-qec", &command, "/dev/null"]).database(database);
    let output =
        program.env("SCRIPTED_ACTIONS", script.path("actions.json")).env("TERM", "xterm").run()?.succeeded()?;
    assert!(output.stdout.matches("building index: scanning table, ").count() >= 2, "{output}");
    assert!(output.stdout.contains(" left"), "{output}");
    let rewritten: Vec<&str> = output.stdout.lines().filter(|line| line.contains("building index")).collect();
    assert!(rewritten.len() == 1 && rewritten[0].contains("\u{1b}[2K… "), "{output}");
    Ok(())
}

/// The statement computes a long hash for each row, so that it takes some seconds on any machine.
fn progress_of_a_copied_table(database: &TestDatabase, words: &str) -> TestResult {
    let digits = "(SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL \
         SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    let rows = format!(
        "INSERT INTO a SELECT a.n * 1000 + b.n * 100 + c.n * 10 + d.n
        FROM {digits} a, {digits} b, {digits} c, {digits} d"
    );
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)", rows, "ANALYZE TABLE a"]));
    let slow = "ALTER TABLE a ADD CONSTRAINT slow CHECK (sha2(repeat(v, 80000), 512) <> ''), ALGORITHM=COPY";
    let script = script.up("l2", json!([slow]));
    script.succeed("up l1")?;
    let output = script.succeed("up l2 --format json")?;
    let reports = events(&output.stdout, "statement_progress")?;
    let copying: Vec<&Value> = reports.iter().filter(|event| event["phase"] == "copy to tmp table").collect();
    assert!(copying.len() >= 2, "{output}");
    assert!(copying.iter().any(|event| event["remaining_ms"].is_number()), "{output}");
    assert!(copying.iter().any(|event| event["done"].as_u64() > Some(0)), "{output}");
    database.execute("ALTER TABLE a DROP CONSTRAINT slow")?;
    script.succeed("down l1")?;
    let output = script.succeed("up l2")?;
    assert!(output.stderr.contains(&format!("copy to tmp table, {words}")), "{output}");
    Ok(())
}

/// MySQL counts only where its administrator has enabled that.
fn progress_where_mysql_counts() -> TestResult {
    let server = MySqlServer::start()?;
    let database = TestDatabase::at(Backend::MySql, Some(server.address()))?;
    database
        .execute("UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name LIKE 'events_stages%'")?;
    progress_of_a_copied_table(&database, "")
}

/// The session that watches the statement stops; the run ends as soon as its statement has.
fn hanging_watch_delays_no_end(database: &TestDatabase) -> TestResult {
    const SESSIONS: &str = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
        ORDER BY backend_start";
    let seconds = 6;
    let wait = format!("SELECT pg_sleep({seconds})");
    let script = Script::new(database).up("l1", json!([{"touch": "reached"}, wait]));
    let mut running = script.program("up")?.start()?;
    while !script.path("reached").exists() && !running.has_ended()? {
        running.pause()?;
    }
    let began = Instant::now();
    let mut sessions = Vec::new();
    while sessions.len() < 3 {
        running.pause()?;
        // A session that has just been closed may be listed for a moment, and no session watches yet.
        if began.elapsed() < Duration::from_secs(2) {
            continue;
        }
        assert!(began.elapsed() < Duration::from_secs(seconds), "no session watches: {sessions:?}");
        sessions = database.values::<i32>(SESSIONS)?;
    }
    let watch = Pid::from_raw(sessions[2]).ok_or("no process")?;
    kill_process(watch, Signal::STOP)?;
    let output = running.finish();
    let elapsed = began.elapsed();
    kill_process(watch, Signal::CONT)?;
    output?.succeeded()?;
    assert!(elapsed < Duration::from_secs(seconds) + OVERHEAD, "{elapsed:?}");
    Ok(())
}

/// A user who may not connect a third time: nothing is reported but one event for debugging.
fn run_without_a_watch(database: &TestDatabase) -> TestResult {
    let user = format!("{}_owner", database.name());
    database.execute(&format!("CREATE ROLE {user} LOGIN PASSWORD 'secret'; GRANT ALL ON SCHEMA public TO {user}"))?;
    let wait = json!([{"touch": "reached"}, "SELECT pg_sleep(4)"]);
    let script = Script::new(database).up("l1", wait.clone()).down("l1", wait);
    let url = database.url_for(&user, "secret");
    let refused = |program: Program| -> Outcome<Output> {
        let _ = fs::remove_file(script.path("reached"));
        let mut running = program.env("DATABASE_URL", &url).start()?;
        while !script.path("reached").exists() && !running.has_ended()? {
            running.pause()?;
        }
        let began = Instant::now();
        database.execute(&format!("ALTER ROLE {user} NOLOGIN"))?;
        let output = running.finish()?.succeeded()?;
        database.execute(&format!("ALTER ROLE {user} LOGIN"))?;
        assert!(began.elapsed() < Duration::from_secs(4) + OVERHEAD, "{output}");
        Ok(output)
    };
    let output = refused(script.program("up --format json")?);
    let service = refused(script.service("downgrade base")?.env("SCRIPTED_TRACE", "1"));
    database.execute(&format!("DROP OWNED BY {user}; DROP ROLE {user}"))?;
    let (output, service) = (output?, service?);
    for name in ["warning", "error", "blocked"] {
        assert!(events(&output.stdout, name)?.is_empty(), "{output}");
    }
    assert_eq!(service.stderr.matches("the server does not tell what the statement does").count(), 1, "{service}");
    Ok(())
}
