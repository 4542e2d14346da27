//! No run hangs, and none is refused or blamed without a reason.

use std::fs;
use std::io::{self, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::servers::{MariaDbServer, MySqlServer, ServerError, ServerSoftware, TemporaryServer};
use seachange_tests::{Backend, OnError, Program, TestDatabase, block_on, client, named};
use serde_json::{Value, json};

use super::like_mysql;
use super::rows::another;
use super::script::{Ending, Outcome, Script, check_says};

/// The limit after which a run counts as hanging.
const SOON: Duration = Duration::from_secs(10);

/// How much memory a run may take, in kilobytes: one that holds 400,000 rows at once takes more.
const BOUNDED: i64 = 160_000;

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    for tasks in [2, 4] {
        let name = format!("guarantees::{tasks}_spawned_tasks");
        cases.extend(each_backend(&name, move |database| spawned_tasks(database, tasks)));
    }
    let everywhere = named![
        spawned_task_on_one_thread,
        blocking_thread,
        detached_task_is_not_waited_for,
        spawned_tasks_end_with_sigterm,
        dropped_run_gives_the_lock_back,
        timeout_round_a_statement,
        large_result_of_one_row,
        large_result,
        large_stream,
        prepared_statements_are_gone,
        reading_with_is_resumed
    ];
    for (name, test) in everywhere {
        cases.extend(each_backend(&format!("guarantees::{name}"), test));
    }
    for (name, statement) in BLOCKED {
        for backend in Backend::SERVERS {
            let test = move |database: &TestDatabase| blocked(database, statement);
            cases.push(Case::on(backend, &format!("guarantees::{name}"), test));
        }
    }
    for (name, statement, word) in COPIES {
        let test = move |database: &TestDatabase| copy_is_refused(database, statement, word);
        cases.push(Case::on(Backend::Postgres, &format!("guarantees::{name}"), test));
    }
    for (name, statement) in DISCARDS {
        let test = move |database: &TestDatabase| discarded(database, statement);
        cases.push(Case::on(Backend::Postgres, &format!("guarantees::{name}"), test));
    }
    cases.push(Case::on(Backend::Postgres, "guarantees::user_without_create", user_without_create));
    for characters in ["latin1", "utf8mb3", "ascii"] {
        let name = format!("guarantees::database_of_{characters}");
        cases.extend(like_mysql(&name, move |database| narrow_characters(database, characters)));
    }
    cases.extend(like_mysql("guarantees::safe_updates_of_a_revision", safe_updates_of_a_revision));
    let of_the_server = "guarantees::safe_updates_of_the_server";
    cases.push(Case::owning(Backend::MariaDb, of_the_server, || safe_updates_of_the_server(MariaDbServer::start())));
    cases.push(Case::owning(Backend::MySql, of_the_server, || safe_updates_of_the_server(MySqlServer::start())));
    cases.extend(like_mysql("guarantees::executable_comment_in_a_script", executable_comment_in_a_script));
    cases.extend(each_backend("guarantees::line_ends_in_a_script", line_ends_in_a_script));
    cases.push(Case::on(Backend::Sqlite, "guarantees::run_of_another_container", run_of_another_container));
    cases
}

// Tasks and threads of the code.

fn insertions(tasks: usize) -> Vec<Value> {
    (1..=tasks)
        .map(|task| json!([format!("INSERT INTO a VALUES ({task})"), format!("INSERT INTO a VALUES (10{task})")]))
        .collect()
}

fn with_tasks<'d>(database: &'d TestDatabase, actions: Value) -> Script<'d> {
    Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).outside("l2", actions)
}

fn spawned_tasks(database: &TestDatabase, tasks: usize) -> TestResult {
    let script = with_tasks(database, json!([{"spawn": insertions(tasks)}]));
    script.succeed("up")?;
    assert_eq!(database.value::<i64>("SELECT count(*) FROM a")?, 2 * i64::try_from(tasks)?);
    Ok(())
}

/// A service whose runtime has one thread.
fn spawned_task_on_one_thread(database: &TestDatabase) -> TestResult {
    let script = with_tasks(database, json!([{"spawn": insertions(1)}, "INSERT INTO a VALUES (7)"]));
    let output = script.service("upgrade heads")?.env("SCRIPTED_RUNTIME", "current_thread").run()?.succeeded()?;
    assert_eq!(output.stdout, "done: l1 l2 l3 l4 l5 l6\n");
    assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, [1, 7, 101]);
    Ok(())
}

fn blocking_thread(database: &TestDatabase) -> TestResult {
    let script = with_tasks(database, json!([{"thread": ["INSERT INTO a VALUES (1)"]}, "INSERT INTO a VALUES (2)"]));
    script.succeed("up")?;
    assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, [1, 2]);
    Ok(())
}

/// The revision ends while its task is still running: nothing hangs, and no message is untrue.
fn detached_task_is_not_waited_for(database: &TestDatabase) -> TestResult {
    let script = with_tasks(
        database,
        json!([
            {"detach": [[{"sleep": 200}, "INSERT INTO a VALUES (1)"]]}, "INSERT INTO a VALUES (2)"
        ]),
    );
    let output = script.run("up")?;
    assert_eq!(output.success(), script.is_applied("l2")?, "{output}");
    assert!(database.values::<i32>("SELECT v FROM a")?.contains(&2), "{output}");
    Ok(())
}

fn spawned_tasks_end_with_sigterm(database: &TestDatabase) -> TestResult {
    let wait = json!([{"touch": "reached"}, {"sleep": 1500}, "INSERT INTO a VALUES (1)"]);
    let script = with_tasks(database, json!([{"spawn": [wait, [{"sleep": 500}, "INSERT INTO a VALUES (2)"]]}]));
    let mut running = script.program("up")?.start()?;
    while !script.path("reached").exists() && !running.has_ended()? {
        running.pause()?;
    }
    running.terminate()?;
    running.wait_for("stopping after this revision")?;
    let output = running.finish()?;
    assert_eq!(output.code, Some(143), "{output}");
    assert!(script.is_applied("l2")?, "{output}");
    assert_eq!(script.record()?.len(), 2, "{output}");
    script.succeed("up")?;
    Ok(())
}

/// Statements that wait for another session, which has changed the only row.
const BLOCKED: [(&str, &str); 2] =
    [("blocked_by_a_row", "UPDATE a SET v = v + 10"), ("blocked_by_a_table", "ALTER TABLE a ADD COLUMN w int")];

/// The run names the session for which a statement waits, inside and outside of a transaction.
fn blocked(database: &TestDatabase, statement: &str) -> TestResult {
    let backend = database.backend();
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)", "INSERT INTO a VALUES (1)"]));
    let script = script.up("l2", json!([statement])).outside("l3", json!(["UPDATE a SET v = v + 100"]));
    script.succeed("up l1")?;
    for revision in ["l2", "l3"] {
        let other = block_on(async { database.connect().await?.begin().await })?;
        let session = if backend == Backend::Postgres { "pg_backend_pid()" } else { "connection_id()" };
        let session = Statement::from_string(other.get_database_backend(), format!("SELECT {session} AS id"));
        let session = block_on(other.query_one_raw(session))?.ok_or("no session")?;
        let session = match backend {
            Backend::Postgres => session.try_get::<i32>("", "id")?.to_string(),
            _ => session.try_get::<u64>("", "id")?.to_string(),
        };
        block_on(other.execute_unprepared("UPDATE a SET v = v + 1"))?;
        let mut running = script.program(&format!("up {revision}"))?.start()?;
        // MariaDB keeps a list of table locks only if it is configured to.
        let is_untold = backend == Backend::MariaDb && statement.starts_with("ALTER") && revision == "l2";
        let holder = if is_untold { "another session".to_owned() } else { format!("session {session} (user ") };
        let told = running.wait_for(&format!("waiting for a lock of {holder}"));
        block_on(other.rollback())?;
        told?;
        running.finish()?.succeeded()?;
    }
    Ok(())
}

/// A service that gives up waiting, in the middle of a statement of a task.
fn dropped_run_gives_the_lock_back(database: &TestDatabase) -> TestResult {
    let script = with_tasks(database, json!([{"spawn": [[{"sleep": 20_000}]]}]));
    let service = script.service("upgrade heads")?.env("SCRIPTED_DROP_AFTER", "400");
    let (start, output) = (Instant::now(), service.run()?);
    assert!(!output.success() && start.elapsed() < SOON, "{output}");
    // The next run does not have to wait.
    let next = with_tasks(database, json!(["INSERT INTO a VALUES (1)"]));
    let up = next.run("up --lock-timeout 2s")?;
    assert_ne!(up.code, Some(7), "{up}");
    Ok(())
}

// Time and memory.

/// For any effect of the timeout, the run ends, and its messages are true.
fn timeout_round_a_statement(database: &TestDatabase) -> TestResult {
    let slow = match database.backend() {
        Backend::Sqlite => {
            "INSERT INTO a WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 3000000) SELECT count(*) FROM n"
        }
        Backend::Postgres => "INSERT INTO a SELECT 1 FROM pg_sleep(0.7)",
        Backend::MariaDb | Backend::MySql => "INSERT INTO a SELECT 1 + SLEEP(0.7)",
    };
    let script = with_tasks(
        database,
        json!([
            {"timeout": {"milliseconds": 200, "actions": [slow]}}, "INSERT INTO a VALUES (2)"
        ]),
    );
    let output = script.run("up")?;
    let rows = database.values::<i32>("SELECT v FROM a ORDER BY v")?;
    assert_eq!(script.printed().len(), 1, "{output}");
    assert_eq!(output.success(), script.is_applied("l2")?, "{output}");
    assert!(!output.success() || rows.contains(&2), "{rows:?}: {output}");
    assert!(script.printed() == ["timeout"] || rows.len() == 2, "{rows:?}: {output}");
    Ok(())
}

/// A read of the given number of rows of 300 characters.
fn many_rows(backend: Backend, count: usize) -> String {
    match backend {
        Backend::Sqlite => format!(
            "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < {count}) SELECT v, hex(zeroblob(150)) AS t FROM n"
        ),
        Backend::Postgres => format!("SELECT v, repeat('x', 300) AS t FROM generate_series(1, {count}) AS n(v)"),
        Backend::MariaDb => format!("SELECT seq AS v, repeat('x', 300) AS t FROM seq_1_to_{count}"),
        Backend::MySql => format!(
            "SELECT row_number() OVER () AS v, repeat('x', 300) AS t FROM information_schema.columns a \
             CROSS JOIN information_schema.columns b LIMIT {count}"
        ),
    }
}

/// One row of a large result: the rest is not kept in memory.
fn large_result_of_one_row(database: &TestDatabase) -> TestResult {
    large(database, "query_one", 400_000, &json!({}), None)
}

fn large_result(database: &TestDatabase) -> TestResult {
    large(database, "query", 400_000, &json!({}), None)
}

/// A stream from which the code takes two rows.
fn large_stream(database: &TestDatabase) -> TestResult {
    large(database, "stream", 400_000, &json!({"stop_after": 2}), Some(2))
}

/// The memory is bounded, or the read is refused by name.
fn large(database: &TestDatabase, action: &str, rows: usize, more: &Value, count: Option<i64>) -> TestResult {
    let mut read = json!({"sql": many_rows(database.backend(), rows), "count_into": "count"});
    if let (Some(fields), Some(more)) = (read.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    let actions = json!([{ action: read }, {"print": "{count}"}, {"peak_memory": "peak"}, {"print": "{peak}"}]);
    let script = with_tasks(database, actions);
    let output = script.run("up")?;
    if !output.success() {
        assert!(!script.is_applied("l2")?, "{output}");
        let text = output.stderr.to_lowercase();
        assert!(text.contains("rows") || text.contains("mb"), "{output}");
        return Ok(());
    }
    let printed = script.printed();
    if let Some(count) = count {
        assert_eq!(printed[0], count.to_string());
    }
    let peak: i64 = printed[1].parse()?;
    // If the code asks for all rows, the memory for them is its own.
    assert!(peak < if action == "query" { 3 * BOUNDED } else { BOUNDED }, "{peak} kB");
    Ok(())
}

// Statements that the protocol cannot run, and statements that reset the session.

const COPIES: [(&str, &str, &str); 4] = [
    ("copy_from_standard_input", "COPY a FROM STDIN", "copy"),
    ("copy_to_standard_output", "COPY a TO STDOUT", "copy"),
    ("copy_in_other_spelling", "/* rows */ copy public.a (v) from stdin with (format csv)", "copy"),
    ("copy_in_one_text", "INSERT INTO a VALUES (1); COPY a FROM STDIN;", "copy"),
];

fn copy_is_refused(database: &TestDatabase, statement: &str, word: &str) -> TestResult {
    let inside = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).up("l2", json!([statement]));
    let outside = inside.clone().outside("l2", json!([statement]));
    for (script, arguments) in [(&inside, "up"), (&outside, "up"), (&inside, "up --statement-timeout 300ms")] {
        let database = another(database)?;
        let script = script.on(&database);
        let output = script.program(arguments)?.limit(SOON).run()?;
        if statement.contains("TO STDOUT") && output.success() {
            continue;
        }
        assert_eq!(output.code, Some(5), "{output}");
        check_says(&output, &["l2", word])?;
        assert!(script.is_applied("l1")? && !script.is_applied("l2")?, "{output}");
        assert!(database.values::<i32>("SELECT v FROM a")?.is_empty(), "nothing of the text is sent: {output}");
    }
    Ok(())
}

const DISCARDS: [(&str, &str); 4] = [
    ("discard_all", "DISCARD ALL"),
    ("deallocate_all", "DEALLOCATE ALL"),
    ("discard_plans", "DISCARD PLANS"),
    ("close_all", "CLOSE ALL"),
];

fn discarded(database: &TestDatabase, statement: &str) -> TestResult {
    let insert = |value: i32| json!({"execute": {"sql": "INSERT INTO a VALUES (?)", "values": [value]}});
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)", insert(1)]));
    let script = script.outside("l2", json!([insert(2), statement, insert(3)])).up("l3", json!([insert(4)]));
    script.succeed("up")?;
    assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, [1, 2, 3, 4]);
    Ok(())
}

/// A similar case to `DEALLOCATE ALL`: a table that changes while statements on it are prepared.
fn prepared_statements_are_gone(database: &TestDatabase) -> TestResult {
    let read = json!({"query": {"sql": "SELECT * FROM a WHERE id = ?", "values": [1], "print": true}});
    let tables = json!(["CREATE TABLE a (id int primary key, v int)", "INSERT INTO a VALUES (1, 2)", read]);
    let recreate = json!([
        "DROP TABLE a",
        "CREATE TABLE a (id int primary key, w varchar(9), v int)",
        "INSERT INTO a VALUES (1, 'w', 3)",
        read
    ]);
    let script = Script::new(database).up("l1", tables).outside("l2", recreate).up("l3", json!([read]));
    script.succeed("up")?;
    assert_eq!(script.printed(), ["id=1 v=2", "id=1 w=w v=3", "id=1 w=w v=3"]);
    Ok(())
}

/// A read is not a write, in any form.
fn reading_with_is_resumed(database: &TestDatabase) -> TestResult {
    let read = json!({"query": {"sql": "WITH w AS (SELECT max(v) AS v FROM a) SELECT v FROM w", "into": "v"}});
    let script = with_tasks(
        database,
        json!([
            "INSERT INTO a VALUES (5)", read, "INSERT INTO a VALUES ({v} + 1)", {"kill_once": "killed"}, "INSERT INTO a VALUES ({v} + 2)"
        ]),
    );
    script.killed()?;
    assert!(matches!(script.go_on()?, Ending::Applied));
    assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, [5, 6, 7]);
    Ok(())
}

// Servers and users with stricter settings.

/// The error comes before anything runs.
fn user_without_create(database: &TestDatabase) -> TestResult {
    let user = format!("{}_reader", database.name());
    database.execute(&format!(
        "CREATE TABLE a (v int); CREATE ROLE {user} LOGIN PASSWORD 'secret'; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT INSERT, SELECT ON a TO {user}"
    ))?;
    let script = Script::new(database).outside("l1", json!(["INSERT INTO a VALUES (1)"]));
    let url = database.url_for(&user, "secret");
    let output = script.program("up")?.env("DATABASE_URL", url).run()?;
    let rows = database.values::<i32>("SELECT v FROM a")?;
    database.execute(&format!("DROP OWNED BY {user}; DROP ROLE {user}"))?;
    assert!(!output.success() && rows.is_empty(), "{rows:?}: {output}");
    assert!(!output.stderr.contains("correct the file"), "{output}");
    check_says(&output, &["create"])?;
    Ok(())
}

fn narrow_characters(database: &TestDatabase, characters: &str) -> TestResult {
    database.execute(&format!("ALTER DATABASE {} CHARACTER SET {characters}", database.name()))?;
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v varchar(20)) CHARACTER SET utf8mb4"]));
    let script = script.up("l2", json!(["INSERT INTO a VALUES ('αβγ 🌊') /* ωμέγα 🐟 */", {"kill_once": "killed"}]));
    script.killed()?;
    assert!(matches!(script.go_on()?, Ending::Applied));
    assert_eq!(database.values::<String>("SELECT v FROM a")?, ["αβγ 🌊"]);
    Ok(())
}

fn safe_updates_of_a_revision(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(["SET sql_safe_updates = 1", "CREATE TABLE a (v int)"]));
    let script = script.up("l2", json!(["SET SESSION sql_safe_updates = ON", "INSERT INTO a VALUES (1)"]));
    script.down("l2", json!(["SET sql_safe_updates = 1"])).succeed("up")?;
    check_all_commands(database)
}

/// On a server that sets it for every session.
fn safe_updates_of_the_server<E: ServerSoftware>(server: Result<TemporaryServer<E>, ServerError>) -> TestResult {
    let server = server?;
    let database = TestDatabase::at(E::BACKEND, Some(server.address()))?;
    database.execute("SET GLOBAL sql_safe_updates = 1")?;
    check_all_commands(&database)
}

fn check_all_commands(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l3", json!(["SET sql_safe_updates = 1", {"fail": "not yet"}]));
    for command in ["down base", "up 2", "stamp base", "stamp l2"] {
        script.succeed(command)?;
    }
    assert!(!script.run("up")?.success());
    let repair = script.run("repair --rolled-back")?;
    assert!(repair.success() || script.record()?.len() == 2, "{repair}");
    Script::new(database).succeed("up")?;
    assert_eq!(script.record()?.len(), 6);
    Ok(())
}

// Scripts.

/// The script has the same effect as `up`.
fn script_equals_run(script: &Script<'_>) -> TestResult {
    let run = another(script.database)?;
    script.on(&run).succeed("up")?;
    let written = script.program("up --sql")?.run()?.succeeded()?.stdout;
    client(script.database, &written, OnError::Stops).run()?.succeeded()?;
    assert_eq!(script.database.rows()?, run.rows()?, "{written}");
    assert_eq!(script.database.schema()?, run.schema()?, "{written}");
    assert_eq!(script.record()?, script.on(&run).record()?, "{written}");
    Ok(())
}

fn executable_comment_in_a_script(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up(
        "l1",
        json!([
            "CREATE TABLE a (v int)",
            "/*!40101 SET @x = 5 */",
            "/*!40101 INSERT INTO a VALUES (@x) */",
            "/*M! INSERT INTO a VALUES (6) */",
            "INSERT INTO a VALUES (7) /* the last */"
        ]),
    );
    script_equals_run(&script)
}

fn line_ends_in_a_script(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up(
        "l1",
        json!([
            "CREATE TABLE a (v varchar(40))",
            "INSERT INTO a VALUES ('one\r\ntwo\nthree\rfour')",
            "INSERT INTO a VALUES ('\r\n')"
        ]),
    );
    let read = match database.backend() {
        Backend::Postgres => "SELECT encode(v::bytea, 'hex') FROM a ORDER BY 1",
        _ => "SELECT hex(v) FROM a ORDER BY 1",
    };
    script_equals_run(&script)?;
    let values = database.values::<String>(read)?;
    assert!(values.iter().any(|value| value.eq_ignore_ascii_case("0D0A")), "{values:?}");
    Ok(())
}

// Processes that cannot see each other.

/// A container is simulated by a namespace of process ids, under the same host name. This needs root's rights.
fn run_of_another_container(database: &TestDatabase) -> TestResult {
    const INSIDE: [&str; 4] = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    let can_unshare = Command::new("unshare").args(INSIDE).arg("true").output();
    if !can_unshare.is_ok_and(|output| output.status.success()) {
        let reason = "skipped: `unshare --pid` is not allowed here, so that no second container can be simulated";
        let _ = writeln!(io::stderr(), "{reason}");
        return Ok(());
    }
    let script = with_tasks(
        database,
        json!(["INSERT INTO a VALUES (1)", {"touch": "reached"}, {"wait_for": "go"}, "INSERT INTO a VALUES (2)"]),
    );
    let executable = script.program("up")?.executable()?.to_owned();
    let contained = |arguments: &str| -> Outcome<Program> {
        let program = Program::at("unshare").args(INSIDE).arg(&executable).args(arguments.split(' '));
        Ok(program.database(database).limit(SOON).env("SCRIPTED_ACTIONS", script.path("actions.json")))
    };
    let mut running = contained("up")?.start()?;
    while !script.path("reached").exists() && !running.has_ended()? {
        running.pause()?;
    }
    let status = contained("status")?.run()?.succeeded()?;
    let resumed = contained("repair --resume --lock-timeout 300ms")?.run()?;
    let outside = script.run("status")?.succeeded()?;
    fs::write(script.path("go"), "")?;
    let output = running.finish()?.succeeded()?;
    for status in [&status, &outside] {
        let is_running = |line: &str| line.starts_with("running") && line.contains("l2");
        assert!(status.stdout.lines().any(is_running), "{status}");
    }
    assert!(!resumed.success(), "{resumed}");
    assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, [1, 2], "{output}");
    Ok(())
}
