//! Backfills of tables that a person might have: odd names, other schemas, triggers, partitions, generated columns.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, TestDatabase};
use serde_json::json;

use super::{ConcatAll, backfill, people, states, times};
use crate::guarantees::script::{Script, check_says};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("backfill::odd_names", odd_names);
    cases.extend(each_backend("backfill::values_of_the_row_as_it_was", values_of_the_row_as_it_was));
    cases.extend(each_backend("backfill::key_in_capitals", key_in_capitals));
    cases.extend(each_backend("backfill::rows_inserted_beside_code", rows_inserted_beside_code));
    for backend in [Backend::Postgres, Backend::MariaDb, Backend::MySql] {
        cases.push(Case::on(backend, "backfill::table_of_another_schema", table_of_another_schema));
        cases.push(Case::on(backend, "backfill::key_that_follows_a_column", key_that_follows_a_column));
        cases.push(Case::on(backend, "backfill::session_in_another_schema", session_in_another_schema));
    }
    for backend in Backend::LIKE_MYSQL {
        cases.push(Case::on(backend, "backfill::table_without_transactions", table_without_transactions));
    }
    for backend in [Backend::Postgres, Backend::MariaDb, Backend::MySql] {
        cases.push(Case::on(
            backend,
            "backfill::key_that_sessions_write_differently",
            key_that_sessions_write_differently,
        ));
    }
    cases.push(Case::on(Backend::Postgres, "backfill::partitions", partitions));
    cases.push(Case::on(Backend::Sqlite, "backfill::constraint_that_keeps_rows", constraint_that_keeps_rows));
    cases
}

fn odd_names(database: &TestDatabase) -> TestResult {
    let quote = if database.backend().is_like_mysql() { '`' } else { '"' };
    let quoted = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")));
    for (index, (table, key, column)) in [
        ("Order", "Group", "select"),
        ("it's a \"table\"", "the `key`", "a \\ b"),
        ("T\u{e4}ble ?", "$1 ?", "n\u{fc}mber; --"),
    ]
    .into_iter()
    .enumerate()
    {
        let (quoted_table, quoted_key, quoted_column) = (quoted(table), quoted(key), quoted(column));
        database.execute(&format!(
            "CREATE TABLE {quoted_table} ({quoted_key} VARCHAR(40) NOT NULL PRIMARY KEY, {quoted_column} INT NOT NULL)"
        ))?;
        let rows: Vec<String> = (0..500).map(|number| format!("('k{number}', {number})")).collect();
        database.execute(&format!("INSERT INTO {quoted_table} VALUES {}", rows.join(", ")))?;
        let id = format!("l{}", index + 1);
        // Text is not read as a placeholder in an expression of this kind.
        let value = if column.contains(['?', '$']) { "1".to_owned() } else { format!("{quoted_column} + 1000") };
        let set = json!([{"backfill": {"table": table, "set": [[column, value]], "registers": index == 1}}]);
        let script = Script::new(database).outside(&id, set);
        script.succeed("up 1")?;
        script.succeed("backfill run --dry-run")?;
        script.succeed("backfill run")?;
        script.succeed("backfill list")?;
        let changed: i64 =
            database.value(&format!("SELECT COUNT(*) FROM {quoted_table} WHERE {quoted_column} >= 1000"))?;
        assert_eq!(changed, 500, "{table}");
    }
    Ok(())
}

/// Each expression reads the row as it was, in whatever order the columns are set.
fn values_of_the_row_as_it_was(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, c INT)")?;
    database.execute("INSERT INTO t VALUES (1, 10, 20, 30)")?;
    let of = |set: serde_json::Value| json!([{"backfill": {"table": "t", "set": set}}]);
    let script = Script::new(database).outside("l1", of(json!([["a", "a + 1"], ["b", "a + 2"], ["c", "b + 3"]])));
    script.succeed("up 1")?;
    assert_eq!(database.value::<String>("SELECT CONCAT(a, ' ', b, ' ', c) FROM t")?, "11 12 23");
    let swap = script.outside("l2", of(json!([["a", "b"], ["b", "a"]])));
    let output = swap.run("up")?;
    if database.backend().is_like_mysql() {
        assert_eq!(output.code, Some(5), "{output}");
        check_says(&output, &["`a`, `b`", "read each other"])?;
        assert_eq!(database.value::<String>("SELECT CONCAT(a, ' ', b) FROM t")?, "11 12");
    } else {
        output.succeeded()?;
        assert_eq!(database.value::<String>("SELECT CONCAT(a, ' ', b) FROM t")?, "12 11");
    }
    Ok(())
}

/// A column may be written in another case than the key, and the integer key of SQLite has other names.
fn key_in_capitals(database: &TestDatabase) -> TestResult {
    people(database, 10)?;
    if database.backend() == Backend::Postgres {
        return Ok(());
    }
    let changing = |table: &str, column: &str| {
        let set = json!([{"backfill": {"table": table, "set": [[column, "id + 1000"], ["times", "times + 1"]]}}]);
        Script::new(database).outside("l1", set).run("up")
    };
    let output = changing("people", "ID")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["`id` cannot serve, because the backfill changes it"])?;
    if database.backend() == Backend::Sqlite {
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, times INT DEFAULT 0)")?;
        database.execute("INSERT INTO t (id) VALUES (1), (2)")?;
        let output = changing("t", "rowid")?;
        assert_eq!(output.code, Some(5), "{output}");
        check_says(&output, &["`id` cannot serve, because the backfill changes it"])?;
        assert_eq!(times(database, "t")?, ["0: 2"]);
    }
    assert_eq!(times(database, "people")?, ["0: 10"]);
    Ok(())
}

/// Code may add rows among those of its batch, and delete rows.
fn rows_inserted_beside_code(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(40), times INT NOT NULL DEFAULT 0)")?;
    let rows: Vec<String> = (0..1000).map(|id| format!("({})", id * 10)).collect();
    database.execute(&format!("INSERT INTO people (id) VALUES {}", rows.join(", ")))?;
    let actions = json!([
        {"execute": {"sql": "UPDATE people SET times = times + 1 WHERE id = ?", "values": ["$id"]}},
        {"execute": {"sql": "INSERT INTO people (id, name, times) SELECT id + 1, 'made', 1 FROM people WHERE id = ?",
            "values": ["$id"]}},
    ]);
    let code = json!([{"backfill": {"table": "people", "filter": "name IS NULL", "actions": actions}}]);
    let script = Script::new(database).outside("l1", code);
    script.succeed("up 1")?;
    assert_eq!(times(database, "people")?, ["1: 2000"]);
    let delete = json!([{"execute": {"sql": "DELETE FROM people WHERE name = 'made' AND id = ?", "values": ["$id"]}}]);
    let code = json!([{"backfill": {"table": "people", "actions": delete}}]);
    script.outside("l2", code).succeed("up")?;
    assert_eq!(times(database, "people")?, ["1: 1000"]);
    Ok(())
}

fn table_of_another_schema(database: &TestDatabase) -> TestResult {
    let schema = format!("billing_{}", database.name());
    let table = format!("{schema}.people");
    database.execute(&format!("CREATE SCHEMA {schema}"))?;
    database.execute(&format!("CREATE TABLE {table} (id INT PRIMARY KEY, times INT NOT NULL DEFAULT 0)"))?;
    database.execute(&format!("INSERT INTO {table} (id) VALUES (1), (2), (3)"))?;
    // The same name without a schema is another table.
    people(database, 5)?;
    let set = json!([["times", "times + 1"]]);
    let name = json!([schema, "people"]);
    let script = Script::new(database).outside(
        "l1",
        json!([
            {"backfill": {"table": name, "set": set}},
            {"backfill": {"table": name, "set": set, "name": "later", "registers": true}}
        ]),
    );
    script.succeed("up")?;
    assert_eq!(times(database, &table)?, ["1: 3"]);
    script.succeed("backfill run")?;
    assert_eq!(times(database, &table)?, ["2: 3"]);
    assert_eq!(times(database, "people")?, ["0: 5"]);
    database.execute(&format!("DROP TABLE {table}"))?;
    database.execute(&format!("DROP SCHEMA {schema}"))?;
    Ok(())
}

/// A key whose value the database computes, or that a trigger of time changes.
fn key_that_follows_a_column(database: &TestDatabase) -> TestResult {
    let mut definitions = vec!["k INT GENERATED ALWAYS AS (a + 1) STORED"];
    if database.backend().is_like_mysql() {
        definitions.push("k DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)");
    }
    for definition in definitions {
        database.execute("DROP TABLE IF EXISTS people")?;
        let required =
            if database.backend() == Backend::MariaDb && definition.contains("GENERATED") { "" } else { "NOT NULL" };
        database.execute(&format!(
            "CREATE TABLE people (a INT, times INT NOT NULL DEFAULT 0, {definition} {required}, UNIQUE (k))"
        ))?;
        database.execute("INSERT INTO people (a) VALUES (1)")?;
        let set = json!([{"backfill": {"table": "people", "set": [["a", "a + 10"], ["times", "times + 1"]]}}]);
        let output = Script::new(database).outside("l1", set).run("up")?;
        assert_eq!(output.code, Some(5), "{definition}: {output}");
        let reason = if required.is_empty() { "it may be null" } else { "its value follows from other columns" };
        check_says(&output, &["`k` cannot serve", reason])?;
        assert_eq!(times(database, "people")?, ["0: 1"]);
    }
    Ok(())
}

/// A session that changes its current schema means another table than `backfill run` would.
fn session_in_another_schema(database: &TestDatabase) -> TestResult {
    let schema = format!("archive_{}", database.name());
    people(database, 5)?;
    database.execute(&format!("CREATE SCHEMA {schema}"))?;
    database.execute(&format!(
        "CREATE TABLE {schema}.people (id INT PRIMARY KEY, name VARCHAR(40), name_key VARCHAR(40), times INT NOT NULL DEFAULT 0)"
    ))?;
    database.execute(&format!("INSERT INTO {schema}.people (id) VALUES (1), (2)"))?;
    let change = match database.backend() {
        Backend::Postgres => format!("SET search_path = {schema}"),
        _ => format!("USE {schema}"),
    };
    let actions = [json!([change]), backfill(&json!({"registers": true}))].concat_all();
    let script = Script::new(database).outside("l1", actions);
    let up = script.run("up")?;
    if up.success() {
        let output = script.run("backfill run")?;
        assert!(!output.success(), "{output}");
        check_says(&output, &["was begun on table", &schema, "this session finds `people`"])?;
    }
    assert_eq!(times(database, "people")?, ["0: 5"], "{up}");
    assert_eq!(times(database, &format!("{schema}.people"))?, ["0: 2"], "{up}");
    database.execute(&format!("DROP TABLE {schema}.people"))?;
    database.execute(&format!("DROP SCHEMA {schema}"))?;
    Ok(())
}

/// Another session would read the place of such a key as another value.
fn key_that_sessions_write_differently(database: &TestDatabase) -> TestResult {
    let of_postgres =
        [("daterange", "'[2026-02-01,2026-03-02)'"), ("date[]", "'{2026-02-01}'"), ("float8[]", "'{0.1}'")];
    let of_mysql = [("timestamp", "'2026-10-25 02:30:00'")];
    let kinds = if database.backend() == Backend::Postgres { &of_postgres[..] } else { &of_mysql[..] };
    for (kind, value) in kinds {
        database.execute("DROP TABLE IF EXISTS people")?;
        database.execute(&format!(
            "CREATE TABLE people (k {kind} NOT NULL PRIMARY KEY, name VARCHAR(40), name_key VARCHAR(40),
                times INT NOT NULL DEFAULT 0)"
        ))?;
        database.execute(&format!("INSERT INTO people (k) VALUES ({value})"))?;
        let zone = match database.backend() {
            Backend::Postgres => "SET datestyle = 'SQL, DMY'",
            _ => "SET time_zone = '+02:00'",
        };
        let output =
            Script::new(database).outside("l1", [json!([zone]), backfill(&json!({}))].concat_all()).run("up")?;
        assert_eq!(output.code, Some(5), "{kind}: {output}");
        check_says(
            &output,
            &["`k` cannot serve", &format!("its type is {}", kind.replace("float8", "double precision"))],
        )?;
        assert_eq!(times(database, "people")?, ["0: 1"]);
        let script = Script::new(database).outside("l1", json!([]));
        script.run("repair --rolled-back")?;
    }
    Ok(())
}

fn table_without_transactions(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(40), name_key VARCHAR(40), times INT NOT NULL DEFAULT 0) ENGINE = MyISAM")?;
    database.execute("INSERT INTO people (id) VALUES (1)")?;
    let output = Script::new(database).outside("l1", backfill(&json!({}))).run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["storage engine MyISAM", "no transactions"])?;
    assert_eq!(times(database, "people")?, ["0: 1"]);
    Ok(())
}

/// Rows of every partition, also where an update moves a row into another one.
fn partitions(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE people (id INT NOT NULL, part INT NOT NULL, times INT NOT NULL DEFAULT 0, name TEXT, name_key TEXT,
            PRIMARY KEY (id, part)) PARTITION BY RANGE (part);
         CREATE TABLE people_1 PARTITION OF people FOR VALUES FROM (0) TO (10);
         CREATE TABLE people_2 PARTITION OF people FOR VALUES FROM (10) TO (20);
         INSERT INTO people (id, part) SELECT n, n % 20 FROM generate_series(1, 3000) n",
    )?;
    let script = Script::new(database)
        .outside("l1", backfill(&json!({"target": 1})))
        .outside("l2", backfill(&json!({"registers": true, "filter": "part < 10"})));
    script.succeed("up")?;
    script.succeed("backfill run")?;
    assert_eq!(times(database, "people")?, ["1: 1500", "2: 1500"]);
    assert_eq!(states(database)?, ["l1 complete 3000 3000", "l2 complete 3000 1500"]);
    Ok(())
}

fn constraint_that_keeps_rows(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, name_key TEXT UNIQUE ON CONFLICT IGNORE, times INT NOT NULL DEFAULT 0)")?;
    database.execute("INSERT INTO people (id, name) VALUES (1, 'a'), (2, 'a'), (3, 'b')")?;
    let output = Script::new(database).outside("l1", backfill(&json!({}))).run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["1 of the 3 rows of a batch stayed as they were"])?;
    assert_eq!(times(database, "people")?, ["0: 3"]);
    Ok(())
}
