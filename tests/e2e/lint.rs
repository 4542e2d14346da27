//! `lint`: what each statement locks and rewrites, as the database system itself says.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, TestDatabase};
use serde_json::{Value, json};

use super::guarantees::script::{Outcome, Script};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = vec![
        Case::on(Backend::Postgres, "lint::statements", statements_of_postgres),
        Case::on(Backend::MariaDb, "lint::statements", statements_of_mariadb),
        Case::on(Backend::MySql, "lint::statements", statements_of_mysql),
        Case::on(Backend::Sqlite, "lint::statements", statements_of_sqlite),
    ];
    cases.extend(each_backend("lint::the_database_is_as_before", the_database_is_as_before));
    cases.extend(each_backend("lint::unknown_is_not_safe", unknown_is_not_safe));
    cases.push(Case::on(Backend::Postgres, "lint::locks_are_held_to_the_end", locks_are_held_to_the_end));
    cases.push(Case::on(Backend::MariaDb, "lint::other_databases_are_not_touched", other_databases_are_not_touched));
    cases.push(Case::on(Backend::MySql, "lint::other_databases_are_not_touched", other_databases_are_not_touched));
    cases
}

/// The tables before the measured revisions.
const TABLES: [&str; 2] = [
    "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100), age INT NOT NULL DEFAULT 0)",
    "CREATE TABLE posts (id INT PRIMARY KEY, author INT NOT NULL, title VARCHAR(100) NOT NULL)",
];

/// Measures statements, each in a revision of its own, and checks what is said of the tables.
fn check(database: &TestDatabase, cases: &[(&str, &[&str])]) -> TestResult {
    let mut wrong = Vec::new();
    for (statements, expected) in cases {
        let statements: Vec<&str> = statements.split("; ").collect();
        let is_concurrent = statements.iter().any(|text| text.contains("CONCURRENTLY"));
        let script = Script::new(database).up("l1", json!(TABLES));
        let script = match is_concurrent {
            true => script.outside("l2", json!(statements)),
            false => script.up("l2", json!(statements)),
        };
        let found = lines(&script, "l2:l2")?;
        if found != *expected {
            wrong.push(format!("{statements:?}\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// A line for each table that a statement locks: the statement's number, the table, the lock, what it blocks, the cost.
fn lines(script: &Script<'_>, range: &str) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for revision in measured(script, range)?.as_array().into_iter().flatten() {
        found.extend(revision["unknown"].as_str().map(str::to_owned));
        for (number, statement) in revision["statements"].as_array().into_iter().flatten().enumerate() {
            found.extend(statement["unknown"].as_str().map(|reason| format!("{number} {reason}")));
            for table in statement["tables"].as_array().into_iter().flatten() {
                let text = |name: &str| table[name].as_str().unwrap_or_default().to_owned();
                let blocks = match (table["blocks_reads"] == true, table["blocks_writes"] == true) {
                    (true, _) => "reads and writes",
                    (false, true) => "writes",
                    (false, false) => "nothing",
                };
                found.push(format!("{number} {}: {}, {blocks}, {}", text("table"), text("lock"), text("cost")));
            }
        }
    }
    Ok(found)
}

fn measured(script: &Script<'_>, range: &str) -> Outcome<Value> {
    let output = script.run(&format!("lint {range} --format json"))?;
    match output.code {
        Some(0 | 9 | 10) => Ok(serde_json::from_str(&output.stdout)?),
        _ => Err(output.to_string().into()),
    }
}

fn statements_of_postgres(database: &TestDatabase) -> TestResult {
    check(
        database,
        &[
            ("CREATE TABLE fresh (id INT); CREATE INDEX ON fresh (id)", &[]),
            ("ALTER TABLE users ADD COLUMN note TEXT", &["0 users: ACCESS EXCLUSIVE, reads and writes, catalogue"]),
            (
                "ALTER TABLE users ALTER COLUMN id TYPE BIGINT",
                &["0 users: ACCESS EXCLUSIVE, reads and writes, rewrite"],
            ),
            (
                "ALTER TABLE users ALTER COLUMN email TYPE TEXT",
                &["0 users: ACCESS EXCLUSIVE, reads and writes, catalogue"],
            ),
            (
                "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
                &["0 users: ACCESS EXCLUSIVE, reads and writes, scan"],
            ),
            (
                "ALTER TABLE users ADD COLUMN at TIMESTAMPTZ DEFAULT clock_timestamp()",
                &["0 users: ACCESS EXCLUSIVE, reads and writes, rewrite"],
            ),
            ("CREATE INDEX ON users (email)", &["0 users: SHARE, writes, scan"]),
            (
                "CREATE INDEX CONCURRENTLY by_email ON users (email)",
                &["0 users: SHARE UPDATE EXCLUSIVE, nothing, scan"],
            ),
            (
                "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id) NOT VALID; \
                 ALTER TABLE posts VALIDATE CONSTRAINT posts_author_fkey",
                &[
                    "0 posts: SHARE ROW EXCLUSIVE, writes, catalogue",
                    "0 users: SHARE ROW EXCLUSIVE, writes, catalogue",
                    "1 posts: SHARE UPDATE EXCLUSIVE, nothing, scan",
                ],
            ),
            ("ALTER TABLE users ADD CHECK (age >= 0)", &["0 users: ACCESS EXCLUSIVE, reads and writes, scan"]),
            ("ALTER TABLE users ADD UNIQUE (email)", &["0 users: ACCESS EXCLUSIVE, reads and writes, scan"]),
            ("DROP TABLE posts", &["0 posts: ACCESS EXCLUSIVE, reads and writes, catalogue"]),
            ("UPDATE users SET age = 1", &["0 how many rows it locks, and for how long, depends on the rows"]),
            ("INSERT INTO users (id) VALUES (7)", &[]),
            ("LOCK TABLE users IN SHARE MODE", &["0 users: SHARE, writes, catalogue"]),
            ("VACUUM FULL users", &["0 a statement that cannot be in a transaction is not measured"]),
        ],
    )
}

fn statements_of_mariadb(database: &TestDatabase) -> TestResult {
    check(
        database,
        &[
            ("CREATE TABLE fresh (id INT); CREATE INDEX i ON fresh (id)", &[]),
            ("ALTER TABLE users ADD COLUMN note TEXT", &["0 users: ALGORITHM=INSTANT, nothing, catalogue"]),
            ("ALTER TABLE users MODIFY id BIGINT NOT NULL", &["0 users: ALGORITHM=COPY, LOCK=SHARED, writes, rewrite"]),
            ("CREATE INDEX by_email ON users (email)", &["0 users: ALGORITHM=NOCOPY, LOCK=NONE, nothing, scan"]),
            ("DROP TABLE posts", &["0 posts: exclusive metadata lock, reads and writes, catalogue"]),
        ],
    )
}

fn statements_of_mysql(database: &TestDatabase) -> TestResult {
    check(
        database,
        &[
            ("CREATE TABLE fresh (id INT); CREATE INDEX i ON fresh (id)", &[]),
            ("ALTER TABLE users ADD COLUMN note TEXT", &["0 users: ALGORITHM=INSTANT, nothing, catalogue"]),
            ("ALTER TABLE users MODIFY id BIGINT NOT NULL", &["0 users: ALGORITHM=COPY, LOCK=SHARED, writes, rewrite"]),
            ("CREATE INDEX by_email ON users (email)", &["0 users: ALGORITHM=INPLACE, LOCK=NONE, nothing, unknown"]),
            ("DROP TABLE posts", &["0 posts: exclusive metadata lock, reads and writes, catalogue"]),
        ],
    )
}

fn statements_of_sqlite(database: &TestDatabase) -> TestResult {
    check(
        database,
        &[
            ("CREATE TABLE fresh (id INT); CREATE INDEX i ON fresh (id)", &[]),
            ("ALTER TABLE users ADD COLUMN note TEXT", &["0 users: RESERVED, the whole file, writes, catalogue"]),
            ("ALTER TABLE users DROP COLUMN age", &["0 users: RESERVED, the whole file, writes, rewrite"]),
            ("CREATE INDEX by_email ON users (email)", &["0 users: RESERVED, the whole file, writes, scan"]),
            ("UPDATE users SET age = 1", &["0 users: RESERVED, the whole file, writes, rewrite"]),
        ],
    )
}

/// The database is as before, and the revisions are still pending.
fn the_database_is_as_before(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLES));
    let script = script.up("l2", json!(["ALTER TABLE users ADD COLUMN note INT", "INSERT INTO users (id) VALUES (7)"]));
    script.succeed("up 1")?;
    database.execute("INSERT INTO users (id, age) VALUES (1, 30)")?;
    let text = script.run("lint")?;
    if !text.stdout.contains("ALTER TABLE users ADD COLUMN note INT") || !text.stdout.contains("l2") {
        return Err(format!("the revision is not measured: {text}").into());
    }
    if database.values::<i32>("SELECT id FROM users")? != [1] {
        return Err("`lint` has changed the rows".into());
    }
    script.succeed("up")?;
    let again = script.succeed("lint")?;
    match again.stderr.contains("no revision is pending") {
        true => Ok(()),
        false => Err(again.to_string().into()),
    }
}

/// A revision that decides by the rows that it reads, and one that fails on the copy, have exit code 10.
fn unknown_is_not_safe(database: &TestDatabase) -> TestResult {
    let reads = json!([{"each": {"sql": "SELECT id FROM users", "actions": [{"text": "DROP TABLE posts"}]}}]);
    let script = Script::new(database).up("l1", json!(TABLES)).up("l2", reads);
    let output = script.run("lint l2:l2")?;
    if !matches!(output.code, Some(9 | 10)) || !output.stdout.contains("unknown: it reads rows") {
        return Err(output.to_string().into());
    }
    let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!(["ALTER TABLE absent ADD COLUMN a INT"]));
    let output = script.run("lint l2:l3")?;
    match output.code == Some(10) && output.stdout.contains("failed on the copy") {
        true => Ok(()),
        false => Err(output.to_string().into()),
    }
}

/// A lock that is short by itself is held while a later statement of the transaction reads or writes rows.
fn locks_are_held_to_the_end(database: &TestDatabase) -> TestResult {
    let short = "ALTER TABLE users ADD COLUMN note TEXT";
    for (statements, code, says) in [
        (json!([short]), 0, ""),
        (json!([short, "CREATE INDEX ON posts (title)"]), 9, "users: ACCESS EXCLUSIVE is still held"),
        (json!([short, "INSERT INTO posts SELECT id, id, 'x' FROM users"]), 9, "users: ACCESS EXCLUSIVE is still held"),
        (json!(["CREATE TABLE fresh (id INT)", "CREATE INDEX ON fresh (id)"]), 0, ""),
    ] {
        let script = Script::new(database).up("l1", json!(TABLES)).up("l2", statements);
        let output = script.run("lint l2:l2")?;
        if output.code != Some(code) || !output.stdout.contains(says) {
            return Err(output.to_string().into());
        }
    }
    Ok(())
}

/// A statement that names another database is not sent.
fn other_databases_are_not_touched(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLES));
    script.succeed("up 1")?;
    for statement in ["DROP TABLE `NAME`.users", "UPDATE NAME . users SET age = 3", "USE NAME"] {
        let statement = statement.replace("NAME", database.name());
        let script = script.clone().up("l2", json!([statement, "DROP TABLE users"]));
        let output = script.run("lint")?;
        if output.code != Some(10) || !output.stdout.contains("names the database") {
            return Err(format!("{statement}: {output}").into());
        }
        database.execute("SELECT * FROM users")?;
    }
    Ok(())
}
