//! The forecast of `lint --measure-rows`, compared with the time that the statements take.
//!
//! CI compares on 100,000 rows, and tolerates much, because other tests run at the same time. `just forecast
//! 1000000,5000000` compares on as many rows as it is told, prints the table, and wants a factor of two.

#![expect(clippy::print_stdout, reason = "the times are for the reader of the tests")]

use std::time::{Duration, Instant};

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, TestDatabase};
use serde_json::{Value, json};

use super::guarantees::script::{Outcome, Script};
use super::sizes::numbers;

/// The variable with the numbers of rows, separated by commas.
const ROWS: &str = "FORECAST_ROWS";

/// Times below this number of seconds are not compared.
const SHORT: f64 = 0.3;

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("forecast::time_of_statements", time_of_statements);
    cases.extend(each_backend("forecast::tables_that_are_hard_to_fill", tables_that_are_hard_to_fill));
    cases.extend(each_backend("forecast::unknown_with_a_reason", unknown_with_a_reason));
    cases
}

const USERS: &str = "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100) NOT NULL, age INT NOT NULL, \
                     created_at TIMESTAMP NULL, note VARCHAR(200))";
const ORDERS: &str = "CREATE TABLE orders (id INT PRIMARY KEY, buyer INT NOT NULL, total INT NOT NULL)";

/// A rewrite, two indexes, a unique one, and validations. Each is made after those before it.
fn statements(backend: Backend) -> Vec<&'static str> {
    let mut statements = vec![
        "CREATE INDEX by_age ON users (age)",
        "CREATE INDEX by_email ON users (email)",
        "CREATE UNIQUE INDEX one_email ON users (email, id)",
    ];
    statements.extend(match backend {
        Backend::Postgres => vec![
            "ALTER TABLE users ALTER COLUMN age TYPE BIGINT",
            "ALTER TABLE users ALTER COLUMN note SET NOT NULL",
            "ALTER TABLE users ADD CONSTRAINT old CHECK (age >= 0)",
            "ALTER TABLE orders ADD CONSTRAINT of_user FOREIGN KEY (buyer) REFERENCES users (id)",
        ],
        Backend::Sqlite => vec!["ALTER TABLE users DROP COLUMN note"],
        _ => vec![
            "ALTER TABLE users MODIFY age BIGINT NOT NULL",
            "ALTER TABLE users MODIFY note VARCHAR(200) NOT NULL",
            "ALTER TABLE users ADD CONSTRAINT old CHECK (age >= 0)",
            "ALTER TABLE orders ADD CONSTRAINT of_user FOREIGN KEY (buyer) REFERENCES users (id)",
        ],
    });
    statements
}

fn time_of_statements(database: &TestDatabase) -> TestResult {
    let wanted = std::env::var(ROWS).ok();
    let counts: Vec<u32> = match &wanted {
        Some(text) => text.split(',').map(str::parse).collect::<Result<_, _>>()?,
        None => vec![100_000],
    };
    let factor = if wanted.is_some() { 2.0 } else { 5.0 };
    let mut wrong = Vec::new();
    for rows in counts {
        for (statement, forecast, time) in compare(database, rows)? {
            let ratio = forecast.max(SHORT) / time.max(SHORT);
            let line = format!(
                "{} {rows:>9} rows: forecast {forecast:7.2} s, took {time:7.2} s: {ratio:5.2}  {statement}",
                database.backend()
            );
            if wanted.is_some() {
                println!("{line}");
            }
            if !(1.0 / factor..=factor).contains(&ratio) {
                wrong.push(line);
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// For each statement, the forecast and the time that it takes, in seconds.
fn compare(database: &TestDatabase, rows: u32) -> Outcome<Vec<(&'static str, f64, f64)>> {
    let statements = statements(database.backend());
    let mut script = Script::new(database).up("l1", json!([USERS, ORDERS]));
    // There are revisions up to `l6`.
    for (place, id) in ["l2", "l3", "l4", "l5"].into_iter().enumerate() {
        script = script.up(id, json!(statements.get(place..=place).unwrap_or_default()));
    }
    script = script.up("l6", json!(statements.get(4..).unwrap_or_default()));
    for table in ["orders", "users", "seachange_revision_statement", "seachange_revision"] {
        // A second number of rows begins anew.
        let _ = database.execute(&format!("DROP TABLE {table}"));
    }
    script.succeed("up 1")?;
    fill(database, rows)?;
    let program = script.program("lint --measure-rows 100000 --format json")?.limit(Duration::from_secs(300));
    let output = program.run()?;
    if !matches!(output.code, Some(0 | 9 | 10)) {
        return Err(output.to_string().into());
    }
    let document: Value = serde_json::from_str(&output.stdout)?;
    let measured = document.as_array().into_iter().flatten().flat_map(|own| own["statements"].as_array());
    let measured: Vec<&Value> = measured.flatten().collect();
    let mut compared = Vec::new();
    for (statement, measured) in statements.into_iter().zip(measured) {
        let forecast = measured["forecast_seconds"].as_f64().ok_or_else(|| measured.to_string())?;
        let start = Instant::now();
        database.execute(statement)?;
        compared.push((statement, forecast, start.elapsed().as_secs_f64()));
    }
    assert_eq!(compared.len(), self::statements(database.backend()).len());
    Ok(compared)
}

fn fill(database: &TestDatabase, rows: u32) -> Outcome<()> {
    let series = numbers(rows);
    let (name, moment) = match database.backend() {
        Backend::Postgres => {
            ("'user' || (n * 311 % 10000019) || '@example.com'", "TIMESTAMP '2020-01-01' + n * INTERVAL '1 minute'")
        }
        Backend::Sqlite => {
            ("'user' || (n * 311 % 10000019) || '@example.com'", "datetime('2020-01-01', n || ' minutes')")
        }
        _ => ("CONCAT('user', n * 311 % 10000019, '@example.com')", "DATE_ADD('2020-01-01', INTERVAL n SECOND)"),
    };
    let note = "a note of some words, as there are in a table that people fill by hand";
    database.execute(&format!(
        "INSERT INTO users SELECT n, {name}, n * 31 % 97, {moment}, '{note}' FROM ({series}) AS s ORDER BY n"
    ))?;
    database
        .execute(&format!("INSERT INTO orders SELECT n, n * 307 % {rows} + 1, n FROM ({series}) AS s ORDER BY n"))?;
    let analyze = match database.backend() {
        Backend::Postgres => "VACUUM ANALYZE",
        Backend::Sqlite => "ANALYZE",
        _ => "ANALYZE TABLE users, orders",
    };
    Ok(database.execute(analyze)?)
}

/// The statements of the measured revisions, with forecasts on small copies.
fn measured(script: &Script<'_>) -> Outcome<Vec<Value>> {
    let output = script.program("lint --measure-rows 500 --format json")?.limit(Duration::from_secs(60)).run()?;
    if !matches!(output.code, Some(0 | 9 | 10)) {
        return Err(output.to_string().into());
    }
    let document: Value = serde_json::from_str(&output.stdout)?;
    let statements = document.as_array().into_iter().flatten().filter_map(|own| own["statements"].as_array());
    Ok(statements.flatten().cloned().collect())
}

/// Keys, foreign keys, checks, generated columns and triggers are obeyed.
fn tables_that_are_hard_to_fill(database: &TestDatabase) -> TestResult {
    let backend = database.backend();
    let generated = match backend {
        Backend::Postgres => "BIGINT GENERATED ALWAYS AS (amount * 2) STORED",
        _ => "BIGINT GENERATED ALWAYS AS (amount * 2)",
    };
    let identity = match backend {
        Backend::Postgres => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        Backend::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
        _ => "BIGINT AUTO_INCREMENT PRIMARY KEY",
    };
    let mut tables = vec![
        "CREATE TABLE kinds (id SMALLINT PRIMARY KEY, name VARCHAR(1) NOT NULL UNIQUE)".to_owned(),
        "CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(40) NOT NULL UNIQUE, kind SMALLINT NOT NULL, boss INT, \
         state VARCHAR(10) NOT NULL, born DATE, paid DECIMAL(6,2), is_new BOOLEAN NOT NULL, \
         FOREIGN KEY (kind) REFERENCES kinds (id), FOREIGN KEY (boss) REFERENCES people (id), \
         CONSTRAINT known CHECK (state IN ('open', 'closed')), CONSTRAINT affordable CHECK (paid >= 0 AND paid <= 500))"
            .to_owned(),
        format!(
            "CREATE TABLE items (id {identity}, person INT NOT NULL, part INT NOT NULL, amount BIGINT NOT NULL, \
             doubled {generated}, CONSTRAINT one_part UNIQUE (person, part), FOREIGN KEY (person) REFERENCES people (id))"
        ),
    ];
    tables.extend(match backend {
        Backend::Postgres => vec![
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$".to_owned(),
            "CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE PROCEDURE refuse()".to_owned(),
        ],
        Backend::Sqlite => {
            vec!["CREATE TRIGGER t BEFORE INSERT ON items BEGIN SELECT RAISE(ABORT, 'refused'); END".to_owned()]
        }
        _ => vec!["CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW SIGNAL SQLSTATE '45000'".to_owned()],
    });
    let script = Script::new(database).up("l1", json!(tables));
    let script = script.up("l2", json!(["CREATE INDEX i ON items (amount)", "CREATE INDEX p ON people (state)"]));
    script.succeed("up 1")?;
    for statement in measured(&script)? {
        if !statement["forecast_unknown"].is_null() || statement["forecast_seconds"].is_null() {
            return Err(statement.to_string().into());
        }
    }
    Ok(())
}

/// A statement that fails on the rows of the copy, what follows it, and one that changes rows.
fn unknown_with_a_reason(database: &TestDatabase) -> TestResult {
    let first = Script::new(database).up("l1", json!(["CREATE TABLE users (id INT PRIMARY KEY, age INT NOT NULL)"]));
    first.succeed("up 1")?;
    for (statements, expected) in [
        (json!(["UPDATE users SET age = 1"]), "depends on the rows"),
        (
            json!([{"each": {"sql": "SELECT id FROM users", "actions": []}}, "CREATE INDEX i ON users (age)"]),
            "it reads rows",
        ),
    ] {
        let measured = measured(&first.clone().up("l2", statements))?;
        let reasons: Vec<&str> = measured.iter().filter_map(|own| own["forecast_unknown"].as_str()).collect();
        if measured.is_empty()
            || reasons.len() != measured.len()
            || !reasons.iter().any(|reason| reason.contains(expected))
        {
            return Err(format!("{expected}: {measured:?}").into());
        }
    }
    Ok(())
}
