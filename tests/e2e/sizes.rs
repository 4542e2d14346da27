//! The sizes that `lint` reads from the statistics of the connected database, and what it says without statistics.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, TestDatabase};
use serde_json::{Value, json};

use super::guarantees::script::{Outcome, Script};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("sizes::rows_and_bytes", rows_and_bytes);
    cases.extend(each_backend("sizes::an_absent_table_is_unknown", an_absent_table_is_unknown));
    cases.extend(each_backend("sizes::losses", losses));
    cases.push(Case::on(Backend::Postgres, "sizes::statistics_never_gathered", statistics_never_gathered));
    cases.push(Case::on(Backend::Postgres, "sizes::a_thousand_million_rows", a_thousand_million_rows));
    cases.push(Case::on(Backend::Postgres, "sizes::partitions_are_added", partitions_are_added));
    cases.push(Case::on(Backend::Postgres, "sizes::a_table_in_columns", a_table_in_columns));
    cases.push(Case::on(Backend::Sqlite, "sizes::an_upper_bound", an_upper_bound));
    cases
}

const TABLE: &str = "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100), age INT NOT NULL DEFAULT 0)";

/// The numbers from 1.
pub(crate) fn numbers(count: u32) -> String {
    let digits = "SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL \
                  SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9";
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let used = &names[..count.to_string().len()];
    let sum: Vec<String> =
        used.iter().zip(0..).map(|(name, power)| format!("{name}.d * {}", 10_u64.pow(power))).collect();
    let from: Vec<String> = used.iter().map(|name| format!("({digits}) AS {name}")).collect();
    let sum = sum.join(" + ");
    format!("SELECT {sum} + 1 AS n FROM {} WHERE {sum} < {count}", from.join(" CROSS JOIN "))
}

fn fill(database: &TestDatabase, rows: u32) -> TestResult {
    let series = numbers(rows);
    database
        .execute(&format!("INSERT INTO users (id, email, age) SELECT n, 'user@example.com', n FROM ({series}) AS s"))?;
    analyze(database)
}

fn analyze(database: &TestDatabase) -> TestResult {
    Ok(database.execute(match database.backend() {
        Backend::MariaDb | Backend::MySql => "ANALYZE TABLE users",
        _ => "ANALYZE users",
    })?)
}

/// The pending revision, with the table before it.
fn script<'d>(database: &'d TestDatabase, tables: &[&str], statements: &[&str]) -> Outcome<Script<'d>> {
    let script = Script::new(database).up("l1", json!(tables)).up("l2", json!(statements));
    script.succeed("up 1")?;
    Ok(script)
}

/// What is said of the tables that the statements of the measured revisions lock.
pub(crate) fn tables(script: &Script<'_>, arguments: &str) -> Outcome<Vec<Value>> {
    let output = script.run(&format!("{arguments} --format json"))?;
    if !matches!(output.code, Some(0 | 9 | 10)) {
        return Err(output.to_string().into());
    }
    let document: Value = serde_json::from_str(&output.stdout)?;
    let statements = document.as_array().into_iter().flatten().filter_map(|own| own["statements"].as_array());
    let found: Vec<Value> =
        statements.flatten().filter_map(|own| own["tables"].as_array()).flatten().cloned().collect();
    if found.is_empty() { Err(output.to_string().into()) } else { Ok(found) }
}

/// The rows of a table that a revision locks after it has renamed it.
fn rows_and_bytes(database: &TestDatabase) -> TestResult {
    let column = "ALTER TABLE people ADD COLUMN note INT";
    let script = script(database, &[TABLE], &["ALTER TABLE users RENAME TO people", column])?;
    for (rows, most) in [(0, 0), (5_000, 6_000)] {
        if rows > 0 {
            fill(database, rows)?;
        }
        for table in tables(&script, "lint")? {
            let number = |name: &str| table[name].as_u64();
            let is_right = number("rows").is_some_and(|own| own >= u64::from(rows) * 8 / 10 && own <= most);
            // A row has 20 bytes and more.
            if !is_right || number("bytes").is_none_or(|bytes| bytes < u64::from(rows) * 20) {
                return Err(format!("{rows} rows: {table}").into());
            }
        }
    }
    Ok(())
}

/// The revision below the measured one is not applied.
fn an_absent_table_is_unknown(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!([TABLE]));
    let script = script.up("l2", json!(["ALTER TABLE users ADD COLUMN note INT"]));
    let reason = "the database has no table `users`";
    for table in tables(&script, "lint l2:l2")? {
        if table["rows_unknown"] != reason || !table["rows"].is_null() {
            return Err(table.to_string().into());
        }
    }
    let output = script.run("lint l2:l2")?;
    match output.stdout.contains(&format!("rows of `users`: unknown, {reason}")) {
        true => Ok(()),
        false => Err(output.to_string().into()),
    }
}

/// What a statement loses is in its table, and in words.
fn losses(database: &TestDatabase) -> TestResult {
    let script = script(database, &[TABLE], &["ALTER TABLE users DROP COLUMN age"])?;
    let output = script.run("lint")?;
    match output.stdout.contains("loss: the values of `users.age` are lost") {
        true => Ok(()),
        false => Err(output.to_string().into()),
    }
}

fn statistics_never_gathered(database: &TestDatabase) -> TestResult {
    let script = script(database, &[TABLE], &["ALTER TABLE users ADD COLUMN note INT"])?;
    database.execute("ALTER TABLE users SET (autovacuum_enabled = false)")?;
    database.execute("INSERT INTO users (id) VALUES (1), (2)")?;
    let found = tables(&script, "lint")?;
    let reason = "the statistics of `users` were never gathered: run `ANALYZE`";
    match found.iter().all(|table| table["rows_unknown"] == reason && table["bytes"].as_u64() > Some(0)) {
        true => Ok(()),
        false => Err(format!("{found:?}").into()),
    }
}

/// The number is that of the statistics, not of rows that are read.
fn a_thousand_million_rows(database: &TestDatabase) -> TestResult {
    let script = script(database, &[TABLE], &["ALTER TABLE users ADD COLUMN note INT"])?;
    database.execute("UPDATE pg_class SET reltuples = 1e9 WHERE oid = 'users'::regclass")?;
    let found = tables(&script, "lint")?;
    let output = script.run("lint")?;
    match found.iter().all(|table| table["rows"] == 1_000_000_000) && output.stdout.contains("  1,000,000,000  ") {
        true => Ok(()),
        false => Err(format!("{found:?}\n{output}").into()),
    }
}

fn partitions_are_added(database: &TestDatabase) -> TestResult {
    let tables_before = [
        "CREATE TABLE users (id INT NOT NULL, email VARCHAR(100), age INT) PARTITION BY RANGE (id)",
        "CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (1) TO (1001)",
        "CREATE TABLE users_2 PARTITION OF users FOR VALUES FROM (1001) TO (9001)",
    ];
    let script = script(database, &tables_before, &["ALTER TABLE users ADD COLUMN note INT"])?;
    fill(database, 3_000)?;
    database.execute("ANALYZE users_1, users_2")?;
    let found = tables(&script, "lint")?;
    let whole = found.iter().find(|table| table["table"] == "users").ok_or("the table is not locked")?;
    match whole["rows"] == 3_000 && whole["bytes"].as_u64() > Some(100_000) {
        true => Ok(()),
        false => Err(format!("{found:?}").into()),
    }
}

/// The table of a statement.
fn a_table_in_columns(database: &TestDatabase) -> TestResult {
    let statements = ["ALTER TABLE users ALTER COLUMN id TYPE BIGINT", "DROP TABLE users"];
    let script = script(database, &[TABLE], &statements)?;
    fill(database, 5_000)?;
    let output = script.run("lint")?;
    let lines: Vec<&str> = output.stdout.lines().skip(1).take_while(|line| line.starts_with(' ')).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    ALTER TABLE users ALTER COLUMN id TYPE BIGINT
      table  lock              blocks         cost      rows    size  loss
      users  ACCESS EXCLUSIVE  reads, writes  rewrite  5,000  500 kB  -
    DROP TABLE users
      table  lock              blocks         cost        rows    size  loss
      users  ACCESS EXCLUSIVE  reads, writes  catalogue  5,000  500 kB  all rows
      loss: the rows of `users` are lost
    ");
    Ok(())
}

/// Row ids say how many rows there are at most; `ANALYZE` says how many.
fn an_upper_bound(database: &TestDatabase) -> TestResult {
    let table = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT)";
    let script = script(database, &[table], &["ALTER TABLE users DROP COLUMN age"])?;
    let series = numbers(20_000);
    database.execute(&format!("INSERT INTO users SELECT n * 2, 'user@example.com', n FROM ({series}) AS s"))?;
    let found = tables(&script, "lint")?;
    if !found.iter().all(|table| table["rows_at_most"] == true && table["rows"] == 39_999) {
        return Err(format!("{found:?}").into());
    }
    // Without an index that has an entry for each row, statistics count the rows of the table.
    analyze(database)?;
    let found = tables(&script, "lint")?;
    match found.iter().all(|table| table["rows_at_most"] == false && table["rows"] == 20_000) {
        true => Ok(()),
        false => Err(format!("{found:?}").into()),
    }
}
