//! What a backfill refuses, and where it stops: nothing is lost, and the message says how to go on.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Output, TestDatabase, block_on};
use serde_json::{Value, json};

use super::{ConcatAll, backfill, people, states, times};
use crate::guarantees::script::{Outcome, Script, check_says};
use crate::limits::others;

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("backfill::inside_of_a_transaction", inside_of_a_transaction);
    cases.extend(each_backend("backfill::table_without_a_key", table_without_a_key));
    cases.extend(each_backend("backfill::key_that_it_changes", key_that_it_changes));
    cases.extend(each_backend("backfill::edited_definition", edited_definition));
    cases.extend(each_backend("backfill::statements_in_a_batch", statements_in_a_batch));
    cases.extend(each_backend("backfill::row_that_fails", row_that_fails));
    cases.extend(each_backend("backfill::locked_rows", locked_rows));
    cases.push(Case::on(Backend::Sqlite, "backfill::values_of_another_type", values_of_another_type));
    cases.push(Case::on(Backend::Sqlite, "backfill::null_in_the_key", null_in_the_key));
    cases.push(Case::on(Backend::Postgres, "backfill::row_security", row_security));
    cases.push(Case::on(Backend::Postgres, "backfill::row_inserted_into_a_batch", row_inserted_into_a_batch));
    for backend in [Backend::Sqlite, Backend::Postgres] {
        cases.push(Case::on(backend, "backfill::trigger_that_keeps_rows", trigger_that_keeps_rows));
    }
    for backend in Backend::LIKE_MYSQL {
        cases.push(Case::on(backend, "backfill::values_that_are_cut", values_that_are_cut));
    }
    cases
}

/// `up` fails, says these words, and leaves every row as it was.
fn refused(script: &Script<'_>, words: &[&str]) -> Outcome<Output> {
    let before = times(script.database, "people")?;
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, words)?;
    assert_eq!(times(script.database, "people")?, before, "{output}");
    Ok(output)
}

fn inside_of_a_transaction(database: &TestDatabase) -> TestResult {
    people(database, 10)?;
    let words = ["use_transaction", "Some(false)"];
    if [Backend::Sqlite, Backend::Postgres].contains(&database.backend()) {
        refused(&Script::new(database).up("l1", backfill(&json!({}))), &words)?;
    }
    let begun = [json!([{"begin": {}}]), backfill(&json!({})), json!(["commit"])].concat_all();
    let output = Script::new(database).outside("l1", begun).run("up")?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["a transaction"])?;
    assert_eq!(times(database, "people")?, ["0: 10"]);
    Ok(())
}

fn table_without_a_key(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE people (id INT, name VARCHAR(40), name_key VARCHAR(40), times INT NOT NULL DEFAULT 0)",
    )?;
    database.execute("INSERT INTO people (id) VALUES (1), (2)")?;
    let script = Script::new(database).outside("l1", backfill(&json!({})));
    refused(&script, &["no key by which a backfill can pass its rows", "no primary key"])?;
    database.execute("CREATE UNIQUE INDEX people_id ON people (id)")?;
    refused(&script, &["id", "it may be null"])?;
    if database.backend() == Backend::Postgres {
        database.execute("CREATE UNIQUE INDEX part ON people (times) WHERE times > 100")?;
        refused(&script, &["id", "it may be null"])?;
    }
    let missing = Script::new(database).outside("l1", json!([{"backfill": {"table": "absent", "set": [["a", "1"]]}}]));
    refused(&missing, &["no table `absent`"])?;
    Ok(())
}

fn key_that_it_changes(database: &TestDatabase) -> TestResult {
    people(database, 10)?;
    let set = json!({"set": [["id", "id + 1000"], ["times", "times + 1"]]});
    let script = Script::new(database).outside("l1", backfill(&set));
    refused(&script, &["`id` cannot serve, because the backfill changes it"])?;
    // Another key serves.
    let other =
        "CREATE TABLE other (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, times INT DEFAULT 0, UNIQUE (name))";
    database.execute(other)?;
    database.execute("INSERT INTO other (id, name) SELECT id, CONCAT('n', id) FROM people")?;
    let set = json!([{"backfill": {"table": "other", "set": [["id", "id + 1000"], ["times", "times + 1"]]}}]);
    let script = script.outside("l1", set);
    script.go_on()?;
    assert_eq!(times(database, "other")?, ["1: 10"]);
    script.succeed("down base")?;
    // Code that changes keys is stopped, and its batch is rolled back.
    let update = json!({"sql": "UPDATE people SET id = id - 5, times = times + 1 WHERE id = ?", "values": ["$id"]});
    let code = json!([{"backfill": {"table": "people", "actions": [{"execute": update}]}}]);
    database.execute("DELETE FROM people WHERE id < 7")?;
    refused(&script.outside("l1", code), &["changed the key of rows"])?;
    Ok(())
}

/// A backfill that was begun with another definition does not go on.
fn edited_definition(database: &TestDatabase) -> TestResult {
    people(database, 1000)?;
    let script = Script::new(database)
        .outside("l1", backfill(&json!({"registers": true, "name": "keys"})))
        .outside("l2", backfill(&json!({"name": "keys", "filter": "id > 7"})));
    script.succeed("up 1")?;
    script.succeed("backfill pause keys")?;
    let output = script.run("up")?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["`keys` was begun with another definition"])?;
    assert_eq!(times(database, "people")?, ["0: 1000"]);
    script.succeed("backfill resume keys")?;
    script.succeed("backfill run")?;
    assert_eq!(times(database, "people")?, ["1: 1000"]);
    Ok(())
}

/// The code of a batch may not end its transaction.
fn statements_in_a_batch(database: &TestDatabase) -> TestResult {
    people(database, 10)?;
    let code = |action: Value| {
        json!([{"backfill": {"table": "people", "actions": [
            {"execute": {"sql": "UPDATE people SET times = times + 1 WHERE id = ?", "values": ["$id"]}}, action
        ]}}])
    };
    let script = Script::new(database);
    for action in [json!({"text": "COMMIT"}), json!({"text": "CREATE TABLE made (id INT)"}), json!({"fail": "no more"})]
    {
        let output = script.clone().outside("l1", code(action.clone())).run("up")?;
        assert!(!output.success(), "{action}: {output}");
        assert_eq!(times(database, "people")?, ["0: 10"], "{action}: {output}");
        script.clone().outside("l1", json!([])).run("repair --rolled-back")?;
    }
    let script = script.outside("l1", code(json!({"swallow": [{"begin": {}}, "SELECT 1", "commit"]})));
    script.succeed("up")?;
    assert_eq!(times(database, "people")?, ["1: 10"]);
    Ok(())
}

/// A row on which the expression fails: earlier batches stay, and the rest runs once the row is right.
fn row_that_fails(database: &TestDatabase) -> TestResult {
    people(database, 3000)?;
    database.execute("ALTER TABLE people ADD COLUMN score INT CHECK (score < 9000)")?;
    database.execute("UPDATE people SET name = '9999' WHERE id = 2500")?;
    let set = json!({"set": [["times", "times + 1"], ["score", "CASE name WHEN '9999' THEN 9999 ELSE 1 END"]]});
    let script = Script::new(database).outside("l1", backfill(&set));
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    let changed: i64 = database.value("SELECT COUNT(*) FROM people WHERE times = 1")?;
    assert!(changed > 0 && changed < 2500, "{changed}");
    let listed = script.succeed("backfill list")?;
    check_says(&listed, &["stopped", &format!("{changed} changed")])?;
    database.execute("UPDATE people SET name = '1' WHERE id = 2500")?;
    script.succeed("repair --resume")?;
    assert_eq!(times(database, "people")?, ["1: 3000"]);
    assert_eq!(states(database)?, ["l1 complete 3000 3000"]);
    Ok(())
}

/// Rows that another session holds for a while are waited for.
fn locked_rows(database: &TestDatabase) -> TestResult {
    people(database, 3000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"registers": true})));
    script.succeed("up")?;
    let holder = others(database, "UPDATE people SET name = 'held' WHERE id = 1500")?;
    let running = script.program("backfill run")?.start()?;
    std::thread::sleep(std::time::Duration::from_millis(2500));
    block_on(holder.rollback())?;
    running.finish()?.succeeded()?;
    assert_eq!(times(database, "people")?, ["1: 3000"]);
    Ok(())
}

/// A batch that counts its rows waits for one of them, while another session inserts a row between them.
fn row_inserted_into_a_batch(database: &TestDatabase) -> TestResult {
    people(database, 1000)?;
    database.execute(
        "CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
         CREATE TRIGGER pass BEFORE UPDATE ON people FOR EACH ROW EXECUTE PROCEDURE pass();
         DELETE FROM people WHERE id = 50",
    )?;
    let script = Script::new(database).outside("l1", backfill(&json!({"registers": true})));
    script.succeed("up")?;
    let holder = others(
        database,
        "UPDATE people SET name = 'held' WHERE id = 70; INSERT INTO people (id, name) VALUES (50, 'new')",
    )?;
    let mut running = script.program("backfill run")?.start()?;
    let waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.value::<i64>(waiting)? == 0 {
        if running.has_ended()? {
            return Err(format!("it has ended: {}", running.kill()).into());
        }
        running.pause()?;
    }
    block_on(holder.commit())?;
    running.finish()?.succeeded()?;
    assert_eq!(times(database, "people")?, ["1: 1000"]);
    assert_eq!(states(database)?, ["l1 complete 1000 1000"]);
    Ok(())
}

/// SQLite would store a text in a column of numbers.
fn values_of_another_type(database: &TestDatabase) -> TestResult {
    people(database, 1000)?;
    let set = json!({"set": [["times", "CASE WHEN id = 900 THEN 'many' ELSE times + 1 END"]]});
    let script = Script::new(database).outside("l1", backfill(&set));
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["1 rows would get a value", "`int` does not hold"])?;
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM people WHERE typeof(times) <> 'integer'")?, 0);
    Ok(())
}

fn null_in_the_key(database: &TestDatabase) -> TestResult {
    database
        .execute("CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT, name_key TEXT, times INT NOT NULL DEFAULT 0)")?;
    database.execute("INSERT INTO people (id) VALUES ('a'), (NULL)")?;
    let script = Script::new(database).outside("l1", backfill(&json!({})));
    refused(&script, &["has rows whose key is null"])?;
    database.execute("DELETE FROM people WHERE id IS NULL")?;
    script.go_on()?;
    assert_eq!(times(database, "people")?, ["1: 1"]);
    Ok(())
}

/// The policies of the table hide rows from the user.
fn row_security(database: &TestDatabase) -> TestResult {
    people(database, 10)?;
    let role = format!("limited_{}", database.name());
    database.execute(&format!(
        "CREATE ROLE {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON SCHEMA public TO {role};
         ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY part ON people USING (id < 5)"
    ))?;
    let actions = [json!([format!("SET ROLE {role}")]), backfill(&json!({}))].concat_all();
    let output = Script::new(database).outside("l1", actions).run("up")?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["row security"])?;
    assert_eq!(times(database, "people")?, ["0: 10"]);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))?;
    Ok(())
}

fn trigger_that_keeps_rows(database: &TestDatabase) -> TestResult {
    people(database, 1000)?;
    database.execute(match database.backend() {
        Backend::Postgres => {
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF OLD.id = 700 THEN RETURN NULL; END IF; RETURN NEW; END $$;
             CREATE TRIGGER keep BEFORE UPDATE ON people FOR EACH ROW EXECUTE PROCEDURE keep()"
        }
        _ => "CREATE TRIGGER keep BEFORE UPDATE ON people WHEN OLD.id = 700 BEGIN SELECT RAISE(IGNORE); END",
    })?;
    let script = Script::new(database).outside("l1", backfill(&json!({})));
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["1 of the", "stayed as they were"])?;
    database.execute(if database.backend() == Backend::Postgres {
        "DROP TRIGGER keep ON people"
    } else {
        "DROP TRIGGER keep"
    })?;
    script.succeed("repair --resume")?;
    assert_eq!(times(database, "people")?, ["1: 1000"]);
    Ok(())
}

/// Without a strict mode, the server cuts what is too long.
fn values_that_are_cut(database: &TestDatabase) -> TestResult {
    people(database, 1000)?;
    let set =
        json!({"set": [["name_key", "CASE WHEN id = 700 THEN REPEAT('x', 50) ELSE name END"], ["times", "times + 1"]]});
    let actions = [json!(["SET SESSION sql_mode = ''"]), backfill(&set)].concat_all();
    let output = Script::new(database).outside("l1", actions).run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["too long", "name_key"])?;
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM people WHERE name_key LIKE 'xx%'")?, 0);
    Ok(())
}
