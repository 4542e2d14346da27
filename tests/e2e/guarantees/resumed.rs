//! What an interrupted revision had in its session, or went on in spite of, when it is resumed; and statements that the
//! journal cannot follow.

use sea_orm::DbErr;
use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, OnError, TestDatabase, client};
use serde_json::json;

use super::like_mysql;
use super::script::{Script, check_says};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    let name = "guarantees::resumed_revision_does_not_try_again_what_failed";
    cases.push(Case::on(Backend::Postgres, name, ignored_failure));
    cases.extend(like_mysql(name, ignored_failure));
    let name = "guarantees::resumed_revision_has_its_settings";
    cases.push(Case::on(Backend::Postgres, name, setting_by_a_query));
    cases.push(Case::on(
        Backend::Postgres,
        "guarantees::search_path_that_loses_the_record",
        search_path_of_new_sessions,
    ));
    cases.extend(like_mysql("guarantees::resumed_revision_has_lost_its_variables", variable_by_a_query));
    cases.extend(like_mysql("guarantees::resumed_revision_ends_its_transaction_again", schema_change_in_a_transaction));
    cases.extend(like_mysql("guarantees::numbers_are_read_again_as_they_were", narrow_number));
    let name = "guarantees::values_of_own_types_are_read_again";
    cases.push(Case::on(Backend::Postgres, name, values_of_own_types));
    cases.extend(like_mysql(name, years_bits_and_documents));
    let name = "guarantees::chained_transactions_are_refused";
    cases.push(Case::on(Backend::Postgres, name, chained_transactions));
    cases.extend(like_mysql(name, chained_transactions));
    cases.extend(like_mysql("guarantees::locks_on_all_tables_are_refused", locks_on_all_tables));
    let name = "guarantees::script_switches_foreign_keys_off_before_its_transaction";
    cases.push(Case::on(Backend::Sqlite, name, foreign_keys_in_a_script));
    let name = "guarantees::script_resets_its_session_between_revisions";
    cases.push(Case::on(Backend::Sqlite, name, session_in_a_script));
    cases.extend(like_mysql(name, session_in_a_script));
    cases.push(Case::on(Backend::Sqlite, "guarantees::each_spelling_of_off", each_spelling_of_off));
    cases.push(Case::on(Backend::Postgres, "guarantees::lint_does_not_wait_for_rows", lint_does_not_wait_for_rows));
    cases
}

fn numbers(database: &TestDatabase) -> Result<Vec<i32>, DbErr> {
    database.values("SELECT v FROM a ORDER BY v")
}

/// The code ignores that a row is there already, and changes it later: the same statement would succeed now.
fn ignored_failure(database: &TestDatabase) -> TestResult {
    let script =
        Script::new(database).up("l1", json!(["CREATE TABLE a (v int PRIMARY KEY)", "INSERT INTO a VALUES (1)"]));
    let steps = json!([
        {"swallow": [{"text": "INSERT INTO a VALUES (1)"}]}, "UPDATE a SET v = 2 WHERE v = 1", {"kill_once": "killed"},
        "INSERT INTO a VALUES (5)"
    ]);
    let script = script.outside("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.run("repair --resume")?;
    check_says(&output, &["failed before, which the code ignored"])?;
    assert_eq!(numbers(database)?, [2], "{output}");
    assert!(!script.is_applied("l2")?, "{output}");
    Ok(())
}

fn setting_by_a_query(database: &TestDatabase) -> TestResult {
    let tables = ["CREATE SCHEMA billing", "CREATE TABLE billing.a (v int)", "CREATE TABLE a (v int)"];
    let setting = json!({"query_one": {"sql": "SELECT set_config('search_path', 'billing', false)"}});
    let steps = json!([setting, "INSERT INTO a VALUES (1)", {"kill_once": "killed"}, "INSERT INTO a VALUES (2)"]);
    let script = Script::new(database).up("l1", json!(tables)).outside("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.succeed("repair --resume")?;
    assert_eq!(database.values::<i32>("SELECT v FROM billing.a ORDER BY v")?, [1, 2], "{output}");
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM public.a")?, 0, "{output}");
    Ok(())
}

/// New sessions would look for the record elsewhere, and apply all revisions again.
fn search_path_of_new_sessions(database: &TestDatabase) -> TestResult {
    let role = database.value::<String>("SELECT current_user::text")?;
    let (name, tables) = (database.name(), json!(["CREATE SCHEMA app", "CREATE TABLE a (v int)"]));
    let lost = [
        format!("ALTER DATABASE \"{name}\" SET search_path = app"),
        format!("ALTER ROLE \"{role}\" IN DATABASE \"{name}\" SET search_path TO app, pg_catalog"),
        format!("/* of new sessions */ alter user \"{role}\" in database \"{name}\" set search_path from current"),
    ];
    for statement in lost {
        for is_outside in [false, true] {
            let steps = json!(["SET search_path = app", statement, "INSERT INTO public.a VALUES (1)"]);
            let script =
                Script::new(database).up("l1", tables.clone()).down("l1", json!(["DROP TABLE a", "DROP SCHEMA app"]));
            let script = if is_outside { script.outside("l2", steps) } else { script.up("l2", steps) };
            script.succeed("up 1")?;
            let output = script.run("up")?;
            check_says(&output, &["not find the record of the revisions in `public`", "with_revision_table"])?;
            assert_eq!(
                database.value::<i64>(
                    "SELECT count(*) FROM pg_db_role_setting WHERE setdatabase <> 0 \
                AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )?,
                0,
                "{output}"
            );
            assert_eq!(script.run("repair --rolled-back")?.success(), is_outside);
            script.succeed("down base --yes")?;
        }
    }
    for hidden in [
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app', current_database()); END $$".to_owned(),
        format!("ALTER DATABASE \"{name}\" SET \"search_path\" = app"),
        format!("ALTER DATABASE \"{name}\" SET SCHEMA 'app'"),
    ] {
        let script = Script::new(database).up("l1", tables.clone()).up("l2", json!([hidden]));
        let script = script.down("l1", json!(["DROP TABLE a", "DROP SCHEMA app"]));
        script.succeed("up 1")?;
        check_says(&script.run("up")?, &["not find the record of the revisions in `public`"])?;
        script.succeed("down base --yes")?;
    }
    // A transaction of the code stays open.
    let open = json!(["BEGIN", "INSERT INTO a VALUES (1)", format!("ALTER DATABASE \"{name}\" RESET ALL"), "ROLLBACK"]);
    let script = Script::new(database).up("l1", tables.clone()).outside("l2", open);
    let script = script.down("l1", json!(["DROP TABLE a", "DROP SCHEMA app"]));
    script.succeed("up")?;
    assert_eq!(database.value::<i64>("SELECT count(*) FROM a")?, 0);
    script.succeed("down base --yes")?;
    let kept = [
        format!("ALTER DATABASE \"{name}\" RESET ALL"),
        format!("ALTER DATABASE \"{name}\" SET work_mem = '8MB'"),
        format!("ALTER DATABASE \"{name}\" SET search_path = app, \"public\""),
    ];
    for statement in kept {
        let script = Script::new(database).up("l1", tables.clone()).outside("l2", json!([statement]));
        let script = script.down("l1", json!(["DROP TABLE a", "DROP SCHEMA app"]));
        script.succeed("up")?;
        assert!(script.succeed("status")?.stdout.contains("l2"));
        script.succeed("down base --yes")?;
    }
    Ok(())
}

fn variable_by_a_query(database: &TestDatabase) -> TestResult {
    let tables = ["CREATE TABLE a (v int)", "INSERT INTO a VALUES (41)", "CREATE TABLE b (v int)"];
    let read = json!({"query_one": {"sql": "SELECT @n := MAX(v) AS n FROM a"}});
    let steps =
        json!([read, "INSERT INTO b VALUES (@n + 1)", {"kill_once": "killed"}, "INSERT INTO b VALUES (@n + 2)"]);
    let script = Script::new(database).up("l1", json!(tables)).up("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.run("repair --resume")?;
    check_says(&output, &["was lost with its session"])?;
    assert_eq!(database.values::<Option<i32>>("SELECT v FROM b")?, [Some(42)], "{output}");
    Ok(())
}

/// A change of the schema ends the transaction of the code, also when it is answered from the journal: the rows before and
/// after it stay.
fn schema_change_in_a_transaction(database: &TestDatabase) -> TestResult {
    let steps = json!([
        "BEGIN", "INSERT INTO a VALUES (1)", "CREATE TABLE z (v int)", "INSERT INTO a VALUES (2)", {"kill_once": "killed"},
        "INSERT INTO a VALUES (3)", "ROLLBACK", "INSERT INTO a VALUES (4)"
    ]);
    let script = Script::new(database).up("l1", json!(["CREATE TABLE a (v int)"])).up("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.succeed("repair --resume")?;
    assert_eq!(numbers(database)?, [1, 2, 3, 4], "{output}");
    Ok(())
}

/// A number of single precision that the code reads as one of double precision.
fn narrow_number(database: &TestDatabase) -> TestResult {
    let tables = json!(["CREATE TABLE s (b float)", "INSERT INTO s VALUES (0.1)", "CREATE TABLE d (v double, n int)"]);
    let insert =
        |number: i32| json!({"execute": {"sql": format!("INSERT INTO d VALUES (?, {number})"), "values": ["$b"]}});
    let steps =
        json!([{"query_one": {"sql": "SELECT b FROM s", "into": "b"}}, insert(1), {"kill_once": "killed"}, insert(2)]);
    let script = Script::new(database).up("l1", tables).up("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    script.succeed("repair --resume")?;
    let numbers = database.values::<f64>("SELECT v FROM d ORDER BY n")?;
    assert!(numbers.len() == 2 && numbers[0].to_bits() == numbers[1].to_bits(), "{numbers:?}");
    Ok(())
}

fn values_of_own_types(database: &TestDatabase) -> TestResult {
    let tables = json!([
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TABLE s (m mood, t tsvector, c regclass)",
        "INSERT INTO s VALUES ('ok', 'a b', 's')",
        "CREATE TABLE a (v int)"
    ]);
    let read = |columns: &str| json!({"query": {"sql": format!("SELECT {columns} FROM s"), "print": false}});
    let steps = json!([
        read("m"), read("m, t"), read("c, m"), "INSERT INTO a VALUES (1)", {"kill_once": "killed"},
        "INSERT INTO a VALUES (2)"
    ]);
    let script = Script::new(database).up("l1", tables).outside("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.succeed("repair --resume")?;
    assert_eq!(numbers(database)?, [1, 2], "{output}");
    Ok(())
}

/// Values of types that only MySQL and MariaDB have. The place is told though the revision limits what queries return.
fn years_bits_and_documents(database: &TestDatabase) -> TestResult {
    let tables = json!([
        "CREATE TABLE s (y year, b bit(4), j json)",
        r#"INSERT INTO s VALUES (2026, b'1010', '{"a": [1, null]}'), (NULL, NULL, NULL)"#,
        "CREATE TABLE a (v int)"
    ]);
    let read = |columns: &str| json!({"query": {"sql": format!("SELECT {columns} FROM s"), "print": false}});
    let steps = json!([
        read("y"), read("b, y"), read("j"), "INSERT INTO a VALUES (1)", {"kill_once": "killed"},
        "SET sql_select_limit = 1", "INSERT INTO a VALUES (2)"
    ]);
    let script = Script::new(database).up("l1", tables).up("l2", steps);
    script.succeed("up 1")?;
    script.killed()?;
    let output = script.succeed("repair --resume")?;
    check_says(&output, &["the database is at `l2`"])?;
    assert_eq!(numbers(database)?, [1, 2], "{output}");
    Ok(())
}

/// The transaction that follows at once would be ended by the engine, which does not expect it.
fn chained_transactions(database: &TestDatabase) -> TestResult {
    for end in ["COMMIT AND CHAIN", "ROLLBACK WORK AND CHAIN"] {
        let steps = json!(["BEGIN", "INSERT INTO a VALUES (1)", end, "INSERT INTO a VALUES (2)", "ROLLBACK"]);
        let script = Script::new(database)
            .up("l1", json!(["CREATE TABLE a (v int)"]))
            .outside("l2", steps)
            .down("l1", json!(["DROP TABLE a"]));
        script.succeed("up 1")?;
        let output = script.run("up")?;
        check_says(&output, &["the statement changes how the session commits"])?;
        assert_eq!(numbers(database)?, [0_i32; 0], "{end}: {output}");
        script.run("repair --rolled-back")?;
        script.succeed("down base --yes")?;
    }
    Ok(())
}

fn locks_on_all_tables(database: &TestDatabase) -> TestResult {
    for lock in ["FLUSH TABLES WITH READ LOCK", "flush tables a\n for export"] {
        let steps = json!([lock, "SELECT 1", "UNLOCK TABLES"]);
        let script = Script::new(database).up("l1", json!(["CREATE TABLE IF NOT EXISTS a (v int)"])).up("l2", steps);
        script.succeed("up 1")?;
        let output = script.run("up")?;
        check_says(&output, &["locks tables that the engine has to write to"])?;
        database.execute("INSERT INTO a VALUES (1)")?;
        script.run("repair --rolled-back")?;
        script.succeed("down base --yes")?;
    }
    Ok(())
}

/// A parent that is replaced by hand, as SQLite's documentation describes it.
const PARENT: [&str; 5] = [
    "CREATE TABLE p2 (id integer PRIMARY KEY, v text)",
    "INSERT INTO p2 SELECT id, 'x' FROM p",
    "DROP TABLE p",
    "ALTER TABLE p2 RENAME TO p",
    "PRAGMA foreign_keys = ON",
];

const FAMILY: [&str; 4] = [
    "CREATE TABLE p (id integer PRIMARY KEY)",
    "CREATE TABLE c (p integer REFERENCES p (id) ON DELETE CASCADE)",
    "INSERT INTO p VALUES (1), (2)",
    "INSERT INTO c VALUES (1), (2)",
];

fn replaced<'d>(database: &'d TestDatabase, off: &str) -> Script<'d> {
    let steps: Vec<&str> = std::iter::once(off).chain(PARENT).collect();
    Script::new(database).up("l1", json!(FAMILY)).up("l2", json!(steps))
}

fn foreign_keys_in_a_script(database: &TestDatabase) -> TestResult {
    let written = replaced(database, "PRAGMA foreign_keys = OFF").succeed("up l2 --sql")?.stdout;
    client(database, &written, OnError::Stops).run()?.succeeded()?;
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM c")?, 2, "{written}");
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM seachange_revision")?, 2, "{written}");
    Ok(())
}

/// What the first revision does to its session, the later ones do not see, as in a run.
fn session_in_a_script(database: &TestDatabase) -> TestResult {
    let tables =
        ["CREATE TABLE a (v int CHECK (v > 0))", "CREATE TABLE users (id int)", "CREATE TABLE c (x varchar(3))"];
    let (changes, refused): (&[&str], _) = match database.backend() {
        Backend::Sqlite => {
            (&["CREATE TEMP TABLE users (id int)", "PRAGMA ignore_check_constraints = ON"], "INSERT INTO a VALUES (-1)")
        }
        _ => (
            &[
                "CREATE TEMPORARY TABLE users (id int)",
                "SET sql_mode = ''",
                "SET time_zone = '+09:00'",
                "SET NAMES latin1",
            ],
            "INSERT INTO c VALUES ('abcdef')",
        ),
    };
    let script = Script::new(database)
        .outside("l1", json!([&tables[..], changes].concat()))
        .up("l2", json!(["INSERT INTO users VALUES (3)"]))
        .up("l3", json!([refused]));
    let written = script.succeed("up l3 --sql")?.stdout;
    let output = client(database, &written, OnError::Stops).run()?;
    assert_ne!(output.code, Some(0), "the last statement is refused: {written}{output}");
    assert_eq!(database.values::<i32>("SELECT id FROM users")?, [3], "{written}{output}");
    assert!(script.is_applied("l2")?, "{output}");
    Ok(())
}

/// SQLite takes every value for off that is no word for on and no number.
fn each_spelling_of_off(database: &TestDatabase) -> TestResult {
    for value in ["00", "0x0", "-0", "0.0", "nonsense", "'off'", "256"] {
        let script = replaced(database, &format!("PRAGMA foreign_keys = {value}"));
        let script = script.down("l2", json!([])).down("l1", json!(["DROP TABLE c", "DROP TABLE p"]));
        let output = script.succeed("up 2")?;
        assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM c")?, 2, "{value}: {output}");
        script.succeed("down base --yes")?;
    }
    Ok(())
}

fn lint_does_not_wait_for_rows(database: &TestDatabase) -> TestResult {
    let script = Script::new(database)
        .up("l1", json!(["CREATE TABLE people (id int)"]))
        .up("l2", json!(["COPY people FROM STDIN"]));
    let output = script.run("lint")?;
    check_says(&output, &["a revision cannot send or receive the rows of `COPY`"])?;
    Ok(())
}
