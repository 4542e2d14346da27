//! Synchronised columns: what one version of a service writes, the other one reads.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, TestDatabase, pool_options};
use serde_json::{Value, json};

use crate::guarantees::script::{Outcome, Script, check_says};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, change) in changes() {
        cases.extend(each_backend(&format!("synchronise::{name}"), move |database| two_versions(database, &change)));
    }
    cases.extend(each_backend("synchronise::under_load", under_load));
    cases.extend(each_backend("synchronise::refusals", refusals));
    for backend in Backend::LIKE_MYSQL {
        cases.push(Case::on(backend, "synchronise::cascades", cascades));
    }
    for backend in [Backend::Sqlite, Backend::Postgres] {
        cases.push(Case::on(backend, "synchronise::cascades_run_triggers", cascades_run_triggers));
    }
    cases
}

/// A change of columns, as two versions see it.
#[derive(Clone)]
struct Change {
    /// The columns of the old version, with their types.
    old: &'static str,
    /// Those that the new version has in their place.
    new: &'static [(&'static str, &'static str)],
    /// The old columns, each from the new ones, and the other way round.
    backward: &'static [(&'static str, &'static str)],
    forward: &'static [(&'static str, &'static str)],
    /// Values of the old columns, and the same of the new ones.
    values: &'static [(&'static str, &'static str)],
}

fn changes() -> Vec<(&'static str, Change)> {
    vec![
        (
            "rename",
            Change {
                old: "name VARCHAR(40) DEFAULT 'none'",
                new: &[("full_name", "VARCHAR(40) DEFAULT 'none'")],
                backward: &[("name", "full_name")],
                forward: &[("full_name", "name")],
                values: &[
                    ("'Ada'", "'Ada'"),
                    ("'ada'", "'ada'"),
                    ("NULL", "NULL"),
                    ("''", "''"),
                    ("'none'", "'none'"),
                    ("'it''s %'", "'it''s %'"),
                ],
            },
        ),
        (
            "type",
            Change {
                old: "price INT NOT NULL DEFAULT 0",
                new: &[("price_text", "VARCHAR(40) DEFAULT 'e0'")],
                backward: &[("price", "CAST(SUBSTR(price_text, 2) AS TYPE)")],
                forward: &[("price_text", "CONCAT('e', price)")],
                values: &[("5", "'e5'"), ("-7", "'e-7'"), ("0", "'e0'"), ("2147483647", "'e2147483647'")],
            },
        ),
        (
            "split",
            Change {
                old: "name VARCHAR(90)",
                new: &[("first", "VARCHAR(40)"), ("last", "VARCHAR(40)")],
                backward: &[("name", "CONCAT(first, ' ', last)")],
                forward: &[("first", "SUBSTR(name, 1, POSITION_OF - 1)"), ("last", "SUBSTR(name, POSITION_OF + 1)")],
                values: &[("'Ada Lovelace'", "'Ada', 'Lovelace'"), ("'a b'", "'a', 'b'"), ("'x y z'", "'x', 'y z'")],
            },
        ),
    ]
}

/// The expressions of one system.
fn of_system(backend: Backend, text: &str) -> String {
    let (integer, position) = match backend {
        Backend::Sqlite => ("INTEGER", "instr(name, ' ')"),
        Backend::Postgres => ("INTEGER", "strpos(name, ' ')"),
        Backend::MariaDb | Backend::MySql => ("SIGNED", "LOCATE(' ', name)"),
    };
    text.replace("TYPE", integer).replace("POSITION_OF", position)
}

fn synchronised(database: &TestDatabase, change: &Change, action: &str) -> Value {
    let of = |sides: &[(&str, &str)]| -> Value {
        sides.iter().map(|(column, value)| json!([column, of_system(database.backend(), value)])).collect()
    };
    json!([{"synchronise": {"table": "things", "old": of(change.backward), "new": of(change.forward), "action": action}}])
}

/// Additive columns and triggers, the backfill, and the removal of the triggers.
fn script<'d>(database: &'d TestDatabase, change: &Change) -> Script<'d> {
    let added: Vec<Value> = change
        .new
        .iter()
        .map(|(name, kind)| json!(format!("ALTER TABLE things ADD COLUMN {name} {kind}")))
        .chain(synchronised(database, change, "create").as_array().cloned().unwrap_or_default())
        .collect();
    Script::new(database)
        .up("l1", json!([format!("CREATE TABLE things (id INT PRIMARY KEY, other INT, {})", change.old)]))
        .up("l2", Value::Array(added))
        .outside("l3", synchronised(database, change, "backfill"))
        .up("l4", synchronised(database, change, "drop"))
}

fn names(sides: &[(&str, &str)]) -> String {
    sides.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The rows, as both versions read them.
fn rows(database: &TestDatabase, columns: &str) -> Outcome<Vec<String>> {
    let columns: Vec<String> = columns.split(", ").map(|column| format!("COALESCE({column}, 'null')")).collect();
    let columns: Vec<String> =
        columns.into_iter().map(|column| column.replace("COALESCE(price,", "COALESCE(CONCAT(price),")).collect();
    let sql = format!("SELECT CONCAT(id, ': ', {}) FROM things ORDER BY id", columns.join(", '|', "));
    Ok(database.values(&sql)?)
}

/// Assignments of values to columns.
fn assignments(columns: &str, values: &str) -> String {
    let pairs: Vec<String> =
        columns.split(", ").zip(values.split(", ")).map(|(column, value)| format!("{column} = {value}")).collect();
    pairs.join(", ")
}

fn two_versions(database: &TestDatabase, change: &Change) -> TestResult {
    let script = script(database, change);
    script.succeed("up 1")?;
    let (old, new) = (names(change.backward), names(change.new));
    // Rows from before the change.
    for (id, (value, _)) in change.values.iter().enumerate() {
        database.execute(&format!("INSERT INTO things (id, {old}) VALUES ({id}, {value})"))?;
    }
    script.succeed("up 1")?;
    let expected_old: Vec<String>;
    {
        // Each version inserts, updates and upserts.
        for (index, (of_old, of_new)) in change.values.iter().enumerate() {
            let base = 100 * (index + 1);
            let (of_next_old, of_next_new) = change.values[(index + 1) % change.values.len()];
            let insert = |id: usize, columns: &str, values: &str| {
                database.execute(&format!("INSERT INTO things (id, {columns}) VALUES ({id}, {values})"))
            };
            let update = |id: usize, columns: &str, values: &str| {
                database.execute(&format!("UPDATE things SET {} WHERE id = {id}", assignments(columns, values)))
            };
            let upsert = |id: usize, columns: &str, values: &str| {
                let set = assignments(columns, values);
                let end = match database.backend().is_like_mysql() {
                    true => format!("ON DUPLICATE KEY UPDATE {set}"),
                    false => format!("ON CONFLICT (id) DO UPDATE SET {set}"),
                };
                database.execute(&format!("INSERT INTO things (id, {columns}) VALUES ({id}, {values}) {end}"))
            };
            insert(base, &old, of_old)?;
            insert(base + 1, &new, of_new)?;
            insert(base + 2, &old, of_old)?;
            update(base + 2, &new, of_next_new)?;
            insert(base + 3, &new, of_new)?;
            update(base + 3, &old, of_next_old)?;
            upsert(base + 4, &old, of_old)?;
            upsert(base + 4, &new, of_next_new)?;
            upsert(base + 5, &new, of_new)?;
            upsert(base + 5, &old, of_next_old)?;
            // A statement of neither version's columns.
            database.execute(&format!("UPDATE things SET other = 1 WHERE id = {base}"))?;
        }
        let mut expected: Vec<(usize, usize)> = Vec::new();
        for index in 0..change.values.len() {
            let (base, next) = (100 * (index + 1), (index + 1) % change.values.len());
            expected.extend([
                (base, index),
                (base + 1, index),
                (base + 2, next),
                (base + 3, next),
                (base + 4, next),
                (base + 5, next),
            ]);
        }
        let plain = |values: &str| values.split(", ").map(unquoted).collect::<Vec<_>>().join("|");
        let written: Vec<String> =
            expected.iter().map(|(id, value)| format!("{id}: {}", plain(change.values[*value].0))).collect();
        let of_new: Vec<String> =
            expected.iter().map(|(id, value)| format!("{id}: {}", plain(change.values[*value].1))).collect();
        let mut before_old: Vec<String> =
            change.values.iter().enumerate().map(|(id, value)| format!("{id}: {}", plain(value.0))).collect();
        assert_eq!(rows(database, &old)?[change.values.len()..], written);
        assert_eq!(rows(database, &new)?[change.values.len()..], of_new);
        before_old.extend(written);
        expected_old = before_old;
    }
    // The backfill completes the rows that neither version wrote, and changes no old column.
    script.succeed("up 1")?;
    assert_eq!(rows(database, &old)?, expected_old);
    let plain = |values: &str| values.split(", ").map(unquoted).collect::<Vec<_>>().join("|");
    let first: Vec<String> =
        change.values.iter().enumerate().map(|(id, value)| format!("{id}: {}", plain(value.1))).collect();
    assert_eq!(rows(database, &new)?[..change.values.len()], first);
    script.succeed("up 1")?;
    database.execute(&format!("UPDATE things SET {} WHERE id = 0", assignments(&old, change.values[1].0)))?;
    assert_eq!(rows(database, &new)?[..1], first[..1]);
    Ok(())
}

/// A literal as the value that is read.
fn unquoted(literal: &str) -> String {
    match literal.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        Some(text) => text.replace("''", "'"),
        None => literal.to_lowercase(),
    }
}

/// Two versions write at the same time, while the backfill runs.
fn under_load(database: &TestDatabase) -> TestResult {
    let (_, change) = changes().swap_remove(0);
    let script = script(database, &change);
    script.succeed("up 1")?;
    let rows: Vec<String> = (0..3000).map(|id| format!("({id}, 'old {id}')")).collect();
    database.execute(&format!("INSERT INTO things (id, name) VALUES {}", rows.join(", ")))?;
    script.succeed("up 1")?;
    let running = script.program("up 1 --rows-per-second 3000")?.start()?;
    let writers: Vec<_> = [("name", 0), ("full_name", 1)]
        .into_iter()
        .map(|(column, place)| {
            let url = database.url();
            std::thread::spawn(move || write(&url, column, place))
        })
        .collect();
    for writer in writers {
        writer.join().map_err(|_| "a writer panicked")??;
    }
    running.finish()?.succeeded()?;
    let wrong: i64 = database.value("SELECT COUNT(*) FROM things WHERE NOT (name = full_name)")?;
    let missing: i64 = database.value("SELECT COUNT(*) FROM things WHERE full_name IS NULL OR name IS NULL")?;
    assert_eq!((wrong, missing), (0, 0));
    Ok(())
}

/// A version of the service: it inserts, updates, upserts and deletes rows.
fn write(url: &str, column: &str, place: usize) -> Result<(), String> {
    use sea_orm::{ConnectionTrait, Database};

    seachange_tests::block_on(async {
        let connection = Database::connect(pool_options(url)).await.map_err(|error| error.to_string())?;
        let is_like_mysql = url.starts_with("mysql");
        for turn in 0..150 {
            let (id, new) = ((turn * 37 + place * 11) % 3000, 10_000 + place * 1000 + turn);
            let value = format!("'{column} {turn}'");
            let upsert = match is_like_mysql {
                true => format!("ON DUPLICATE KEY UPDATE {column} = {value}"),
                false => format!("ON CONFLICT (id) DO UPDATE SET {column} = {value}"),
            };
            for sql in [
                format!("UPDATE things SET {column} = {value} WHERE id = {id}"),
                format!("INSERT INTO things (id, {column}) VALUES ({new}, {value})"),
                format!("INSERT INTO things (id, {column}) VALUES ({}, {value}) {upsert}", (id + 500) % 3000),
                format!("DELETE FROM things WHERE id = {}", 10_000 + place * 1000 + turn / 2),
            ] {
                connection.execute_unprepared(&sql).await.map_err(|error| format!("{sql}: {error}"))?;
            }
        }
        Ok(())
    })
}

fn refusals(database: &TestDatabase) -> TestResult {
    let backend = database.backend();
    database.execute("CREATE TABLE things (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, full_name VARCHAR(40))")?;
    let refused = |old: Value, new: Value, words: &[&str]| -> TestResult {
        let actions = json!([{"synchronise": {"table": "things", "old": old, "new": new, "action": "create"}}]);
        let output = Script::new(database).up("l1", actions).run("up")?;
        assert_eq!(output.code, Some(5), "{output}");
        Ok(check_says(&output, words)?)
    };
    refused(json!([["name", "nothing"]]), json!([["nothing", "name"]]), &["no column `nothing`"])?;
    refused(json!([["name", "full_name"]]), json!([]), &["at least one old column and one new one"])?;
    if backend == Backend::Sqlite {
        refused(json!([["name", "full_name"]]), json!([["full_name", "name"]]), &["required and has no default"])?;
    }
    database.execute("CREATE TABLE other (id INT PRIMARY KEY, a VARCHAR(9) DEFAULT 'none', b VARCHAR(9))")?;
    let actions =
        json!([{"synchronise": {"table": "other", "old": [["a", "b"]], "new": [["b", "a"]], "action": "create"}}]);
    let output = Script::new(database).up("l1", actions).run("up")?;
    check_says(&output, &["`b`", "the value none", "its default is NULL"])?;
    let generated = if backend == Backend::Postgres { "GENERATED ALWAYS AS (id * 2) STORED" } else { "AS (id * 2)" };
    database.execute(&format!("CREATE TABLE computed (id INT PRIMARY KEY, a INT, b INT {generated})"))?;
    let actions =
        json!([{"synchronise": {"table": "computed", "old": [["a", "b"]], "new": [["b", "a"]], "action": "create"}}]);
    let output = Script::new(database).up("l1", actions).run("up")?;
    check_says(&output, &["generated column"])?;
    Ok(())
}

/// MySQL and MariaDB run no trigger for what a foreign key changes.
fn cascades(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE owners (id INT PRIMARY KEY)")?;
    database.execute(
        "CREATE TABLE things (id INT PRIMARY KEY, owner INT, owner_id INT,
            CONSTRAINT of_owner FOREIGN KEY (owner) REFERENCES owners (id) ON UPDATE CASCADE ON DELETE SET NULL)",
    )?;
    let actions = json!([{"synchronise": {
        "table": "things", "old": [["owner", "`owner_id`"]], "new": [["owner_id", "`owner`"]], "action": "create"
    }}]);
    let script = Script::new(database).up("l1", actions);
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["`of_owner`", "`owner`", "`owner_id`", "no trigger"])?;
    database.execute(
        "ALTER TABLE things ADD CONSTRAINT of_owner_id FOREIGN KEY (owner_id) REFERENCES owners (id)
            ON UPDATE CASCADE ON DELETE SET NULL",
    )?;
    script.go_on()?;
    database.execute("INSERT INTO owners VALUES (1), (2)")?;
    database.execute("INSERT INTO things (id, owner) VALUES (1, 1)")?;
    database.execute("INSERT INTO things (id, owner_id) VALUES (2, 2)")?;
    database.execute("UPDATE owners SET id = id + 10")?;
    database.execute("DELETE FROM owners WHERE id = 12")?;
    let rows: Vec<String> = database.values(
        "SELECT CONCAT(id, ' ', COALESCE(owner, 'null'), ' ', COALESCE(owner_id, 'null')) FROM things ORDER BY id",
    )?;
    assert_eq!(rows, ["1 11 11", "2 null null"]);
    Ok(())
}

/// On PostgreSQL and SQLite, triggers run for what a foreign key changes.
fn cascades_run_triggers(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE owners (id INT PRIMARY KEY)")?;
    database.execute(
        "CREATE TABLE things (id INT PRIMARY KEY, owner INT REFERENCES owners (id) ON UPDATE CASCADE ON DELETE SET NULL,
            owner_id INT)",
    )?;
    let actions = json!([{"synchronise": {
        "table": "things", "old": [["owner", "owner_id"]], "new": [["owner_id", "owner"]], "action": "create"
    }}]);
    Script::new(database).up("l1", actions).succeed("up")?;
    let on = if database.backend() == Backend::Sqlite { "PRAGMA foreign_keys = ON;" } else { "" };
    database.execute("INSERT INTO owners VALUES (1), (2)")?;
    database.execute("INSERT INTO things (id, owner) VALUES (1, 1)")?;
    database.execute("INSERT INTO things (id, owner_id) VALUES (2, 2)")?;
    database.execute(&format!("{on} UPDATE owners SET id = id + 10"))?;
    database.execute(&format!("{on} DELETE FROM owners WHERE id = 12"))?;
    let rows: Vec<String> = database.values("SELECT CONCAT(id, ' ', owner, ' ', owner_id) FROM things ORDER BY id")?;
    // Null is nothing here.
    assert_eq!(rows, ["1 11 11", "2  "]);
    Ok(())
}
