//! No run works beside another one, changes the location of the record, or leaves state to the next run.

use std::fs;

use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, OnError, Program, TestDatabase, block_on, client, named};
use serde_json::{Value, json};

use super::like_mysql;
use super::rows::another;
use super::script::{Ending, Outcome, Script, check_says};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    let postgres = named![
        schema_of_the_user_appears,
        search_path_leads_to_another_record,
        search_path_of_a_lent_pool,
        function_that_writes_is_not_repeated,
        query_that_writes_is_not_repeated,
        dropped_index_in_another_schema,
        dropped_index_with_a_long_name,
        role_is_set,
        retry_after_a_commit_by_text,
        retry_after_a_function_that_writes
    ];
    cases.extend(postgres.map(|(name, test)| Case::on(Backend::Postgres, &format!("guarantees::{name}"), test)));
    for (name, statement) in PATHS {
        let test = move |database: &TestDatabase| path_is_set(database, statement);
        cases.push(Case::on(Backend::Postgres, &format!("guarantees::{name}"), test));
        let test = move |database: &TestDatabase| path_is_set_in_a_script(database, statement);
        cases.push(Case::on(Backend::Postgres, &format!("guarantees::{name}_in_a_script"), test));
    }
    for (backend, name, set, probe) in settings() {
        let test = move |database: &TestDatabase| session_ends(database, set, probe);
        cases.push(Case::on(backend, &format!("guarantees::{name}_ends_with_the_revision"), test));
        if backend != Backend::Sqlite {
            let test = move |database: &TestDatabase| lent_connection_is_as_it_was(database, set, probe);
            cases.push(Case::on(backend, &format!("guarantees::{name}_is_not_left_on_a_lent_connection"), test));
        }
    }
    // MySQL has no limit for statements.
    for backend in [Backend::Postgres, Backend::MariaDb] {
        cases.push(Case::on(backend, "guarantees::limits_hold_in_each_revision", limits_hold_in_each_revision));
    }
    for backend in Backend::SERVERS {
        cases.push(Case::on(backend, "guarantees::retry_after_a_commit", retry_after_a_commit));
    }
    cases.extend(like_mysql("guarantees::retry_after_a_commit_by_text", retry_after_a_commit_by_text));
    cases.extend(like_mysql("guarantees::retry_after_a_function_that_writes", retry_after_a_function_that_writes));
    cases.extend(each_backend("guarantees::text_that_looks_like_a_probe", text_that_looks_like_a_probe));
    cases
}

// The location of the record.

/// Another `up` waits, and its message offers no way to run the revision a second time.
fn schema_of_the_user_appears(database: &TestDatabase) -> TestResult {
    let user = format!("{}_user", database.name());
    database.execute(&format!(
        "CREATE ROLE {user} LOGIN PASSWORD 'secret'; GRANT ALL ON DATABASE {} TO {user}; GRANT ALL ON SCHEMA public TO {user}",
        database.name()
    ))?;
    let outcome = run_beside(database, &user);
    database.execute(&format!("DROP OWNED BY {user} CASCADE; DROP ROLE {user}"))?;
    outcome
}

fn run_beside(database: &TestDatabase, user: &str) -> TestResult {
    let script =
        Script::new(database).up("l1", json!([format!("CREATE SCHEMA {user}"), "CREATE TABLE public.a (v int)"]));
    let script = script.outside(
        "l2",
        json!(["INSERT INTO public.a VALUES (1)", {"touch": "reached"}, {"wait_for": "go"}, "UPDATE public.a SET v = v + 1"]),
    );
    let url = database.url_for(user, "secret");
    let mut first = script.program("up")?.env("DATABASE_URL", &url).start()?;
    while !script.path("reached").exists() && !first.has_ended()? {
        first.pause()?;
    }
    let other = |arguments: &str| -> Outcome<_> { Ok(script.program(arguments)?.env("DATABASE_URL", &url).run()?) };
    let second = other("up --lock-timeout 300ms")?;
    let resumed = other("repair --resume --lock-timeout 300ms")?;
    fs::write(script.path("go"), "")?;
    let output = first.finish()?.succeeded()?;
    assert_eq!(database.values::<i32>("SELECT v FROM public.a")?, [2], "{output}\n{second}\n{resumed}");
    assert_eq!(second.code, Some(7), "{second}");
    assert!(!resumed.success(), "{resumed}");
    assert_eq!(other("status")?.succeeded()?.stdout.matches("applied").count(), 6);
    Ok(())
}

/// A schema in which another program keeps its record.
fn with_another_service(database: &TestDatabase) -> TestResult {
    database.execute("CREATE SCHEMA billing")?;
    let other = Program::named("failing-migration").database(database).env("DATABASE_SCHEMA", "billing");
    other.args(["up", "1"]).run()?.succeeded()?;
    Ok(())
}

const BILLING: &str = "SELECT revision FROM billing.seachange_revision ORDER BY revision";

fn search_path_leads_to_another_record(database: &TestDatabase) -> TestResult {
    with_another_service(database)?;
    let script = Script::new(database).up("l1", json!(["CREATE TABLE public.a (v int)", "SET search_path = billing"]));
    let script = script.outside("l2", json!(["CREATE TABLE public.b (v int)", "SET search_path TO billing, public"]));
    script.succeed("up")?;
    assert_eq!(database.values::<String>(BILLING)?, ["a11111111111"]);
    assert_eq!(script.record()?.len(), 6);
    assert_eq!(script.succeed("status")?.stdout.matches("applied").count(), 6);
    assert_eq!(advisory_locks(database)?, 0);
    Ok(())
}

fn search_path_of_a_lent_pool(database: &TestDatabase) -> TestResult {
    with_another_service(database)?;
    let script = Script::new(database).up("l1", json!(["CREATE TABLE public.a (v int)", "SET search_path = billing"]));
    // The server ends a session, and releases its locks, some time after the program has closed it.
    let lent = "SELECT current_setting('search_path') FROM pg_catalog.pg_sleep(1) UNION ALL \
         SELECT count(*)::text FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
         WHERE locktype = 'advisory' AND datname = current_database()";
    let program = script.service("upgrade heads")?.env("SCRIPTED_POOL", "1").env("SCRIPTED_AFTER", lent);
    let output = program.run()?;
    assert!(output.stdout.contains("after: \"$user\", public\nafter: 0\n"), "{output}");
    assert_eq!(database.values::<String>(BILLING)?, ["a11111111111"], "{output}");
    if output.success() {
        assert_eq!(script.record()?.len(), 6);
    } else {
        assert!(script.record()?.is_empty(), "{output}");
    }
    Ok(())
}

fn advisory_locks(database: &TestDatabase) -> Result<i64, sea_orm::DbErr> {
    database.value(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
         WHERE locktype = 'advisory' AND datname = current_database()",
    )
}

/// Statements that change the search path, or reset every setting.
const PATHS: [(&str, &str); 5] = [
    ("path_of_a_dump", "SELECT pg_catalog.set_config('search_path', '', false)"),
    ("path_of_the_transaction", "SET LOCAL search_path = ''"),
    ("path_by_set", "SET search_path TO pg_catalog"),
    ("path_by_set_schema", "SET SCHEMA 'nowhere'"),
    ("every_setting_is_reset", "RESET ALL"),
];

fn path_script<'d>(database: &'d TestDatabase, statement: &str) -> Script<'d> {
    let script = Script::new(database).up("l1", json!([statement, "CREATE TABLE public.a (v int)"]));
    let script = script.down("l1", json!([statement, "DROP TABLE public.a"]));
    script
        .up("l2", json!(["INSERT INTO a VALUES (1)"]))
        .outside("l3", json!([statement, "INSERT INTO public.a VALUES (2)"]))
}

fn path_is_set(database: &TestDatabase, statement: &str) -> TestResult {
    let script = path_script(database, statement);
    script.succeed("up")?;
    assert_eq!(script.record()?.len(), 6);
    assert_eq!(database.values::<i32>("SELECT v FROM a ORDER BY v")?, [1, 2]);
    script.succeed("down base")?;
    assert_eq!(script.record()?.len(), 0);
    assert_eq!(database.tables()?, ["seachange_revision"]);
    Ok(())
}

fn path_is_set_in_a_script(database: &TestDatabase, statement: &str) -> TestResult {
    let script = path_script(database, statement);
    let run = another(database)?;
    script.on(&run).succeed("up")?;
    let written = script.program("up --sql")?.run()?.succeeded()?.stdout;
    client(database, &written, OnError::Stops).run()?.succeeded()?;
    assert_eq!(script.record()?, script.on(&run).record()?, "{written}");
    assert_eq!(database.schema()?, run.schema()?, "{written}");
    assert_eq!(database.rows()?, run.rows()?, "{written}");
    script.succeed("up")?;
    Ok(())
}

/// A role without rights on the record.
fn role_is_set(database: &TestDatabase) -> TestResult {
    let role = format!("{}_role", database.name());
    database.execute(&format!(
        "CREATE ROLE {role}; CREATE SCHEMA theirs AUTHORIZATION {role}; GRANT {role} TO CURRENT_USER"
    ))?;
    let script = Script::new(database);
    let script = script.up("l1", json!([format!("SET ROLE {role}"), "CREATE TABLE theirs.a (v int)"]));
    let script = script.up("l2", json!([format!("SET LOCAL ROLE {role}"), "CREATE TABLE theirs.b (v int)"]));
    let script =
        script.outside("l3", json!([format!("SET SESSION AUTHORIZATION {role}"), "CREATE TABLE theirs.c (v int)"]));
    let script = script.up("l4", json!(["CREATE TABLE ours (v int)"]));
    let output = script.run("up");
    let owner: Result<String, _> = database.value("SELECT tableowner::text FROM pg_tables WHERE tablename = 'ours'");
    let count = database.value::<i64>("SELECT count(*) FROM pg_tables WHERE schemaname = 'theirs'");
    database.execute(&format!("DROP SCHEMA theirs CASCADE; DROP ROLE {role}"))?;
    output?.succeeded()?;
    assert_eq!(count?, 3);
    assert_ne!(owner?, role);
    Ok(())
}

// Changes of a revision to its session.

/// A database, a name, a change of the session, and a query that shows it.
type Setting = (Backend, &'static str, &'static str, &'static str);

fn settings() -> Vec<Setting> {
    let postgres = [
        ("lock_timeout", "SET lock_timeout = '77s'", "SHOW lock_timeout"),
        ("statement_timeout", "SET statement_timeout = '77s'", "SHOW statement_timeout"),
        ("replication_role", "SET session_replication_role = replica", "SHOW session_replication_role"),
        ("search_path", "SET search_path = pg_catalog, public", "SHOW search_path"),
        ("time_zone", "SET TIME ZONE 'Pacific/Auckland'", "SHOW timezone"),
        (
            "temporary_table",
            "CREATE TEMP TABLE t (v int)",
            "SELECT coalesce(to_regclass('pg_temp.t')::text, 'none') AS t",
        ),
        (
            "prepared_statement",
            "PREPARE mine AS SELECT 1",
            "SELECT count(*) AS n FROM pg_prepared_statements WHERE name = 'mine'",
        ),
        ("cursor", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "SELECT count(*) AS n FROM pg_cursors WHERE name = 'c'"),
        (
            "advisory_lock",
            "SELECT pg_advisory_lock(4711)",
            "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        ),
        (
            "custom_setting",
            "SET app.x = '5'",
            "SELECT coalesce(nullif(current_setting('app.x', true), ''), 'none') AS x",
        ),
    ];
    let mysql = [
        ("foreign_key_checks", "SET FOREIGN_KEY_CHECKS = 0", "SELECT @@foreign_key_checks AS v"),
        ("sql_mode", "SET sql_mode = ''", "SELECT @@sql_mode AS v"),
        ("time_zone", "SET time_zone = '+05:00'", "SELECT @@time_zone AS v"),
        ("character_set", "SET NAMES latin1", "SELECT @@character_set_client AS c, @@collation_connection AS v"),
        ("user_variable", "SET @x = 5", "SELECT coalesce(@x, 'none') AS v"),
        (
            "isolation_level",
            "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SHOW SESSION VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')",
        ),
        ("lock_wait_timeout", "SET lock_wait_timeout = 77", "SELECT @@lock_wait_timeout AS v"),
        (
            "lock",
            "SELECT GET_LOCK(CONCAT('mine_', DATABASE()), 1)",
            "SELECT IS_FREE_LOCK(CONCAT('mine_', DATABASE())) AS v",
        ),
        (
            "temporary_table",
            "CREATE TEMPORARY TABLE base (v int)",
            "SELECT count(*) AS n FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'base'",
        ),
    ];
    let sqlite = [
        ("foreign_keys", "PRAGMA foreign_keys = OFF", "SELECT foreign_keys AS v FROM pragma_foreign_keys"),
        (
            "recursive_triggers",
            "PRAGMA recursive_triggers = ON",
            "SELECT recursive_triggers AS v FROM pragma_recursive_triggers",
        ),
        (
            "legacy_alter_table",
            "PRAGMA legacy_alter_table = ON",
            "SELECT legacy_alter_table AS v FROM pragma_legacy_alter_table",
        ),
        (
            "temporary_table",
            "CREATE TEMP TABLE t (v int)",
            "SELECT count(*) AS n FROM sqlite_temp_master WHERE name = 't'",
        ),
        (
            "attached_file",
            "ATTACH 'beside.db' AS beside",
            "SELECT count(*) AS n FROM pragma_database_list WHERE name = 'beside'",
        ),
        ("case_of_like", "PRAGMA case_sensitive_like = ON", "SELECT 'a' LIKE 'A' AS v"),
    ];
    let of = |backend, list: &[(&'static str, &'static str, &'static str)]| -> Vec<Setting> {
        list.iter().map(|&(name, set, probe)| (backend, name, set, probe)).collect()
    };
    let like_mysql = Backend::LIKE_MYSQL.map(|backend| of(backend, &mysql)).concat();
    [of(Backend::Postgres, &postgres), like_mysql, of(Backend::Sqlite, &sqlite)].concat()
}

fn set_and_probe<'d>(database: &'d TestDatabase, set: &str, probe: &str) -> Script<'d> {
    let read = json!({"query": {"sql": probe, "print": true}});
    let script = Script::new(database).outside("l1", json!([set]));
    script.outside("l2", json!([read.clone()])).up("l3", json!([read]))
}

/// In one run of all revisions, each finds the session in the same state as in a run of its own.
fn session_ends(database: &TestDatabase, set: &str, probe: &str) -> TestResult {
    let apart = another(database)?;
    let script = set_and_probe(&apart, set, probe);
    for command in ["up 1", "up 1", "up 1"] {
        script.succeed(command)?;
    }
    let together = script.on(database);
    together.succeed("up")?;
    assert_eq!(together.printed(), script.printed());
    Ok(())
}

fn lent_connection_is_as_it_was(database: &TestDatabase, set: &str, probe: &str) -> TestResult {
    let script = set_and_probe(database, set, probe);
    let lent = |arguments: &str| -> Outcome<_> {
        let program = script.service(arguments)?.env("SCRIPTED_POOL", "1").env("SCRIPTED_AFTER", probe);
        let stdout = program.run()?.stdout;
        Ok(stdout.lines().filter(|line| line.starts_with("after: ")).map(str::to_owned).collect::<Vec<_>>())
    };
    let before = lent("upgrade base")?;
    let after = lent("upgrade heads")?;
    assert_eq!(after, before);
    assert_eq!(after.len(), 1, "{after:?}");
    Ok(())
}

/// A revision removes the limits; the next one has them again.
fn limits_hold_in_each_revision(database: &TestDatabase) -> TestResult {
    let (off, slow) = match database.backend() {
        Backend::MariaDb | Backend::MySql => ("SET max_statement_time = 0", "SELECT SLEEP(20)"),
        _ => ("SET statement_timeout = 0", "SELECT pg_sleep(20)"),
    };
    let script = Script::new(database).up("l1", json!([off])).outside("l2", json!([slow]));
    let output = script.run("up --statement-timeout 300ms")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["l2", "statement-timeout"])?;
    assert!(script.is_applied("l1")?, "{output}");
    Ok(())
}

// Runs that wait for a lock, and are retried.

/// A transaction of another session that has read a table.
fn reader(database: &TestDatabase) -> Outcome<DatabaseTransaction> {
    Ok(block_on(async {
        let transaction = database.connect().await?.begin().await?;
        transaction.execute_unprepared("SELECT * FROM b").await?;
        Ok::<_, sea_orm::DbErr>(transaction)
    })?)
}

/// Runs `l2` while another session holds a lock on `b`, which it releases once the run is retried, or has ended.
fn retried(script: &Script<'_>) -> Outcome<()> {
    script.succeed("up 1")?;
    let holder = reader(script.database)?;
    let mut running = script.program("up --lock-timeout 1s --retries 5")?.start()?;
    let _ = running.wait_for("trying again");
    block_on(holder.rollback())?;
    let output = running.finish()?;
    let rows = script.database.values::<i32>("SELECT v FROM a")?.len();
    if script.is_applied("l2")? {
        assert_eq!(rows, 1, "{output}");
    } else {
        assert!(rows <= 1 && !output.success(), "{rows} rows: {output}");
    }
    Ok(())
}

fn two_tables(database: &TestDatabase) -> Script<'_> {
    let tables = match database.backend() {
        Backend::Postgres => json!([
            "CREATE TABLE a (v int)",
            "CREATE TABLE b (v int)",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO a VALUES (1) RETURNING v'",
        ]),
        _ => json!([
            "CREATE TABLE a (v int)",
            "CREATE TABLE b (v int)",
            "CREATE FUNCTION f() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO a VALUES (1); RETURN 1; END",
        ]),
    };
    Script::new(database).up("l1", tables)
}

fn retry_after_a_commit_by_text(database: &TestDatabase) -> TestResult {
    let actions = json!(["INSERT INTO a VALUES (1)", "COMMIT", "ALTER TABLE b ADD COLUMN w int"]);
    Ok(retried(&two_tables(database).up("l2", actions))?)
}

fn retry_after_a_commit(database: &TestDatabase) -> TestResult {
    let actions = json!([{"begin": {}}, "INSERT INTO a VALUES (1)", "commit", "ALTER TABLE b ADD COLUMN w int"]);
    Ok(retried(&two_tables(database).outside("l2", actions))?)
}

fn retry_after_a_function_that_writes(database: &TestDatabase) -> TestResult {
    let actions = json!([{"query": {"sql": "SELECT f()"}}, "ALTER TABLE b ADD COLUMN w int"]);
    Ok(retried(&two_tables(database).outside("l2", actions))?)
}

// Queries that write.

fn function_that_writes_is_not_repeated(database: &TestDatabase) -> TestResult {
    not_repeated(database, "SELECT f() AS v")?;
    not_repeated(&another(database)?, "SELECT * FROM f() AS g(v)")
}

fn query_that_writes_is_not_repeated(database: &TestDatabase) -> TestResult {
    not_repeated(database, "INSERT INTO a VALUES (1) RETURNING v")?;
    not_repeated(&another(database)?, "WITH w AS (INSERT INTO a VALUES (1) RETURNING v) SELECT v FROM w")
}

fn not_repeated(database: &TestDatabase, sql: &str) -> TestResult {
    let actions = json!([
        {"query": {"sql": sql, "into": "v"}}, {"kill_once": "killed"}, "INSERT INTO b VALUES ({v})"
    ]);
    let script = two_tables(database).outside("l2", actions);
    script.killed()?;
    let ending = script.go_on()?;
    assert_eq!(database.values::<i32>("SELECT v FROM a")?, [1], "{ending:?}");
    if matches!(ending, Ending::Applied) {
        assert_eq!(database.values::<i32>("SELECT v FROM b")?, [1]);
    }
    Ok(())
}

// Indexes that were being dropped.

fn dropped_index_in_another_schema(database: &TestDatabase) -> TestResult {
    let path = format!("ALTER DATABASE {} SET search_path = public, other", database.name());
    dropped_index(database, &["CREATE SCHEMA other", &path], "other.b", "i")
}

fn dropped_index_with_a_long_name(database: &TestDatabase) -> TestResult {
    let name = format!("ix_{}", "long_".repeat(14));
    dropped_index(database, &[], "public.b", &name)
}

fn dropped_index(database: &TestDatabase, before: &[&str], table: &str, index: &str) -> TestResult {
    for statement in before {
        database.execute(statement)?;
    }
    database.execute(&format!("CREATE TABLE {table} (v int); CREATE INDEX {index} ON {table} (v)"))?;
    let script = Script::new(database).outside("l1", json!([format!("DROP INDEX CONCURRENTLY {index}")]));
    let holder = block_on(async {
        let transaction = database.connect().await?.begin().await?;
        transaction.execute_unprepared(&format!("SELECT * FROM {table}")).await?;
        Ok::<_, sea_orm::DbErr>(transaction)
    })?;
    let mut running = script.program("up")?.start()?;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock'";
    while database.value::<i64>(waiting)? == 0 {
        if running.has_ended()? {
            return Err(format!("it has ended: {}", running.kill()).into());
        }
        running.pause()?;
    }
    running.kill();
    // The server would continue while it waits.
    database.values::<bool>(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'DROP INDEX%'",
    )?;
    block_on(holder.rollback())?;
    let ending = script.go_on()?;
    let left: i64 =
        database.value("SELECT count(*) FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid WHERE relname = 'b'")?;
    match ending {
        Ending::Applied => assert_eq!(left, 0, "it is recorded, and the index is there"),
        Ending::Refused(output) => assert!(!script.is_applied("l1")?, "{output}"),
    }
    Ok(())
}

// Queries that look like a probe.

fn text_that_looks_like_a_probe(database: &TestDatabase) -> TestResult {
    const PROBES: [&str; 3] = [
        "SELECT has_table FROM rooms ORDER BY has_table",
        "SELECT has_table AS has_column FROM rooms ORDER BY has_table",
        "SELECT has_table AS has_index FROM rooms ORDER BY 1",
    ];
    for probe in PROBES {
        let database = another(database)?;
        let tables = json!([
            "CREATE TABLE rooms (has_table int)",
            "INSERT INTO rooms VALUES (1), (2), (3)",
            "CREATE TABLE made (v int)"
        ]);
        let column = if probe.contains("has_column") {
            "{has_column}"
        } else if probe.contains("has_index") {
            "{has_index}"
        } else {
            "{has_table}"
        };
        let turn: Value = json!([{"text": format!("INSERT INTO made VALUES ({column})")}, {"kill_once": "killed"}]);
        let script = Script::new(&database).up("l1", tables);
        let script = script.outside("l2", json!([{"each": {"sql": probe, "actions": turn}}]));
        script.killed()?;
        let ending = script.go_on()?;
        let made = database.values::<i32>("SELECT v FROM made ORDER BY v")?;
        match ending {
            Ending::Applied => assert_eq!(made, [1, 2, 3], "{probe}"),
            Ending::Refused(output) => assert!(made == [1] && !script.is_applied("l2")?, "{output}"),
        }
    }
    Ok(())
}
