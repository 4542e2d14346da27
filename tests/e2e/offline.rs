//! Scripts instead of runs: the output of `up --sql` and similar commands, run by the database's own command-line
//! client, has the same effect as the program itself.

use std::fs;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use seachange_tests::{
    Backend, OnError, Output, Program, TestDatabase, block_on, client,
    harness::{Case, TestResult, each_backend},
    snapshot,
};
use serde_json::{Value, json};

use crate::guarantees::script::Script;

/// The programs with revisions, and the kind of failure.
const PROGRAMS: [Revisions; 4] = [
    MIGRATION,
    FAILING,
    Revisions { name: "failing-migration", trouble: "books up: oddities" },
    Revisions { name: "failing-migration", trouble: "names up: twins" },
];

/// A query that a script cannot make, and the name of the test.
const QUESTIONS: [(&str, &str); 3] =
    [("probe", "books up: probe"), ("select", "books up: select"), ("returning", "books up: returning")];

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("offline::scripts_do_what_up_and_down_do", scripts_do_what_up_and_down_do);
    cases.extend(each_backend("offline::upper_half_keeps_the_rows", upper_half_keeps_the_rows));
    cases.extend(each_backend("offline::stamps_are_written", stamps_are_written));
    cases.extend(each_backend("offline::scripts_read_well", scripts_read_well));
    cases.extend(each_backend("offline::questions_are_refused_by_name", questions_are_refused_by_name));
    cases.extend(each_backend("offline::failed_script_leaves_whole_revisions", failed_script_leaves_whole_revisions));
    cases.push(Case::on(Backend::Sqlite, "offline::orphans_stop_a_rebuild", orphans_stop_a_rebuild));
    cases.push(Case::on(Backend::Sqlite, "offline::unknown_trigger_stops_a_rebuild", unknown_trigger_stops_a_rebuild));
    cases.push(Case::on(Backend::Postgres, "offline::psql_may_go_on_after_an_error", psql_may_go_on_after_an_error));
    cases.push(Case::on(Backend::Postgres, "offline::schema_of_the_settings_is_used", schema_of_the_settings_is_used));
    for backend in Backend::LIKE_MYSQL {
        cases.push(Case::on(backend, "offline::checks_of_columns_are_kept", checks_of_columns_are_kept));
    }
    cases.push(Case::new("offline::nothing_is_connected_to", nothing_is_connected_to));
    cases.push(Case::on(Backend::Sqlite, "offline::ranges_are_refused_in_words", ranges_are_refused_in_words));
    cases
}

/// A program of the workspace, whose revisions fail with `trouble`.
#[derive(Clone, Copy)]
struct Revisions {
    name: &'static str,
    trouble: &'static str,
}

impl Revisions {
    fn program(self, database: &TestDatabase, arguments: &str) -> Program {
        Program::named(self.name).database(database).env("TROUBLE", self.trouble).args(arguments.split(' '))
    }

    fn succeed(self, database: &TestDatabase, arguments: &str) -> Result<Output, Box<dyn std::error::Error>> {
        Ok(self.program(database, arguments).run()?.succeeded()?)
    }

    /// Writes a script for a database, and runs it with the database's command-line client.
    fn run_script(self, database: &TestDatabase, arguments: &str) -> TestResult {
        let script = self.succeed(database, arguments)?.stdout;
        let output = client(database, &script, OnError::Stops).run()?.succeeded()?;
        assert_eq!(output.stderr, "", "{script}");
        Ok(())
    }
}

const MIGRATION: Revisions = Revisions { name: "migration", trouble: "" };
const FAILING: Revisions = Revisions { name: "failing-migration", trouble: "" };

/// A second database of the same kind.
fn another(database: &TestDatabase) -> Result<TestDatabase, Box<dyn std::error::Error>> {
    Ok(TestDatabase::at(database.backend(), database.address().cloned())?)
}

/// The record without times.
fn record(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    database.values(
        "SELECT revision || ' ' || down_revision || ' ' || depends_on || ' ' || source_hash || ' ' || state || ' ' || \
         program || ' ' || CASE WHEN finished_at >= started_at THEN 'in order' ELSE 'out of order' END \
         FROM seachange_revision ORDER BY revision",
    )
}

/// Every value of a table, without knowledge of its columns. Both databases must have the same values.
fn oddities(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    if !database.tables()?.iter().any(|table| table == "oddities") {
        return Ok(Vec::new());
    }
    database.values(match database.backend() {
        Backend::Sqlite => {
            "SELECT id || quote(words) || quote(bytes) || quote(number) || quote(flag) || quote(moment) || quote(day) \
             || quote(document) FROM oddities ORDER BY id"
        }
        Backend::Postgres => "SELECT oddities::text FROM oddities ORDER BY id",
        Backend::MariaDb | Backend::MySql => {
            "SELECT CONCAT_WS('|', id, words, HEX(bytes), number, flag, moment, day, document) FROM oddities ORDER BY id"
        }
    })
}

/// The complete upgrade and downgrade, with scripts and without.
fn scripts_do_what_up_and_down_do(database: &TestDatabase) -> TestResult {
    for revisions in PROGRAMS {
        let Revisions { name, trouble } = revisions;
        let (run, scripted) = (another(database)?, another(database)?);
        revisions.succeed(&run, "up")?;
        revisions.run_script(&scripted, "up --sql")?;
        assert_eq!(scripted.schema()?, run.schema()?, "{name} {trouble}");
        assert_eq!(record(&scripted)?, record(&run)?, "{name} {trouble}");
        assert_eq!(oddities(&scripted)?, oddities(&run)?, "{name} {trouble}");
        assert_eq!(oddities(&run)?.is_empty(), !trouble.ends_with("oddities"));
        let output = revisions.succeed(&scripted, "up")?;
        assert!(output.stderr.starts_with("nothing to do"), "{output}");
        assert!(!revisions.succeed(&scripted, "status")?.stdout.contains("pending"));

        revisions.succeed(&run, "down base")?;
        revisions.run_script(&scripted, "down --sql heads:base")?;
        assert_eq!(scripted.schema()?, run.schema()?, "{name} {trouble}");
        assert_eq!(record(&scripted)?, Vec::<String>::new());
    }
    Ok(())
}

const ROWS: &str =
    "INSERT INTO users (id, email, password_hash) VALUES (1, 'ada@example.org', 'x'), (5, 'bob@example.org', 'y');
    INSERT INTO posts (id, title, content, owner_id) VALUES (3, 'One', 'a', 1), (8, 'Two', 'b', 5), (9, 'Drei', 'ç', 5);
    DELETE FROM posts WHERE id = 9";

/// The rows of the lower half, and the next generated keys.
fn rows(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    let mut rows: Vec<String> =
        database.values("SELECT id || ' ' || title || ' ' || content || ' ' || owner_id FROM posts ORDER BY id")?;
    rows.extend(database.values::<String>("SELECT id || ' ' || email FROM users ORDER BY id")?);
    if database.backend() == Backend::Sqlite {
        rows.extend(database.values::<String>("SELECT name || ' ' || seq FROM sqlite_sequence ORDER BY name")?);
    }
    Ok(rows)
}

/// From a revision in the middle, over rows, up and down again.
fn upper_half_keeps_the_rows(database: &TestDatabase) -> TestResult {
    let (run, scripted) = (another(database)?, another(database)?);
    for database in [&run, &scripted] {
        MIGRATION.succeed(database, "upgrade 8cf8")?;
        database.execute(ROWS)?;
    }
    MIGRATION.succeed(&run, "up")?;
    MIGRATION.run_script(&scripted, "up --sql 8cf8:heads")?;
    assert_eq!((scripted.schema()?, rows(&scripted)?), (run.schema()?, rows(&run)?));
    assert_eq!(record(&scripted)?, record(&run)?);

    MIGRATION.succeed(&run, "downgrade 8cf8")?;
    MIGRATION.run_script(&scripted, "down --sql head:8cf8")?;
    assert_eq!((scripted.schema()?, rows(&scripted)?), (run.schema()?, rows(&run)?));
    assert_eq!(record(&scripted)?, record(&run)?);
    MIGRATION.succeed(&scripted, "up")?;
    Ok(())
}

fn stamps_are_written(database: &TestDatabase) -> TestResult {
    let run = another(database)?;
    MIGRATION.succeed(&run, "stamp 8cf8")?;
    MIGRATION.run_script(database, "stamp --sql 0b9e")?;
    MIGRATION.run_script(database, "stamp --sql 0b9e:8cf8")?;
    assert_eq!(record(database)?, record(&run)?);
    MIGRATION.run_script(database, "stamp --sql 8cf8:base")?;
    assert_eq!(record(database)?, Vec::<String>::new());
    Ok(())
}

fn scripts_read_well(database: &TestDatabase) -> TestResult {
    for (way, arguments) in [("up", "up --sql"), ("down", "downgrade --sql head:base")] {
        let script = MIGRATION.succeed(database, arguments)?.stdout;
        let name = format!("offline_{way}_{}", database.backend().name());
        let mut settings = snapshot::settings(database);
        settings.add_filter(r"\b[0-9a-f]{64}\b", "[source hash]");
        settings.bind(|| insta::assert_snapshot!(name, script));
    }
    Ok(())
}

fn questions_are_refused_by_name(database: &TestDatabase) -> TestResult {
    let file = database.folder().join("up.sql");
    for (question, trouble) in QUESTIONS {
        // sea-query writes no RETURNING for MySQL and MariaDB.
        if question == "returning" && database.backend().is_like_mysql() {
            continue;
        }
        let revisions = Revisions { name: "failing-migration", trouble };
        let output = revisions.program(database, "up --sql -o up.sql").run()?;
        if question == "probe" && database.backend() == Backend::Sqlite {
            // The scratch database can answer the query.
            output.succeeded()?;
            fs::remove_file(&file)?;
            continue;
        }
        assert!(!file.exists());
        let name = format!("offline_{question}_{}", database.backend().name());
        snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
    }
    FAILING.succeed(database, "up --sql -o up.sql")?;
    assert!(fs::read_to_string(&file)?.contains("-- Running upgrade a11111111111 -> b22222222222, create books table"));
    Ok(())
}

/// Columns whose definitions have checks get other types: MariaDB would lose the checks, MySQL gives them names.
fn checks_of_columns_are_kept(database: &TestDatabase) -> TestResult {
    let (run, scripted) = (another(database)?, another(database)?);
    let (run_plan, scripted_plan) = (checked_columns(&run), checked_columns(&scripted));
    for (command, arguments) in [("up", "up --sql"), ("down l1", "down --sql l2:l1")] {
        run_plan.succeed(command)?;
        let script = scripted_plan.succeed(arguments)?.stdout;
        let output = client(&scripted, &script, OnError::Stops).run()?.succeeded()?;
        assert_eq!(output.stderr, "", "{script}");
        for table in ["`it's`", "other"] {
            assert_eq!(definition(&scripted, table)?, definition(&run, table)?, "{script}");
        }
        let both = definition(&scripted, "`it's`")? + &definition(&scripted, "other")?;
        assert_eq!(both.matches("CHECK (").count(), 3, "{both}");
    }
    Ok(())
}

/// `l2` and its downgrade change the types of columns, some of which have checks in their definitions.
fn checked_columns(database: &TestDatabase) -> Script<'_> {
    let tables = [
        r#"CREATE TABLE `it's` (id INT PRIMARY KEY, c INT, `a``*/b` INT CHECK (`a``*/b` <> LENGTH('it''s \\ " `')))"#,
        "CREATE TABLE other (id INT PRIMARY KEY, `a``*/b` INT, c INT CHECK (c > 0), d INT CHECK (d > 5), j JSON)",
    ];
    let change = |kind: &str| -> Value {
        let changed = [("it's", "a`*/b"), ("it's", "c"), ("other", "a`*/b"), ("other", "d"), ("other", "j")];
        let kind = |column| if column == "j" { "text" } else { kind };
        let alter = changed.map(|(table, column)| {
            json!({"alter": {"table": table, "changes": [{"modify_column": [column, kind(column)]}]}})
        });
        json!(alter)
    };
    Script::new(database).up("l1", json!(tables)).up("l2", change("bigint")).down("l2", change("int"))
}

fn definition(database: &TestDatabase, table: &str) -> Result<String, DbErr> {
    block_on(async {
        let connection = database.connect().await?;
        let show = Statement::from_string(DbBackend::MySql, format!("SHOW CREATE TABLE {table}"));
        let row = connection.query_one_raw(show).await?;
        connection.close().await?;
        row.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(1))
    })
}

/// In the middle of the script, a table exists that should not exist.
fn failed_script_leaves_whole_revisions(database: &TestDatabase) -> TestResult {
    let script = MIGRATION.succeed(database, "up --sql")?.stdout;
    database.execute("CREATE TABLE users (id integer)")?;
    let output = client(database, &script, OnError::Stops).run()?;
    assert!(!output.success(), "{output}");
    let states: Vec<String> =
        database.values("SELECT revision || ' ' || state FROM seachange_revision ORDER BY started_at, revision")?;
    let mut expected = vec!["376e48470d72 applied", "0b9e9badf9f8 applied"];
    if database.backend().is_like_mysql() {
        expected.push("78b9f16a65fd upgrading");
        let told = ["up", "repair", "repair --resume"].map(|arguments| MIGRATION.program(database, arguments).run());
        let told: String =
            told.into_iter().map(|output| output.map(|output| output.to_string())).collect::<Result<_, _>>()?;
        snapshot::settings(database).bind(|| insta::assert_snapshot!("offline_interrupted", told));
    }
    let sorted = |mut states: Vec<String>| {
        states.sort();
        states
    };
    assert_eq!(sorted(states), sorted(expected.into_iter().map(str::to_owned).collect()));
    Ok(())
}

/// The rebuild finds more dangling references than before.
fn orphans_stop_a_rebuild(database: &TestDatabase) -> TestResult {
    let revisions = Revisions { name: "failing-migration", trouble: "names up: orphan" };
    FAILING.succeed(database, "upgrade b222")?;
    let script = revisions.succeed(database, "up --sql b222:heads")?.stdout;
    let output = client(database, &script, OnError::Stops).run()?;
    assert!(!output.success() && output.stderr.contains("CHECK constraint failed"), "{output}");
    assert_eq!(database.values::<i64>("SELECT count(*) FROM books")?, [0]);
    assert_eq!(record(database)?.len(), 2);
    Ok(())
}

/// The database has a trigger that no revision has created.
fn unknown_trigger_stops_a_rebuild(database: &TestDatabase) -> TestResult {
    MIGRATION.succeed(database, "upgrade 376e")?;
    database.execute("CREATE TRIGGER watch AFTER DELETE ON posts BEGIN DELETE FROM posts WHERE id = -1; END")?;
    let script = MIGRATION.succeed(database, "up --sql 376e:heads")?.stdout;
    let output = client(database, &script, OnError::Stops).run()?;
    let reason = "table posts has an index or a trigger that this script would lose";
    assert!(!output.success() && output.stderr.contains(reason), "{output}");
    assert_eq!(database.values::<i64>("SELECT count(*) FROM sqlite_schema WHERE name = 'watch'")?, [1]);
    assert_eq!(record(database)?.len(), 1);
    Ok(())
}

/// Without `ON_ERROR_STOP`, the statements after a failed revision refuse to run.
fn psql_may_go_on_after_an_error(database: &TestDatabase) -> TestResult {
    let script = MIGRATION.succeed(database, "up --sql")?.stdout;
    database.execute("CREATE TABLE users (id integer PRIMARY KEY)")?;
    client(database, &script, OnError::GoesOn).run()?.succeeded()?;
    assert_eq!(record(database)?.len(), 2);
    assert_eq!(database.tables()?, ["posts", "seachange_revision", "users"]);

    database.execute("DROP TABLE users")?;
    MIGRATION.succeed(database, "up")?;
    let script = MIGRATION.succeed(database, "down --sql head:base")?.stdout;
    database.execute("DROP TABLE votes")?;
    client(database, &script, OnError::GoesOn).run()?.succeeded()?;
    assert_eq!(record(database)?.len(), 6);
    Ok(())
}

fn schema_of_the_settings_is_used(database: &TestDatabase) -> TestResult {
    database.execute("CREATE SCHEMA \"the schema\"")?;
    let program = |arguments| MIGRATION.program(database, arguments).env("DATABASE_SCHEMA", "the schema");
    let script = program("up --sql").run()?.succeeded()?.stdout;
    client(database, &script, OnError::Stops).run()?.succeeded()?;
    assert_eq!(database.tables()?, Vec::<String>::new());
    let output = program("up").run()?.succeeded()?;
    assert!(output.stderr.starts_with("nothing to do"), "{output}");
    Ok(())
}

fn nothing_is_connected_to() -> TestResult {
    for url in
        ["postgres://user:secret@127.0.0.1:1/x", "mysql://user:secret@127.0.0.1:1/x", "sqlite:none/none.db?mode=rw"]
    {
        let output = Program::migration().args(["up", "--sql"]).env("DATABASE_URL", url).run()?.succeeded()?;
        assert_eq!(output.stderr, "");
        assert!(!output.stdout.contains("secret"));
    }
    Ok(())
}

fn ranges_are_refused_in_words(database: &TestDatabase) -> TestResult {
    let mut told = String::new();
    for arguments in [
        "down --sql",
        "down --sql base",
        "up --sql current:head",
        "up --sql 0b9e:nothing",
        "up --sql head:0b9e",
        "up --sql a:b:c",
        "up --sql head:heads",
        "up --sql --dry-run",
        "up -o up.sql",
        "stamp --sql --purge head",
    ] {
        let output = MIGRATION.program(database, arguments).run()?;
        told.push_str(&format!("$ {arguments}\n{output}\n"));
    }
    snapshot::settings(database).bind(|| insta::assert_snapshot!("offline_ranges", told));
    Ok(())
}
