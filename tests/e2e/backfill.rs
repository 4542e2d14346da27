//! Backfills: each row is changed exactly once, whatever happens, or the backfill says why it stopped.
//!
//! A counter column proves it: each backfill adds one to it. The revisions are those of `scripted-migration`.

mod disturbed;
mod hard;
mod keys;
mod kills;
mod refusals;
mod registered;
mod replicas;

use seachange_tests::TestDatabase;
use seachange_tests::harness::{Case, TestResult, each_backend};
use serde_json::{Value, json};

use crate::guarantees::script::{Outcome, Script};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("backfill::each_row_once", each_row_once);
    cases.extend(each_backend("backfill::code_for_each_row", code_for_each_row));
    cases.extend(each_backend("backfill::statements_around_it", statements_around_it));
    cases.extend(each_backend("backfill::written_and_measured", written_and_measured));
    let topics = [
        disturbed::trials(),
        hard::trials(),
        keys::trials(),
        kills::trials(),
        refusals::trials(),
        registered::trials(),
        replicas::trials(),
    ];
    cases.extend(topics.into_iter().flatten());
    cases
}

const TABLE: &str = "CREATE TABLE people (id INT NOT NULL PRIMARY KEY, name VARCHAR(40), name_key VARCHAR(40),
    times INT NOT NULL DEFAULT 0)";

/// A table of people with a counter, and so many rows.
fn people(database: &TestDatabase, rows: u32) -> TestResult {
    database.execute(TABLE)?;
    insert(database, 1, rows)
}

fn insert(database: &TestDatabase, first: u32, rows: u32) -> TestResult {
    let ids: Vec<u32> = (first..first + rows).collect();
    for ids in ids.chunks(1000) {
        let rows: Vec<String> = ids.iter().map(|id| format!("({id}, 'Name {id}')")).collect();
        database.execute(&format!("INSERT INTO people (id, name) VALUES {}", rows.join(", ")))?;
    }
    Ok(())
}

/// A backfill of the table of people, with more fields.
fn backfill(more: &Value) -> Value {
    let mut fields = json!({"table": "people", "set": [["name_key", "LOWER(name)"], ["times", "times + 1"]]});
    for (name, value) in more.as_object().into_iter().flatten() {
        fields[name] = value.clone();
    }
    json!([{ "backfill": fields }])
}

/// How often rows were changed: each number of times, with the number of rows.
fn times(database: &TestDatabase, table: &str) -> Outcome<Vec<String>> {
    let sql = format!("SELECT CONCAT(times, ': ', COUNT(*)) FROM {table} GROUP BY times ORDER BY times");
    Ok(database.values(&sql)?)
}

fn states(database: &TestDatabase) -> Outcome<Vec<String>> {
    let sql = "SELECT CONCAT(name, ' ', state, ' ', rows_passed, ' ', rows_changed) FROM seachange_revision_backfill
        ORDER BY name";
    Ok(database.values(sql)?)
}

fn each_row_once(database: &TestDatabase) -> TestResult {
    people(database, 5000)?;
    let filter = json!({"filter": "id % 10 <> 0"});
    let script = Script::new(database)
        .outside("l1", backfill(&json!({"target": 20})))
        .outside("l2", [backfill(&filter), backfill(&json!({"name": "odd 'name' \\"}))].concat_all());
    script.succeed("up")?;
    assert_eq!(times(database, "people")?, ["2: 500", "3: 4500"]);
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM people WHERE name_key = LOWER(name)")?, 5000);
    assert_eq!(
        states(database)?,
        ["l1 complete 5000 5000", "l2 complete 5000 4500", "odd 'name' \\ complete 5000 5000"]
    );
    assert_eq!(script.printed(), ["5000 rows changed", "4500 rows changed", "5000 rows changed"]);
    // A revision that is reverted and applied again begins its backfills again.
    script.succeed("down l1")?;
    assert_eq!(states(database)?, ["l1 complete 5000 5000"]);
    script.succeed("up")?;
    assert_eq!(times(database, "people")?, ["3: 500", "5: 4500"]);
    Ok(())
}

/// Lists in one list.
trait ConcatAll {
    fn concat_all(self) -> Value;
}

impl<const N: usize> ConcatAll for [Value; N] {
    fn concat_all(self) -> Value {
        self.into_iter().flat_map(|list| list.as_array().cloned().unwrap_or_default()).collect()
    }
}

fn code_for_each_row(database: &TestDatabase) -> TestResult {
    people(database, 3000)?;
    database.execute("CREATE TABLE log (id INT NOT NULL)")?;
    let actions = json!([
        {"execute": {"sql": "UPDATE people SET times = times + 1, name_key = ? WHERE id = ?", "values": ["$name", "$id"]}},
        {"execute": {"sql": "INSERT INTO log VALUES (?)", "values": ["$id"]}},
    ]);
    let code = json!([{"backfill": {"table": "people", "filter": "id > 100", "actions": actions}}]);
    Script::new(database).outside("l1", code).succeed("up")?;
    assert_eq!(times(database, "people")?, ["0: 100", "1: 2900"]);
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM people WHERE name_key = name")?, 2900);
    assert_eq!(database.value::<i64>("SELECT COUNT(DISTINCT id) FROM log")?, 2900);
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM log")?, 2900);
    assert_eq!(states(database)?, ["l1 complete 3000 2900"]);
    Ok(())
}

/// Statements before and after a backfill are journalled as in any revision.
fn statements_around_it(database: &TestDatabase) -> TestResult {
    people(database, 2000)?;
    let mark = database.folder().join("was killed");
    let dropped = database.folder().join("was killed after the table was dropped");
    let actions = [
        json!(["ALTER TABLE people ADD COLUMN extra INT", "INSERT INTO people (id, name) VALUES (90001, 'late')"]),
        backfill(&json!({})),
        json!([
            {"query": {"sql": "SELECT COUNT(*) AS n FROM people WHERE times = 1", "into": "n"}},
            {"execute": {"sql": "UPDATE people SET extra = ? WHERE id = 1", "values": ["$n"]}},
            {"kill_once": mark},
            "UPDATE people SET extra = extra + 1 WHERE id = 1",
            "CREATE TABLE persons (id INT PRIMARY KEY, extra INT, times INT)",
            "INSERT INTO persons SELECT id, extra, times FROM people",
            "DROP TABLE people",
            {"kill_once": dropped},
        ]),
    ];
    let script = Script::new(database).outside("l1", actions.concat_all());
    script.killed()?;
    let stopped = script.run("up")?;
    assert_eq!(stopped.code, Some(4), "{stopped}");
    let again = script.run("repair --resume")?;
    assert_eq!(again.code, None, "it was not killed a second time: {again}");
    script.succeed("repair --resume")?;
    script.succeed("up")?;
    assert_eq!(times(database, "persons")?, ["1: 2001"]);
    assert_eq!(database.value::<i32>("SELECT extra FROM persons WHERE id = 1")?, 2002);
    Ok(())
}

/// A script has one statement in the place of the batches.
fn written_and_measured(database: &TestDatabase) -> TestResult {
    let script = Script::new(database)
        .up("l1", json!([TABLE, "INSERT INTO people (id) VALUES (1), (2), (3), (4), (5)"]))
        .outside("l2", backfill(&json!({"filter": "id > 3"})));
    let sql = script.succeed("up --sql")?.stdout;
    let update = "UPDATE \"people\" SET \"name_key\" = (LOWER(name)), \"times\" = (times + 1) WHERE (id > 3);";
    let quote = if database.backend().is_like_mysql() { "`" } else { "\"" };
    assert!(sql.contains(&update.replace('"', quote)), "{sql}");
    script.succeed("up")?;
    assert_eq!(times(database, "people")?, ["0: 3", "1: 2"]);
    let of_code = script.outside("l2", json!([{"backfill": {"table": "people", "actions": []}}]));
    let refused = of_code.run("up base:l2 --sql")?;
    assert!(!refused.success(), "{refused}");
    assert!(refused.stderr.contains("the code of a backfill cannot be written as SQL"), "{refused}");
    Ok(())
}
