//! `lint`: what each statement locks and rewrites, as the database system itself says.

use std::path::Path;
use std::process::Command;

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Output, TestDatabase};
use serde_json::{Value, json};

use super::guarantees::script::{Outcome, Script};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = vec![
        Case::on(Backend::Postgres, "lint::statements", statements_of_postgres),
        Case::on(Backend::MariaDb, "lint::statements", statements_of_mariadb),
        Case::on(Backend::MySql, "lint::statements", statements_of_mysql),
        Case::on(Backend::Sqlite, "lint::statements", statements_of_sqlite),
    ];
    cases.push(Case::on(Backend::Postgres, "lint::rules", rules_on_postgres));
    cases.push(Case::on(Backend::MariaDb, "lint::rules", rules_on_mysql_and_mariadb));
    cases.push(Case::on(Backend::MySql, "lint::rules", rules_on_mysql_and_mariadb));
    cases.push(Case::on(Backend::Sqlite, "lint::rules", rules_on_sqlite));
    cases.extend(each_backend("lint::examples_of_the_book", examples_of_the_book));
    cases.push(Case::on(Backend::Sqlite, "lint::the_book_has_each_rule", the_book_has_each_rule));
    cases.push(Case::on(Backend::Sqlite, "lint::levels_on_the_command_line", levels_on_the_command_line));
    cases.push(Case::on(Backend::MariaDb, "lint::the_server_is_as_before", the_server_is_as_before));
    cases.push(Case::on(Backend::MySql, "lint::the_server_is_as_before", the_server_is_as_before));
    cases.push(Case::on(Backend::Postgres, "lint::the_server_is_as_before", the_server_is_as_before));
    cases.extend(each_backend("lint::a_replay_stays_inside", a_replay_stays_inside));
    cases.push(Case::on(Backend::Postgres, "lint::a_block_stays_inside", a_block_stays_inside));
    cases.push(Case::on(Backend::Postgres, "lint::the_catalogue_is_planned_once", the_catalogue_is_planned_once));
    cases.extend(each_backend("lint::renamed_tables_are_followed", renamed_tables_are_followed));
    cases.push(Case::on(Backend::Postgres, "lint::moved_tables_keep_their_rows", moved_tables_keep_their_rows));
    cases.extend(each_backend("lint::rows_of_the_database", rows_of_the_database));
    for backend in [Backend::MariaDb, Backend::MySql] {
        cases.push(Case::on(backend, "lint::generated_columns_become_plain", generated_columns_become_plain));
    }
    cases.push(Case::on(
        Backend::Postgres,
        "lint::computed_values_are_not_those_before",
        computed_values_are_not_those_before,
    ));
    cases.extend(each_backend("lint::values_that_would_be_lost", values_that_would_be_lost));
    cases.extend(each_backend("lint::rows_that_cannot_be_known", rows_that_cannot_be_known));
    cases.extend(each_backend("lint::findings_as_text", findings_as_text));
    cases.push(Case::on(Backend::Sqlite, "lint::findings_for_programs", findings_for_programs));
    cases.push(Case::on(Backend::Sqlite, "lint::since_a_commit", since_a_commit));
    cases.extend(each_backend("lint::an_upgrade_is_refused", an_upgrade_is_refused));
    cases.extend(each_backend("lint::an_upgrade_looks_at_the_rows", an_upgrade_looks_at_the_rows));
    cases.extend(each_backend("lint::an_upgrade_looks_at_values", an_upgrade_looks_at_values));
    cases.extend(each_backend("lint::the_database_is_as_before", the_database_is_as_before));
    cases.extend(each_backend("lint::unknown_is_not_safe", unknown_is_not_safe));
    cases.push(Case::on(Backend::Sqlite, "lint::readers_of_a_file_with_wal_do_not_wait", readers_of_wal));
    cases.push(Case::on(Backend::Sqlite, "lint::rebuilds_of_referenced_tables", rebuilds_of_referenced_tables));
    cases.push(Case::on(Backend::Postgres, "lint::queries_that_change_something", queries_that_change_something));
    cases.push(Case::on(Backend::Postgres, "lint::partitions_and_views", partitions_and_views));
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

/// The statements in the revision after that of the tables; outside of a transaction if one of them is concurrent.
fn script<'d>(database: &'d TestDatabase, tables: &Value, statements: &[impl AsRef<str>]) -> Script<'d> {
    let script = Script::new(database).up("l1", tables.clone());
    let statements: Vec<&str> = statements.iter().map(AsRef::as_ref).collect();
    match statements.iter().any(|text| text.contains("CONCURRENTLY")) {
        true => script.outside("l2", json!(statements)),
        false => script.up("l2", json!(statements)),
    }
}

/// Measures statements, each in a revision of its own, and checks what is said of the tables.
fn check(database: &TestDatabase, cases: &[(&str, &[&str])]) -> TestResult {
    let mut wrong = Vec::new();
    for (statements, expected) in cases {
        let statements: Vec<&str> = statements.split("; ").collect();
        let script = script(database, &json!(TABLES), &statements);
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
    lint(script, range)
}

fn lint(script: &Script<'_>, arguments: &str) -> Outcome<Value> {
    let output = script.run(&format!("lint {arguments} --format json"))?;
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
                    "1 users: ROW SHARE, nothing, scan",
                ],
            ),
            ("ALTER TABLE users ADD CHECK (age >= 0)", &["0 users: ACCESS EXCLUSIVE, reads and writes, scan"]),
            ("ALTER TABLE users ADD UNIQUE (email)", &["0 users: ACCESS EXCLUSIVE, reads and writes, scan"]),
            ("DROP TABLE posts", &["0 posts: ACCESS EXCLUSIVE, reads and writes, catalogue"]),
            ("UPDATE users SET age = 1", &["0 how many rows it locks, and for how long, depends on the rows"]),
            ("INSERT INTO users (id) VALUES (7)", &[]),
            ("LOCK TABLE users IN SHARE MODE", &["0 users: SHARE, writes, catalogue"]),
            ("VACUUM FULL users", &["0 users: ACCESS EXCLUSIVE, reads and writes, rewrite"]),
            ("VACUUM users", &["0 users: SHARE UPDATE EXCLUSIVE, nothing, scan"]),
            ("VACUUM", &["0 it names no table: it may work on all of them"]),
            ("CLUSTER users USING users_pkey", &["0 users: ACCESS EXCLUSIVE, reads and writes, rewrite"]),
            ("REINDEX INDEX users_pkey", &["0 users: ACCESS EXCLUSIVE, reads and writes, scan"]),
            ("TRUNCATE users", &["0 users: ACCESS EXCLUSIVE, reads and writes, catalogue"]),
            ("ANALYZE users", &["0 users: SHARE UPDATE EXCLUSIVE, nothing, scan"]),
            ("CREATE TABLE copied AS SELECT * FROM users", &["0 users: ACCESS SHARE, nothing, scan"]),
            (
                "DO $$ BEGIN UPDATE users SET age = 1;END $$",
                &[
                    "0 how many rows it locks, and for how long, depends on the rows",
                    "0 users: ROW EXCLUSIVE, nothing, scan",
                ],
            ),
            (
                "INSERT INTO users (id) VALUES (7) ON CONFLICT (id) DO UPDATE SET age = 1",
                &["0 how many rows it locks, and for how long, depends on the rows"],
            ),
            // The made row is in the way of this insertion, and there is one again after it.
            (
                "INSERT INTO users (id, age) VALUES (1, 5), (2, 5); DELETE FROM users; \
                 ALTER TABLE posts ALTER COLUMN id TYPE BIGINT",
                &[
                    "1 how many rows it locks, and for how long, depends on the rows",
                    "2 posts: ACCESS EXCLUSIVE, reads and writes, rewrite",
                ],
            ),
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
            (
                "CREATE INDEX by_email ON users (email) LOCK=SHARED",
                &["0 users: ALGORITHM=NOCOPY, LOCK=SHARED, writes, scan"],
            ),
            ("ALTER TABLE users ENGINE=MyISAM", &["0 users: ALGORITHM=COPY, LOCK=SHARED, writes, rewrite"]),
            (
                "ALTER TABLE users PARTITION BY HASH (id) PARTITIONS 4",
                &["0 users: ALGORITHM=COPY, LOCK=SHARED, writes, rewrite"],
            ),
            (
                "CREATE TABLE copied AS SELECT * FROM users",
                &["0 how many rows it locks, and for how long, depends on the rows"],
            ),
            (
                "INSERT INTO posts SELECT id, id, 'a' FROM users",
                &["0 how many rows it locks, and for how long, depends on the rows"],
            ),
            (
                "EXECUTE IMMEDIATE 'ALTER TABLE users MODIFY id BIGINT NOT NULL'",
                &["0 the locks of this statement are not measured"],
            ),
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
            ("CREATE INDEX by_email ON users (email)", &["0 users: ALGORITHM=INPLACE, LOCK=NONE, nothing, scan"]),
            ("CREATE INDEX by_email ON users (email) LOCK=SHARED", &["0 users: LOCK=SHARED, writes, scan"]),
            (
                "ALTER TABLE users ADD COLUMN note TEXT, ALGORITHM=INPLACE",
                &["0 users: ALGORITHM=INPLACE, LOCK=NONE, nothing, rewrite"],
            ),
            (
                "ALTER TABLE users MODIFY email VARCHAR(120)",
                &["0 users: ALGORITHM=INPLACE, LOCK=NONE, nothing, catalogue"],
            ),
            (
                "INSERT INTO posts SELECT id, id, 'a' FROM users",
                &["0 how many rows it locks, and for how long, depends on the rows"],
            ),
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
            ("ALTER TABLE users DROP COLUMN age", &["0 users: EXCLUSIVE, the whole file, reads and writes, rewrite"]),
            ("CREATE INDEX by_email ON users (email)", &["0 users: EXCLUSIVE, the whole file, reads and writes, scan"]),
            ("REINDEX users", &["0 users: EXCLUSIVE, the whole file, reads and writes, scan"]),
            ("UPDATE users SET age = 1 WHERE id = 3", &["0 users: RESERVED, the whole file, writes, unknown"]),
            ("UPDATE users SET age = 1", &["0 users: EXCLUSIVE, the whole file, reads and writes, rewrite"]),
        ],
    )
}

/// A revision that rebuilds a referenced table begins again in a run; what it does before is measured once.
fn rebuilds_of_referenced_tables(database: &TestDatabase) -> TestResult {
    let tables = json!([
        "CREATE TABLE users (id INTEGER PRIMARY KEY, age INT)",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INT NOT NULL REFERENCES users (id))",
        "CREATE INDEX by_age ON users (age)",
    ]);
    let rebuild = json!({"alter": {"table": "users", "changes": [{"add_unique": ["u", ["age"]]}]}});
    for before in [
        json!(["CREATE TABLE fresh (id INT PRIMARY KEY)", "INSERT INTO fresh VALUES (1)"]),
        json!(["DROP INDEX by_age", "ALTER TABLE posts ADD COLUMN note TEXT"]),
        json!(["INSERT INTO users (id, age) VALUES (1, 30)", "INSERT INTO posts (id, author) VALUES (1, 1)"]),
        json!([{"begin": {}}, "DROP INDEX by_age", "commit"]),
        json!(["PRAGMA foreign_keys = OFF", "DROP INDEX by_age"]),
    ] {
        let mut statements = before.as_array().cloned().unwrap_or_default();
        statements.push(rebuild.clone());
        let script = Script::new(database).up("l1", tables.clone()).up("l2", json!(statements));
        let script = script.up("l3", json!(["INSERT INTO posts (id, author) VALUES (99, 1234)"]));
        let found = lint(&script, "l2:l3")?;
        let measured = found[0]["statements"].to_string();
        let is_whole = found[0]["unknown"].is_null() && measured.contains("DROP TABLE");
        // The next revision has foreign keys on again.
        let has_foreign_keys = found[1]["unknown"].to_string().contains("FOREIGN KEY");
        if !is_whole || !has_foreign_keys {
            return Err(format!("{before}: {found:#}").into());
        }
    }
    Ok(())
}

/// In the mode WAL, readers use the file beside a writer.
fn readers_of_wal(database: &TestDatabase) -> TestResult {
    database.execute("PRAGMA journal_mode = WAL; CREATE TABLE own (id INT)")?;
    check(database, &[("UPDATE users SET age = 1", &["0 users: RESERVED, the whole file, writes, rewrite"])])
}

/// A query that calls a function, and a change that returns rows, are statements of the report.
fn queries_that_change_something(database: &TestDatabase) -> TestResult {
    let function =
        "CREATE FUNCTION widen() RETURNS void LANGUAGE sql AS 'ALTER TABLE users ALTER COLUMN id TYPE BIGINT'";
    let tables = json!([TABLES[0], TABLES[1], function]);
    for (sql, expected) in [
        ("SELECT widen()", "1 users: ACCESS EXCLUSIVE, reads and writes, rewrite"),
        ("UPDATE users SET age = 1 RETURNING id", "1 how many rows it locks, and for how long, depends on the rows"),
    ] {
        let statements = json!(["ALTER TABLE posts ADD COLUMN note TEXT", {"query": {"sql": sql}}]);
        let script = Script::new(database).up("l1", tables.clone()).up("l2", statements);
        let found = lines(&script, "l2:l2")?;
        if found.len() != 2 || found[1] != expected {
            return Err(format!("{sql}: {found:?}").into());
        }
    }
    Ok(())
}

/// Partitions are changed with their table, and materialized views are measured as tables are.
fn partitions_and_views(database: &TestDatabase) -> TestResult {
    let tables = json!([
        "CREATE TABLE parts (id INT NOT NULL, n INT) PARTITION BY RANGE (id)",
        "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (100)",
        "CREATE TABLE users (id INT PRIMARY KEY)",
        "CREATE MATERIALIZED VIEW ids AS SELECT id FROM users",
    ]);
    for (statement, expected) in [
        (
            "ALTER TABLE parts ALTER COLUMN n TYPE BIGINT",
            vec![
                "0 part: ACCESS EXCLUSIVE, reads and writes, rewrite",
                "0 parts: ACCESS EXCLUSIVE, reads and writes, catalogue",
            ],
        ),
        (
            "REFRESH MATERIALIZED VIEW ids",
            vec!["0 ids: ACCESS EXCLUSIVE, reads and writes, rewrite", "0 users: ACCESS SHARE, nothing, scan"],
        ),
        ("CREATE INDEX ON ids (id)", vec!["0 ids: SHARE, nothing, scan"]),
    ] {
        let script = Script::new(database).up("l1", tables.clone()).up("l2", json!([statement]));
        let found = lines(&script, "l2:l2")?;
        if found != expected {
            return Err(format!("{statement}: {found:?}").into());
        }
    }
    Ok(())
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

/// The queries of the catalogue are prepared in the session; a revision may remove them from it.
fn the_catalogue_is_planned_once(database: &TestDatabase) -> TestResult {
    let prepared = "DO $$ BEGIN IF (SELECT count(*) FROM pg_prepared_statements) < 5 THEN \
        RAISE EXCEPTION 'the catalogue is planned again'; END IF; END $$";
    let statements = [
        "ALTER TABLE users ADD COLUMN a INT",
        prepared,
        "DEALLOCATE ALL",
        "ALTER TABLE users DROP COLUMN age",
        "ALTER TABLE users ADD COLUMN b INT",
        prepared,
    ];
    let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!(statements));
    let found = lint(&script, "l2:l2")?;
    assert!(found[0]["unknown"].is_null(), "{found:#}");
    assert_eq!(found[0]["statements"].as_array().map(Vec::len), Some(statements.len()), "{found:#}");
    let rules: Vec<_> = found[0]["findings"].as_array().into_iter().flatten().map(|own| &own["rule"]).collect();
    assert_eq!(rules, ["drop-column"], "{found:#}");
    Ok(())
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

/// A statement that changes an object of the server is not sent, and the rule about it still speaks.
fn the_server_is_as_before(database: &TestDatabase) -> TestResult {
    let statements = match database.backend() {
        Backend::Postgres => vec![
            ("CREATE ROLE role_of_lint".to_owned(), 10),
            ("DO $$ BEGIN EXECUTE 'CREATE ROLE role_of_lint'; END $$".to_owned(), 10),
        ],
        _ => vec![(format!("DROP DATABASE `{}`", database.name()), 9), ("CREATE USER user_of_lint".to_owned(), 10)],
    };
    let script = Script::new(database).up("l1", json!(TABLES));
    script.succeed("up 1")?;
    for (statement, code) in statements {
        let output = script.clone().up("l2", json!([statement])).run("lint")?;
        if output.code != Some(code) || !output.stdout.contains("of the server, which the copy does not stand for") {
            return Err(format!("{statement}: {output}").into());
        }
    }
    let created = match database.backend() {
        Backend::Postgres => "SELECT count(*) FROM pg_roles WHERE rolname = 'role_of_lint'",
        _ => "SELECT count(*) FROM mysql.user WHERE User = 'user_of_lint'",
    };
    assert_eq!(database.values::<i64>(created)?, [0]);
    database.execute("SELECT * FROM users")?;
    Ok(())
}

/// Applied revisions run again on a scratch database, and change nothing outside of it: not the real database by its
/// name, no user of the server, no other file.
fn a_replay_stays_inside(database: &TestDatabase) -> TestResult {
    let name = database.name();
    let role = format!("role_of_{name}");
    let (applied, says) = match database.backend() {
        Backend::Postgres => (vec![format!("ALTER ROLE {role} CONNECTION LIMIT 3")], "changes a user of the server"),
        Backend::Sqlite => {
            let statements = ["ATTACH 'other.db' AS other", "CREATE TABLE other.t (a INT)", "DETACH other"];
            (statements.map(str::to_owned).to_vec(), "changes a file beside the database")
        }
        _ => (vec![format!("UPDATE `{name}`.users SET age = 3")], "names the database"),
    };
    if database.backend() == Backend::Postgres {
        database.execute(&format!("CREATE ROLE {role}"))?;
    }
    let script = Script::new(database).up("l1", json!(TABLES)).outside("l2", json!(applied));
    let script = script.up("l3", json!(["ALTER TABLE users ADD COLUMN note INT"]));
    script.succeed("up 2")?;
    database.execute("INSERT INTO users (id, age) VALUES (1, 7)")?;
    if database.backend() == Backend::Sqlite {
        std::fs::remove_file(script.path("other.db"))?;
    }
    if database.backend() == Backend::Postgres {
        database.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 9"))?;
    }
    for (command, code) in [("lint", 1), ("check --revisions", 5)] {
        let output = script.run(command)?;
        assert!(output.code == Some(code) && output.stderr.contains(says), "{command}: {output}");
    }
    assert_eq!(database.values::<i32>("SELECT age FROM users")?, [7]);
    assert!(!script.path("other.db").exists());
    if database.backend() == Backend::Postgres {
        let limit = format!("SELECT rolconnlimit FROM pg_roles WHERE rolname = '{role}'");
        assert_eq!(database.values::<i32>(&limit)?, [9]);
        // A server for scratch databases may be changed.
        script.succeed(&format!("lint --scratch-url {}", database.url()))?;
        assert_eq!(database.values::<i32>(&limit)?, [3]);
        database.execute(&format!("DROP ROLE {role}"))?;
    }
    Ok(())
}

/// The statements in a block are those of the revision: one that changes the server is not run again, one whose text
/// does not show what it changes neither, and all others are.
fn a_block_stays_inside(database: &TestDatabase) -> TestResult {
    let role = format!("role_in_block_of_{}", database.name());
    let limit = format!("SELECT rolconnlimit FROM pg_roles WHERE rolname = '{role}'");
    database.execute(&format!("CREATE ROLE {role}"))?;
    let outside = "changes a user of the server";
    let computed = "a `DO` block runs a statement whose text does not show what it changes";
    for (declared, code, refused) in [
        ("", "IF true THEN ALTER ROLE ROLE CONNECTION LIMIT 3; END IF".to_owned(), Some(outside)),
        ("", "EXECUTE format('ALTER ROLE %I CONNECTION LIMIT 3', 'ROLE')".to_owned(), Some(outside)),
        ("DECLARE t TEXT := 'ALTER ROLE ROLE CONNECTION LIMIT 3';", "EXECUTE t".to_owned(), Some(computed)),
        ("", "EXECUTE format('ALTER TABLE %I ADD COLUMN extra INT', 'users')".to_owned(), None),
        ("", "EXECUTE 'ALTER DATABASE ' || current_database() || ' SET work_mem = 5000'".to_owned(), None),
        // It is there already, as it is for a run on the real database.
        (
            "",
            "IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ROLE') THEN CREATE ROLE ROLE; END IF".to_owned(),
            None,
        ),
    ] {
        let block = format!("DO $$ {declared} BEGIN {code}; END $$").replace("'ROLE'", &format!("'{role}'"));
        let block = block.replace("ROLE ROLE", &format!("ROLE {role}"));
        let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!([block]));
        let script = script.up("l3", json!(["ALTER TABLE users ADD COLUMN note INT"]));
        script.succeed("up 2")?;
        database.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 9"))?;
        for (command, code) in [("lint", 1), ("check --revisions", 5)] {
            let output = script.run(command)?;
            let is_right = match refused {
                Some(says) => output.code == Some(code) && output.stderr.contains(says),
                // The revision above it is pending.
                None => matches!(output.code, Some(0 | 8)),
            };
            assert!(is_right, "{command}: {block}: {output}");
            assert_eq!(database.values::<i32>(&limit)?, [9], "{command}: {block}");
        }
        script.succeed("stamp base")?;
        database.execute("DROP TABLE users")?;
        database.execute("DROP TABLE posts")?;
    }
    database.execute(&format!("DROP ROLE {role}"))?;
    Ok(())
}

/// Measures statements, and checks which rules have found something.
fn check_rules(database: &TestDatabase, cases: &[(&str, &[&str])]) -> TestResult {
    let mut wrong = Vec::new();
    for (statements, expected) in cases {
        let list: Vec<&str> = statements.split("; ").collect();
        let script = script(database, &json!(TABLES), &list);
        let measured = measured(&script, "l2:l2")?;
        let findings = measured[0]["findings"].as_array().cloned().unwrap_or_default();
        let found: Vec<&str> = findings.iter().filter_map(|finding| finding["rule"].as_str()).collect();
        if found != *expected {
            wrong.push(format!("{statements}\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Changes that are the same on each database, with what the rules about changes say.
const CHANGES: [(&str, &[&str]); 9] = [
    ("CREATE TABLE fresh (id INT NOT NULL); CREATE UNIQUE INDEX u ON fresh (id); DROP TABLE fresh", &[]),
    ("CREATE TABLE fresh (id INT NOT NULL); ALTER TABLE fresh RENAME TO other; DROP TABLE other", &[]),
    ("ALTER TABLE users ADD COLUMN note VARCHAR(10)", &[]),
    ("ALTER TABLE users ADD COLUMN note INT NOT NULL DEFAULT 3", &[]),
    ("DROP TABLE posts", &["drop-table"]),
    ("ALTER TABLE posts RENAME TO articles", &["rename-table"]),
    ("ALTER TABLE posts RENAME COLUMN title TO heading", &["rename-column"]),
    (
        "ALTER TABLE posts RENAME TO articles; ALTER TABLE articles RENAME COLUMN title TO heading",
        &["rename-table", "rename-column"],
    ),
    ("INSERT INTO users (id) VALUES (7)", &[]),
];

fn rules_on_postgres(database: &TestDatabase) -> TestResult {
    check_rules(database, &CHANGES)?;
    check_rules(
        database,
        &[
            ("ALTER TABLE users DROP COLUMN age", &["drop-column"]),
            ("CREATE INDEX ON users (email)", &["index-blocks-writes"]),
            ("CREATE INDEX CONCURRENTLY by_email ON users (email)", &[]),
            ("CREATE UNIQUE INDEX by_email ON users (email)", &["add-unique-blocks", "add-unique-on-rows"]),
            ("ALTER TABLE users ADD UNIQUE (email)", &["add-unique-blocks", "add-unique-on-rows"]),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY by_email ON users (email); \
                 ALTER TABLE users ADD CONSTRAINT one_email UNIQUE USING INDEX by_email",
                &["add-unique-on-rows"],
            ),
            ("ALTER TABLE users ALTER COLUMN id TYPE BIGINT", &["change-type-blocks"]),
            ("ALTER TABLE users ALTER COLUMN email TYPE TEXT", &[]),
            ("ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(5)", &["change-type-blocks", "lossy-type"]),
            ("ALTER TABLE users ALTER COLUMN email SET NOT NULL", &["set-not-null-blocks", "set-not-null-on-rows"]),
            ("ALTER TABLE users ALTER COLUMN age DROP NOT NULL", &["drop-not-null"]),
            ("ALTER TABLE users ALTER COLUMN age SET DEFAULT 5", &[]),
            ("ALTER TABLE users ADD COLUMN at TIMESTAMPTZ DEFAULT clock_timestamp()", &["add-column-blocks"]),
            ("ALTER TABLE users ADD COLUMN n BIGSERIAL", &["add-column-blocks"]),
            ("ALTER TABLE users ADD CHECK (age >= 0)", &["add-check-blocks"]),
            ("ALTER TABLE users ADD CONSTRAINT old CHECK (age >= 0) NOT VALID", &[]),
            // Both tables are locked.
            (
                "ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id)",
                &["add-foreign-key-blocks", "add-foreign-key-blocks"],
            ),
            ("ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id) NOT VALID", &[]),
            ("ALTER TABLE users ADD COLUMN note TEXT; UPDATE posts SET title = 'x'", &["rows-and-schema"]),
            (
                "ALTER TABLE users ADD COLUMN note TEXT; CREATE INDEX ON posts (title)",
                &["index-blocks-writes", "lock-held"],
            ),
        ],
    )
}

fn rules_on_mysql_and_mariadb(database: &TestDatabase) -> TestResult {
    check_rules(database, &CHANGES)?;
    check_rules(
        database,
        &[
            ("ALTER TABLE users DROP COLUMN age", &["drop-column"]),
            ("CREATE INDEX by_email ON users (email)", &[]),
            ("CREATE UNIQUE INDEX by_email ON users (email)", &["add-unique-on-rows"]),
            ("ALTER TABLE users MODIFY id BIGINT NOT NULL", &["change-type-blocks"]),
            ("ALTER TABLE users MODIFY email VARCHAR(5)", &["change-type-blocks", "lossy-type"]),
            ("ALTER TABLE posts CHANGE title heading VARCHAR(100) NOT NULL", &["rename-column"]),
        ],
    )
}

fn rules_on_sqlite(database: &TestDatabase) -> TestResult {
    let (others, dropped): (Vec<_>, Vec<_>) = CHANGES.into_iter().partition(|(_, rules)| *rules != ["drop-table"]);
    check_rules(database, &others)?;
    // Dropping a table frees each of its pages.
    check_rules(database, &[(dropped[0].0, &["rewrite-blocks", "drop-table"])])?;
    check_rules(
        database,
        &[
            ("ALTER TABLE users DROP COLUMN age", &["rewrite-blocks", "drop-column"]),
            ("CREATE UNIQUE INDEX by_email ON users (email)", &["add-unique-blocks", "add-unique-on-rows"]),
            ("UPDATE users SET age = 1", &["rewrite-blocks"]),
        ],
    )
}

/// `--data` finds the rows on which a revision would fail, and then `up` fails; without such rows, `up` succeeds.
fn rows_of_the_database(database: &TestDatabase) -> TestResult {
    let unique = "CREATE UNIQUE INDEX by_email ON users (email)";
    let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!([unique]));
    script.succeed("up 1")?;
    database.execute("INSERT INTO users (id, email) VALUES (1, 'a@x'), (2, 'b@x'), (3, 'a@x'), (4, NULL)")?;
    let output = script.run("lint --data")?;
    let says = "error[fails-on-rows]: it fails: `users` (email) has equal values in 2 rows; id = ";
    // The database may answer in any order.
    let keys = output.stdout.split_once(says).map_or("", |(_, keys)| keys.lines().next().unwrap_or_default());
    if output.code != Some(9) || !["1, 3", "3, 1"].contains(&keys) || database.execute(unique).is_ok() {
        return Err(output.to_string().into());
    }
    database.execute("UPDATE users SET email = 'c@x' WHERE id = 3")?;
    let output = script.run("lint --data")?;
    if output.stdout.contains("fails-on-rows") || output.stdout.contains("add-unique-on-rows") {
        return Err(output.to_string().into());
    }
    script.succeed("up")?;
    Ok(())
}

/// A stored column keeps its values, and a virtual one can only be dropped and added again, below the same index: both
/// are known. What a statement does that drops a stored one is not.
fn generated_columns_become_plain(database: &TestDatabase) -> TestResult {
    let table = "CREATE TABLE t (id INT PRIMARY KEY, a INT, n INT AS (a * 2) STORED, v INT AS (a * 2) VIRTUAL, \
        UNIQUE KEY by_n (n), UNIQUE KEY by_v (v))";
    for (change, foreseen) in [
        ("MODIFY n INT", "succeeds"),
        ("MODIFY n SMALLINT", "fails: id = 2"),
        ("MODIFY n INT NOT NULL", "fails: id = 3"),
        ("DROP COLUMN v, ADD COLUMN v INT", "succeeds"),
        ("DROP COLUMN v, ADD COLUMN v INT NOT NULL", "fails: 3 rows"),
        ("DROP COLUMN n, ADD COLUMN n INT NOT NULL", "unknown"),
    ] {
        let script = Script::new(database).up("l1", json!([table]));
        let script = script.up("l2", json!([format!("ALTER TABLE t {change}")]));
        script.succeed("up 1")?;
        database.execute("INSERT INTO t (id, a) VALUES (1, 1), (2, 20000), (3, NULL)")?;
        let output = script.run("lint --data")?;
        let has = |part: &str| output.stdout.contains(part);
        let found = match (has("error[fails-on-rows]"), has("unknown: whether it fails on a row")) {
            (true, false) if has("id = 2\n") => "fails: id = 2",
            (true, false) if has("id = 3\n") => "fails: id = 3",
            (true, false) if has("equal values in 3 rows") => "fails: 3 rows",
            (false, true) => "unknown",
            (false, false) => "succeeds",
            _ => "several answers",
        };
        assert_eq!(found, foreseen, "{change}: {output}");
        assert_eq!(script.run("up 1")?.success(), foreseen == "succeeds", "{change}");
        database.execute("DROP TABLE t")?;
        database.execute("DELETE FROM seachange_revision")?;
        database.execute("DELETE FROM seachange_revision_statement")?;
    }
    Ok(())
}

/// The value before a statement that computes another one does not say whether that is NULL.
fn computed_values_are_not_those_before(database: &TestDatabase) -> TestResult {
    let change = "ALTER TABLE t ALTER COLUMN n TYPE INT USING coalesce(n::INT, 0), ALTER COLUMN n SET NOT NULL";
    let script = Script::new(database).up("l1", json!(["CREATE TABLE t (id INT PRIMARY KEY, n TEXT)"]));
    let script = script.up("l2", json!([change]));
    script.succeed("up 1")?;
    database.execute("INSERT INTO t (id, n) VALUES (1, NULL)")?;
    let output = script.run("lint --data")?;
    let is_unknown = output.stdout.contains("the change computes the values by an expression of its own");
    assert!(is_unknown && !output.stdout.contains("fails-on-rows"), "{output}");
    script.succeed("up 1")?;
    Ok(())
}

/// `--data` finds the values that `alter` would lose, by the names that the table has now.
fn values_that_would_be_lost(database: &TestDatabase) -> TestResult {
    let change = match database.backend() {
        Backend::Postgres => json!({"modify_column_using": ["years", "integer", "\"years\"::integer"]}),
        _ => json!({"modify_column": ["years", "integer"]}),
    };
    let script = Script::new(database)
        .up("l1", json!(["CREATE TABLE users (id INT PRIMARY KEY, age VARCHAR(20))"]))
        .up("l2", json!(["ALTER TABLE users RENAME TO people"]))
        .up("l3", json!(["ALTER TABLE people RENAME COLUMN age TO years"]))
        .up("l4", json!([{"alter": {"table": "people", "changes": [change]}}]));
    script.succeed("up 1")?;
    database.execute("INSERT INTO users (id, age) VALUES (1, '7'), (2, '007'), (3, NULL), (4, 'seven')")?;
    let output = script.run("lint --data")?;
    let says = "`users` (years) has values that the new type cannot hold in 2 rows; id = 2, 4";
    assert!(output.code == Some(9) && output.stdout.contains(says), "{output}");
    assert!(!script.run("up")?.success());
    assert!(script.is_applied("l3")? && !script.is_applied("l4")?);
    database.execute("UPDATE people SET years = '8' WHERE id IN (2, 4)")?;
    let output = script.run("lint --data")?;
    assert!(!output.stdout.contains("fails-on-rows"), "{output}");
    script.go_on()?;
    assert!(script.is_applied("l4")?);
    Ok(())
}

/// Rows that an earlier pending statement writes are not those that the database has now.
fn rows_that_cannot_be_known(database: &TestDatabase) -> TestResult {
    let statements = ["UPDATE users SET email = 'a@x'", "CREATE UNIQUE INDEX by_email ON users (email)"];
    let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!(statements));
    script.succeed("up 1")?;
    database.execute("INSERT INTO users (id, email) VALUES (1, 'a@x'), (2, 'b@x')")?;
    let output = script.run("lint --data")?;
    let is_unknown = output.stdout.contains("unknown: whether it fails on a row of `users` (email)");
    match matches!(output.code, Some(9 | 10)) && is_unknown {
        true => Ok(()),
        false => Err(output.to_string().into()),
    }
}

/// A finding is printed as cargo prints one.
fn findings_as_text(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!(["DROP TABLE posts"]));
    let output = script.run("lint l2:l2")?;
    let expected =
        "\nwarning[drop-table]: the rows of `posts` are lost, and a program that still reads it fails\n  --> ";
    let statement = "  = statement: DROP TABLE posts\n  = help: drop it when no version of the service";
    match output.code == Some(9) && output.stdout.contains(expected) && output.stdout.contains(statement) {
        true => Ok(()),
        false => Err(output.to_string().into()),
    }
}

/// The commit has the first revision file, in a repository of the test's own.
fn since_a_commit(database: &TestDatabase) -> TestResult {
    let script =
        Script::new(database).up("l1", json!(TABLES)).up("l2", json!(["ALTER TABLE posts RENAME TO articles"]));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/scripted-revisions");
    let repository = database.folder().join("repository");
    let git = |arguments: &[&str]| -> TestResult {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments).current_dir(&folder);
        let output = git.env("GIT_DIR", &repository).env("GIT_WORK_TREE", &folder).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said.into()) }
    };
    git(&["init", "--quiet"])?;
    git(&["add", "src/versions/m20261121_01.rs"])?;
    git(&["commit", "--quiet", "-m", "first"])?;
    git(&["tag", "v1"])?;
    let lint = |place: &str| -> Outcome<Output> {
        let program = script.program(&format!("lint --since {place} --format json"))?;
        Ok(program.env("GIT_DIR", &repository).env("GIT_WORK_TREE", &folder).run()?)
    };
    let output = lint("git:v1")?;
    let found: Value = serde_json::from_str(&output.stdout).map_err(|_| output.to_string())?;
    let measured: Vec<&str> =
        found.as_array().into_iter().flatten().filter_map(|own| own["revision"].as_str()).collect();
    assert_eq!(measured, ["l2", "l3", "l4", "l5", "l6"], "{output}");
    assert_eq!(found[0]["findings"][0]["rule"], "rename-table", "{output}");
    git(&["add", "src/versions"])?;
    git(&["commit", "--quiet", "-m", "all"])?;
    let output = lint("git:HEAD")?;
    assert_eq!((output.code, output.stdout.trim()), (Some(0), "[]"), "{output}");
    let output = lint("git:absent")?;
    assert!(output.code == Some(2) && output.stderr.contains("git has no commit `absent`"), "{output}");
    Ok(())
}

/// `warn` refuses on any finding and `deny` on errors; a refused upgrade applies nothing.
fn an_upgrade_is_refused(database: &TestDatabase) -> TestResult {
    let script =
        Script::new(database).up("l1", json!(TABLES)).up("l2", json!(["ALTER TABLE posts RENAME TO articles"]));
    script.succeed("up 1")?;
    for arguments in ["up 1 --lint warn", "up 1 --lint warn --dry-run"] {
        let output = script.run(arguments)?;
        let says = "`--lint` refuses the upgrade: 1 finding; nothing was applied";
        assert!(output.code == Some(9) && output.stderr.contains(says), "{output}");
        assert!(output.stderr.contains("warning[rename-table]: a program that still uses `posts` fails"), "{output}");
        assert_eq!(script.record()?, ["l1 applied"]);
    }
    let output = script.run("up 1 --lint warn --format json")?;
    let last: Value = serde_json::from_str(output.stdout.lines().last().unwrap_or_default())?;
    assert!(output.code == Some(9) && last.to_string().contains("rename-table"), "{output}");
    // It is only a warning.
    let output = script.succeed("up 1 --lint deny")?;
    assert!(output.stderr.contains("rename-table"), "{output}");
    assert_eq!(script.record()?, ["l1 applied", "l2 applied"]);
    Ok(())
}

/// A revision that would fail on a row is not run, even if it is the second one of the run and cannot be rolled back.
fn an_upgrade_looks_at_the_rows(database: &TestDatabase) -> TestResult {
    let script = Script::new(database)
        .up("l1", json!(TABLES))
        .up("l2", json!(["CREATE TABLE fresh (id INT PRIMARY KEY)"]))
        .outside("l3", json!(["DROP TABLE fresh", "CREATE UNIQUE INDEX by_email ON users (email)"]));
    script.succeed("up 1")?;
    database.execute("INSERT INTO users (id, email) VALUES (1, 'a@x'), (2, 'a@x')")?;
    let output = script.run("up --foresee")?;
    let says =
        ["`l3`", "was not run", "it fails: `users` (email) has equal values in 2 rows; id = ", "nothing of it was run"];
    let hint = "correct these rows, then `up` continues from here";
    assert!(says.into_iter().chain([hint]).all(|part| output.stderr.contains(part)), "{output}");
    assert_eq!(script.record()?, ["l1 applied", "l2 applied"], "{output}");
    // What the revision would have dropped is there.
    database.execute("DELETE FROM fresh")?;
    database.execute("UPDATE users SET email = 'b@x' WHERE id = 2")?;
    script.succeed("up --foresee")?;
    assert!(script.is_applied("l6")?);
    Ok(())
}

/// `up --foresee` refuses a revision whose `alter` would refuse to lose values, before a statement of it runs. What the
/// revisions of the same run have renamed, and the values that they have written, count.
fn an_upgrade_looks_at_values(database: &TestDatabase) -> TestResult {
    let change = match database.backend() {
        Backend::Postgres => json!({"modify_column_using": ["years", "integer", "\"years\"::integer"]}),
        _ => json!({"modify_column": ["years", "integer"]}),
    };
    let alter = json!({"alter": {"table": "people", "changes": [change]}});
    let script = Script::new(database)
        .up("l1", json!(["CREATE TABLE users (id INT PRIMARY KEY, years VARCHAR(20))", "CREATE TABLE fresh (id INT)"]))
        .up("l2", json!(["ALTER TABLE users RENAME TO people", "UPDATE people SET years = '007' WHERE id = 1"]))
        .outside("l3", json!(["DROP TABLE fresh", alter]));
    script.succeed("up 1")?;
    database.execute("INSERT INTO users (id, years) VALUES (1, '7'), (2, '8'), (3, NULL), (4, 'seven')")?;
    let output = script.run("up --foresee")?;
    let says = [
        "`l3`",
        "was not run",
        "`people` (years) has values that the new type cannot hold in 2 rows; id = ",
        "nothing of it was run",
    ];
    assert!(!output.success() && says.into_iter().all(|part| output.stderr.contains(part)), "{output}");
    // The database may answer in any order.
    assert!(output.stderr.contains("id = 1, 4") || output.stderr.contains("id = 4, 1"), "{output}");
    assert_eq!(script.record()?, ["l1 applied", "l2 applied"], "{output}");
    // Without `--foresee`, the first statement of the revision has run when `alter` refuses.
    database.execute("DELETE FROM fresh")?;
    database.execute("UPDATE people SET years = '9' WHERE id IN (1, 4)")?;
    script.succeed("up --foresee")?;
    assert!(script.is_applied("l6")?);
    assert_eq!(
        database.values::<Option<i32>>("SELECT years FROM people ORDER BY id")?,
        [Some(9), Some(8), None, Some(9)]
    );
    Ok(())
}

const BOOK: &str = include_str!("../../docs/src/lint-rules.md");

/// Rules without examples in SQL: they need rows, versions of a service, another version of the server, or are about files.
const WITHOUT_EXAMPLES: [&str; 9] = [
    "fails-on-rows",
    "breaks-running-code",
    "may-break-running-code",
    "index-corruption",
    "no-downgrade",
    "irreversible-down",
    "several-heads",
    "entity-in-revision",
    "unused-allowance",
];

/// An example of the book: the rule, the words after `sql` at its beginning, and its statements.
struct Example {
    rule: String,
    words: Vec<String>,
    statements: Vec<String>,
}

fn examples() -> Vec<Example> {
    let (mut rule, mut found) = (String::new(), Vec::new());
    let mut lines = BOOK.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("## `") {
            rule = name.trim_end_matches('`').to_owned();
        } else if let Some(words) = line.strip_prefix("```sql,") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let statements = text.join("\n");
            let statements = statements.split(';').map(str::trim).filter(|text| !text.is_empty());
            found.push(Example {
                rule: rule.clone(),
                words: words.split(',').map(str::to_owned).collect(),
                statements: statements.map(str::to_owned).collect(),
            });
        }
    }
    found
}

/// The examples for a database: the rule finds something, or nothing, as the book says. Each is a revision that follows
/// the tables alone, so `lint` measures one at a time.
fn examples_of_the_book(database: &TestDatabase) -> TestResult {
    let backend = format!("{}", database.backend()).to_lowercase().replace("postgresql", "postgres");
    let examples = examples();
    let is_here = |example: &&Example| example.words.contains(&backend);
    let is_table = |example: &&Example| example.words[0] == "tables" && (example.words.len() == 1 || is_here(example));
    let tables: Vec<&String> = examples.iter().filter(is_table).flat_map(|example| &example.statements).collect();
    // Those that are off by default too.
    let all: Vec<String> = rules(database)?.iter().map(|rule| format!(" --warn {}", rule.id)).collect();
    let arguments = format!("l2:l2{}", all.concat());
    let (mut wrong, mut count) = (Vec::new(), 0);
    for example in examples.iter().filter(|example| is_here(example) && example.words[0] != "tables") {
        let has = |word: &str| example.words.iter().any(|own| own == word);
        let statements = if has("one-text") { vec![example.statements.join("; ")] } else { example.statements.clone() };
        let script = match (has("outside"), has("inside")) {
            (true, _) => Script::new(database).up("l1", json!(tables)).outside("l2", json!(statements)),
            (_, true) => Script::new(database).up("l1", json!(tables)).up("l2", json!(statements)),
            _ => script(database, &json!(tables), &statements),
        };
        let measured = lint(&script, &arguments)?;
        let findings = measured[0]["findings"].as_array().cloned().unwrap_or_default();
        let fires = findings.iter().any(|finding| finding["rule"] == example.rule.as_str());
        let failed = measured[0]["unknown"].as_str().is_some_and(|reason| reason.contains("failed"));
        if fires != (example.words[0] == "fires") || failed != has("unmeasured") {
            wrong.push(format!("{} {:?}: {:?}: {measured}", example.rule, example.words, example.statements));
        }
        count += 1;
    }
    match (count > 10, wrong.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("the book has only {count} examples for {backend}").into()),
        (true, false) => Err(wrong.join("\n").into()),
    }
}

/// A rule, as the program lists it.
struct Listed {
    id: String,
    databases: Vec<String>,
}

fn rules(database: &TestDatabase) -> Outcome<Vec<Listed>> {
    let output = Script::new(database).succeed("lint --rules --format json")?;
    let listed: Value = serde_json::from_str(&output.stdout)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let databases = |rule: &Value| {
        let names = rule["databases"].as_array().into_iter().flatten().map(text);
        names.map(|name| name.to_lowercase().replace("postgresql", "postgres")).collect()
    };
    let rules = listed.as_array().into_iter().flatten();
    Ok(rules.map(|rule| Listed { id: text(&rule["rule"]), databases: databases(rule) }).collect())
}

/// Each rule has examples that fire and that do not on each of its databases, and none that fires on another one. The
/// program prints its section, without the words that are for this test.
fn the_book_has_each_rule(database: &TestDatabase) -> TestResult {
    let (examples, mut missing) = (examples(), Vec::new());
    for rule in rules(database)?.iter().filter(|rule| !WITHOUT_EXAMPLES.contains(&rule.id.as_str())) {
        for backend in ["postgres", "mariadb", "mysql", "sqlite"].map(str::to_owned) {
            let of_rule = examples.iter().filter(|own| own.rule == rule.id && own.words.contains(&backend));
            let words: Vec<&str> = of_rule.map(|own| own.words[0].as_str()).collect();
            let is_there = rule.databases.contains(&backend);
            if words.contains(&"fires") != is_there || is_there && !words.contains(&"silent") {
                missing.push(format!("{} on {backend}: {words:?}", rule.id));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
    let script = Script::new(database);
    let output = script.succeed("lint --explain drop-table")?;
    let begin = "## `drop-table`\n\nLevel: `warn`, on all databases.";
    assert!(output.stdout.starts_with(begin), "{output}");
    assert!(output.stdout.contains("```sql\nDROP TABLE posts;\n```"), "{output}");
    assert!(!output.stdout.contains("## `recreate-table`"), "{output}");
    let output = script.run("lint --explain nonsense")?;
    assert!(output.stderr.contains("hint: the rules are `index-blocks-writes`, "), "{output}");
    Ok(())
}

/// Options set levels for one run, and decide the word of a finding and the exit code.
fn levels_on_the_command_line(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLES));
    let script = script.up("l2", json!(["ALTER TABLE posts RENAME TO articles"]));
    for (arguments, code, says) in [
        ("", 9, "warning[rename-table]"),
        (" --deny rename-table", 9, "error[rename-table]"),
        (" --allow rename-table", 0, "ALTER TABLE posts RENAME TO articles"),
    ] {
        let output = script.run(&format!("lint l2:l2{arguments}"))?;
        if output.code != Some(code) || !output.stdout.contains(says) {
            return Err(format!("{arguments}: {output}").into());
        }
    }
    Ok(())
}

/// The file exists, the line is that of `fn up`, and both formats name the same rule.
fn findings_for_programs(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLES));
    let script = script.up("l2", json!(["ALTER TABLE posts RENAME TO articles"]));
    let output = script.run("lint l2:l2 --format github")?;
    let line = output.stdout.strip_prefix("::warning file=").ok_or_else(|| output.to_string())?;
    let (file, rest) = line.split_once(",line=").ok_or_else(|| output.to_string())?;
    let (number, rest) = rest.split_once(',').ok_or_else(|| output.to_string())?;
    let source = std::fs::read_to_string(file)?;
    let number: usize = number.parse()?;
    assert!(source.lines().nth(number - 1).is_some_and(|line| line.contains("fn up")), "{file}:{number}");
    assert!(rest.starts_with("title=rename-table::a program that still uses `posts` fails"), "{output}");
    let output = script.run("lint l2:l2 --format sarif")?;
    let document: Value = serde_json::from_str(&output.stdout)?;
    let result = &document["runs"][0]["results"][0];
    assert_eq!((output.code, &result["ruleId"]), (Some(9), &json!("rename-table")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!((&place["artifactLocation"]["uri"], &place["region"]["startLine"]), (&json!(file), &json!(number)));
    Ok(())
}

/// A table that a pending revision renames has rows under its new name too.
fn moved_tables_keep_their_rows(database: &TestDatabase) -> TestResult {
    let moved = json!(["CREATE SCHEMA archive", "ALTER TABLE posts SET SCHEMA archive"]);
    let both = json!(["CREATE SCHEMA archive", "DROP TABLE users", "ALTER TABLE posts SET SCHEMA \"archive\""]);
    for (steps, lost) in [(moved, None), (both, Some("the rows of `users` are lost"))] {
        let measured = measured(&Script::new(database).up("l1", json!(TABLES)).up("l2", steps), "l2:l2")?.to_string();
        assert!(!measured.contains("the rows of `posts` are lost"), "{measured}");
        assert!(lost.is_none_or(|lost| measured.contains(lost)), "{measured}");
    }
    Ok(())
}

fn renamed_tables_are_followed(database: &TestDatabase) -> TestResult {
    let rename = "ALTER TABLE posts RENAME TO articles";
    let slow = match database.backend() {
        Backend::Postgres => "CREATE INDEX by_title ON articles (title)",
        Backend::Sqlite => "ALTER TABLE articles DROP COLUMN title",
        _ => "ALTER TABLE articles MODIFY id BIGINT NOT NULL",
    };
    let two = Script::new(database).up("l1", json!(TABLES)).up("l2", json!([rename])).up("l3", json!([slow]));
    let one = Script::new(database).up("l1", json!(TABLES)).up("l2", json!([rename, slow]));
    for (script, range) in [(two, "l2:l3"), (one, "l2:l2")] {
        let measured = measured(&script, range)?;
        let findings = measured.as_array().into_iter().flatten().flat_map(|own| own["findings"].as_array());
        let mut rules = findings.flatten().filter_map(|finding| finding["rule"].as_str());
        if !rules.any(|rule| rule.ends_with("-blocks") || rule.ends_with("-writes")) {
            return Err(format!("{range}: {measured}").into());
        }
    }
    Ok(())
}
