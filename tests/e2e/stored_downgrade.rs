//! A program reverts revisions that it has never seen: by the downgrades that a newer program has stored.
//!
//! Both programs are `scripted-migration`; the older one has only the first revisions.

use std::time::Duration;

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Output, Program, TestDatabase};
use serde_json::json;

use crate::guarantees::script::{Outcome, Script};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("stored_downgrade::older_program_reverts", older_program_reverts);
    cases.extend(each_backend("stored_downgrade::question_and_statements", question_and_statements));
    cases.extend(each_backend("stored_downgrade::refusals", refusals));
    cases.extend(each_backend("stored_downgrade::killed_and_continued", killed_and_continued));
    cases.extend(each_backend("stored_downgrade::recorded_without_running", recorded_without_running));
    cases.extend(each_backend("stored_downgrade::service_rolls_back", service_rolls_back));
    cases.extend(each_backend("stored_downgrade::every_revision_of_a_program", every_revision_of_a_program));
    cases.push(Case::on(Backend::MariaDb, "stored_downgrade::checks_of_columns_are_kept", checks_of_columns_are_kept));
    cases
}

/// The program that reverts does not know the check that MariaDB keeps in the definition of a column.
fn checks_of_columns_are_kept(database: &TestDatabase) -> TestResult {
    let change = |kind: &str| json!([{"alter": {"table": "t", "changes": [{"modify_column": ["age", kind]}]}}]);
    let script = Script::new(database)
        .up("l1", json!(["CREATE TABLE t (id INT PRIMARY KEY, age INT CHECK (age > 0))"]))
        .up("l2", change("bigint"))
        .down("l2", change("int"));
    script.succeed("up")?;
    let down = older(&script, 1, "down l1 --yes")?.run()?.succeeded()?;
    let check: String = database.value(
        "SELECT CONCAT(COLUMN_TYPE, ' ', CHECK_CLAUSE) FROM information_schema.CHECK_CONSTRAINTS c \
         JOIN information_schema.COLUMNS ON TABLE_SCHEMA = CONSTRAINT_SCHEMA AND COLUMN_NAME = CONSTRAINT_NAME \
         WHERE CONSTRAINT_SCHEMA = DATABASE() AND c.TABLE_NAME = 't'",
    )?;
    assert_eq!(check, "int(11) `age` > 0", "{down}");
    // A statement of the user's own is not changed, so it is not stored where it would lose the check.
    let script = script.down("l2", json!(["ALTER TABLE t MODIFY age INT"]));
    script.succeed("up")?;
    let output = older(&script, 1, "down l1 --yes")?.run()?;
    assert!(!output.success() && output.stderr.contains("lose the check in the definition of `t`.`age`"), "{output}");
    Ok(())
}

/// `l1` makes a table, `l2` and `l3` change it and make others.
fn plan(database: &TestDatabase) -> Script<'_> {
    let drop_index = match database.backend() {
        Backend::Sqlite | Backend::Postgres => "DROP INDEX people_email",
        Backend::MariaDb | Backend::MySql => "DROP INDEX people_email ON people",
    };
    Script::new(database)
        .up("l1", json!(["CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(40))"]))
        .down("l1", json!(["DROP TABLE people"]))
        .up(
            "l2",
            json!([
                "ALTER TABLE people ADD COLUMN email VARCHAR(80)",
                "CREATE INDEX people_email ON people (email)",
                "CREATE TABLE notes (id INT PRIMARY KEY, note VARCHAR(2000))"
            ]),
        )
        .down(
            "l2",
            json!([
                {"print": "this is not printed while the downgrade is recorded"},
                "DROP TABLE notes",
                drop_index,
                {"execute": {"sql": "UPDATE people SET name = ? WHERE id = ?", "values": ["it's a \\ {name}", 1]}},
                "ALTER TABLE people DROP COLUMN email"
            ]),
        )
        .outside("l3", json!(["CREATE TABLE l3a (id INT PRIMARY KEY)", "CREATE TABLE l3b (id INT PRIMARY KEY)"]))
        .down("l3", json!(["DROP TABLE l3b", "DROP TABLE l3a"]))
}

/// The program that has the first `known` revisions.
fn older(script: &Script<'_>, known: usize, arguments: &str) -> Outcome<Program> {
    // It does not find what the others do.
    Ok(script.program(arguments)?.env("SCRIPTED_KNOWS", known.to_string()).env("SCRIPTED_ACTIONS", "/nonexistent"))
}

fn stored(database: &TestDatabase) -> Outcome<Vec<String>> {
    Ok(database.values("SELECT revision FROM seachange_revision_downgrade ORDER BY revision")?)
}

fn older_program_reverts(database: &TestDatabase) -> TestResult {
    let script = plan(database);
    script.succeed("up 1")?;
    let before = database.schema()?;
    script.succeed("up")?;
    assert_eq!(stored(database)?, ["l1", "l2", "l3", "l4", "l5", "l6"]);
    for id in 1..=1000 {
        if id % 100 == 1 {
            let rows: Vec<String> = (id..id + 100).map(|id| format!("({id}, 'name {id}', 'mail {id}')")).collect();
            database.execute(&format!("INSERT INTO people (id, name, email) VALUES {}", rows.join(", ")))?;
        }
    }
    let down = older(&script, 1, "down l1 --yes")?.run()?.succeeded()?;
    assert!(down.stderr.contains("ALTER TABLE people DROP COLUMN email;"), "{down}");
    assert_eq!(database.schema()?, before);
    assert_eq!(script.record()?, ["l1 applied"]);
    assert_eq!(stored(database)?, ["l1"]);
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM people")?, 1000);
    let kept = database.value::<i64>("SELECT COUNT(*) FROM people WHERE name = 'name 1000'")?;
    let changed: String = database.value("SELECT name FROM people WHERE id = 1")?;
    assert_eq!((kept, changed.as_str()), (1, "it's a \\ {name}"));
    assert_eq!(script.printed(), Vec::<String>::new());
    // The older program goes on as if the others had never been there, and so does the newer one.
    older(&script, 1, "up")?.run()?.succeeded()?;
    script.succeed("up")?;
    script.succeed("down base")?;
    assert_eq!(stored(database)?, Vec::<String>::new());
    Ok(())
}

fn question_and_statements(database: &TestDatabase) -> TestResult {
    let script = plan(database);
    script.succeed("up 2")?;
    let (schema, record) = (database.schema()?, script.record()?);
    let asked = older(&script, 1, "down")?.run()?;
    assert_eq!(asked.code, Some(2), "{asked}");
    assert!(asked.stderr.contains("DROP TABLE notes;"), "{asked}");
    assert!(asked.stderr.contains("confirmation needs a terminal"), "{asked}");
    let dry = older(&script, 1, "down base --dry-run")?.run()?.succeeded()?;
    assert!(dry.stdout.contains("l2 -> l1") && dry.stdout.contains("l1 -> base"), "{dry}");
    assert_eq!((database.schema()?, script.record()?), (schema, record));
    let known = older(&script, 2, "show --downgrade l2")?.run()?.succeeded()?;
    let unknown = older(&script, 1, "show --downgrade l2")?.run()?.succeeded()?;
    assert!(unknown.stdout.contains("ALTER TABLE people DROP COLUMN email;"), "{unknown}");
    assert_eq!(known.stdout, unknown.stdout);
    let shown = older(&script, 1, "show --downgrade l2 --format json")?.run()?.succeeded()?;
    let document: serde_json::Value = serde_json::from_str(&shown.stdout)?;
    assert_eq!(document[0]["statements"][0], "DROP TABLE notes");
    // A revision of the program runs its own code, without a question.
    script.succeed("down")?;
    Ok(())
}

/// What a refused downgrade says; nothing is changed.
fn refused(script: &Script<'_>, known: usize, says: &str) -> TestResult {
    let before = (script.database.schema()?, script.record()?);
    let output: Output = older(script, known, "down base --yes")?.run()?;
    assert_eq!(output.code, Some(4), "{output}");
    assert!(output.stderr.contains(says), "{says}: {output}");
    assert_eq!((script.database.schema()?, script.record()?), before, "{output}");
    Ok(())
}

fn refusals(database: &TestDatabase) -> TestResult {
    let script = plan(database);
    let irreversible = script.clone().down("l2", json!([{"fail": "there is no way back"}]));
    irreversible.succeed("up 2")?;
    refused(&irreversible, 1, "it could not be captured: there is no way back")?;
    irreversible.clone().down("l2", json!(["DROP TABLE notes"])).succeed("down base")?;

    let reading = json!([{"each": {"sql": "SELECT id FROM people", "actions": []}}]);
    let reading = script.clone().down("l2", reading);
    reading.succeed("up 2")?;
    refused(&reading, 1, "it reads from the database: SELECT id FROM people")?;
    let shown = older(&reading, 1, "show --downgrade l2")?.run()?.succeeded()?;
    assert!(shown.stdout.contains("not captured: it reads from the database"), "{shown}");
    script.succeed("down base")?;

    script.succeed("up 2")?;
    let changes = [
        ("database_system = 'Oracle'", "it was captured for Oracle, and this database is"),
        ("statement_hash = 'ab'", "the stored statements were changed: their hash is another one"),
        ("encoding = 'zstd'", "the stored statements were changed: they cannot be read"),
        ("source_hash = 'ab'", "it belongs to other code of the revision"),
    ];
    for (change, says) in changes {
        database.execute("CREATE TABLE kept AS SELECT * FROM seachange_revision_downgrade")?;
        database.execute(&format!("UPDATE seachange_revision_downgrade SET {change} WHERE revision = 'l2'"))?;
        refused(&script, 1, says)?;
        database.execute("DELETE FROM seachange_revision_downgrade")?;
        database.execute("INSERT INTO seachange_revision_downgrade SELECT * FROM kept")?;
        database.execute("DROP TABLE kept")?;
    }
    // The statements themselves.
    let other = if database.backend() == Backend::Postgres { "'[]'::bytea" } else { "'[]'" };
    database.execute(&format!("UPDATE seachange_revision_downgrade SET statements = {other} WHERE revision = 'l2'"))?;
    refused(&script, 1, "their hash is another one")?;
    // The tables of an earlier version.
    database.execute("DROP TABLE seachange_revision_downgrade")?;
    refused(&script, 1, "none is stored")?;
    script.succeed("down")?;
    Ok(())
}

/// The process is killed while a statement of a stored downgrade runs, which no transaction holds.
fn killed_and_continued(database: &TestDatabase) -> TestResult {
    let script = plan(database);
    // The statement takes as long as the number in `pace` says.
    let slow = match database.backend() {
        Backend::Postgres => "UPDATE pace SET done = done + 1 WHERE pg_sleep(seconds) IS NOT NULL",
        Backend::MariaDb | Backend::MySql => "UPDATE pace SET done = done + 1 WHERE SLEEP(seconds) = 0",
        Backend::Sqlite => {
            "UPDATE pace SET done = done + (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c
            WHERE n < seconds * 50000000 + 1) SELECT MIN(n) FROM c)"
        }
    };
    let script = script
        .up("l1", json!(["CREATE TABLE pace (id INT PRIMARY KEY, seconds INT, done INT)"]))
        .up("l2", json!([]))
        .down("l2", json!([]))
        .down("l3", json!(["DROP TABLE l3b", slow, "DROP TABLE l3a"]));
    script.succeed("up 3")?;
    database.execute("INSERT INTO pace VALUES (1, 30, 0)")?;
    let mut down = older(&script, 2, "down --yes")?.start()?;
    while database.tables()?.contains(&"l3b".to_owned()) {
        assert!(!down.has_ended()?, "{}", down.kill());
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    down.kill();
    release(database)?;
    assert_eq!(script.record()?, ["l1 applied", "l2 applied", "l3 downgrading"]);
    let again = older(&script, 2, "down --yes")?.run()?;
    assert_eq!(again.code, Some(4), "{again}");
    assert!(again.stderr.contains("did not finish"), "{again}");
    let resumed = older(&script, 2, "repair --resume")?.run()?;
    if !resumed.success() {
        assert!(resumed.stderr.contains("may have taken effect"), "{resumed}");
        older(&script, 2, "repair --resume --not-run")?.run()?.succeeded()?;
    }
    assert_eq!(script.record()?, ["l1 applied", "l2 applied"]);
    assert_eq!(stored(database)?, ["l1", "l2"]);
    assert_eq!(database.value::<i32>("SELECT done FROM pace")?, 1);
    assert!(!database.tables()?.contains(&"l3a".to_owned()));
    Ok(())
}

/// Ends what the killed process left running, and lets the statement finish at once.
fn release(database: &TestDatabase) -> TestResult {
    match database.backend() {
        Backend::Postgres => database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE 'UPDATE pace%'",
        )?,
        Backend::MariaDb | Backend::MySql => {
            let ids = database.values::<i64>(
                "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
                 WHERE db = DATABASE() AND info LIKE 'UPDATE pace%'",
            )?;
            for id in ids {
                database.execute(&format!("KILL {id}"))?;
            }
        }
        Backend::Sqlite => {}
    }
    database.execute("UPDATE pace SET seconds = 0")?;
    Ok(())
}

/// A stamp, and an adoption of a record by hand, store downgrades too; those of later revisions see the schema after
/// them.
fn recorded_without_running(database: &TestDatabase) -> TestResult {
    let script = plan(database);
    script.succeed("up 2")?;
    let schema = database.schema()?;
    script.succeed("stamp base")?;
    assert_eq!(stored(database)?, Vec::<String>::new());
    script.succeed("stamp l2")?;
    assert_eq!(stored(database)?, ["l1", "l2"]);
    script.succeed("stamp l2 --purge")?;
    assert_eq!((stored(database)?, database.schema()?), (vec!["l1".to_owned(), "l2".to_owned()], schema));
    older(&script, 1, "down l1 --yes")?.run()?.succeeded()?;
    assert_eq!(
        (database.tables()?, stored(database)?),
        (vec!["people".to_owned(), "seachange_revision".to_owned()], vec!["l1".to_owned()])
    );
    script.succeed("up --no-stored-downgrades")?;
    refused(&script, 1, "was told not to store downgrades")?;
    Ok(())
}

fn service_rolls_back(database: &TestDatabase) -> TestResult {
    let script = plan(database);
    script.succeed("up 1")?;
    let before = database.schema()?;
    script.succeed("up")?;
    database.execute("INSERT INTO people (id, name, email) VALUES (1, 'Ada', 'a@b')")?;
    let service = |ahead: &str| -> Outcome<Program> {
        let service = script.service("upgrade heads")?.env("SCRIPTED_KNOWS", "1");
        Ok(service.env("SCRIPTED_AHEAD", ahead).env("SCRIPTED_ACTIONS", "/nonexistent"))
    };
    let refused = service("")?.run()?;
    assert!(!refused.success(), "{refused}");
    let done = service("rollback")?.run()?.succeeded()?;
    assert_eq!(done.stdout.trim(), "done: l6 l5 l4 l3 l2");
    assert_eq!((database.schema()?, script.record()?), (before, vec!["l1 applied".to_owned()]));
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM people")?, 1);
    // The command line does the same.
    script.succeed("up")?;
    let up = older(&script, 1, "up --ahead rollback")?.run()?.succeeded()?;
    assert!(up.stderr.contains("downgrade l2"), "{up}");
    assert_eq!(script.record()?, ["l1 applied"]);
    Ok(())
}

/// The revisions of the example go up, and down by a program that has none of them.
fn every_revision_of_a_program(database: &TestDatabase) -> TestResult {
    let script = plan(database);
    let before = database.schema()?;
    Program::migration().database(database).arg("up").run()?.succeeded()?;
    let count = stored(database)?.len();
    // Without a revision that it knows, the database would not be one of the older program.
    database.execute(
        "INSERT INTO seachange_revision SELECT 'l1', '', '', source_hash, state, started_at, finished_at, duration_ms,
         program FROM seachange_revision WHERE revision = '376e48470d72'",
    )?;
    database.execute("UPDATE seachange_revision SET down_revision = 'l1' WHERE revision = '376e48470d72'")?;
    older(&script, 1, "down l1 --yes")?.run()?.succeeded()?;
    assert_eq!((database.schema()?, script.record()?), (before, vec!["l1 applied".to_owned()]));
    assert!(count > 5, "{count} revisions have a stored downgrade");
    Ok(())
}
