//! `check` and `diff`: a database beside the entities.

use std::error::Error;

use sea_orm::ConnectionTrait;
use seachange_tests::{
    Backend, Obedience, Output, Program, ProgramError, TestDatabase, block_on, client,
    harness::{Case, DatabaseTest, TestResult, each_backend},
    snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let tests: [(&str, DatabaseTest); 7] = [
        ("is_silent_after_up", is_silent_after_up),
        ("tells_differences", tells_differences),
        ("leaves_nothing_behind", leaves_nothing_behind),
        ("wants_the_heads", wants_the_heads),
        ("sql_leads_to_the_entities", sql_leads_to_the_entities),
        ("builds_elsewhere_where_it_must", builds_elsewhere_where_it_must),
        ("begins_with_a_database", begins_with_a_database),
    ];
    let mut cases: Vec<Case> =
        tests.into_iter().flat_map(|(name, test)| each_backend(&format!("check::{name}"), test)).collect();
    let servers = [Backend::Postgres, Backend::MySql];
    cases.extend(servers.map(|server| Case::on(server, "check::abandoned_databases_go", abandoned_databases_go)));
    cases.push(Case::on(Backend::Sqlite, "check::wants_entities", wants_entities));
    cases.push(Case::on(Backend::Sqlite, "check::hints_at_renames", hints_at_renames));
    cases
}

fn run(database: &TestDatabase, arguments: &[&str]) -> Result<Output, ProgramError> {
    Program::migration().database(database).args(arguments).run()
}

fn migrate(database: &TestDatabase) -> TestResult {
    run(database, &["up", "-q"])?.succeeded()?;
    Ok(())
}

/// Makes the database differ from the entities in several ways.
fn alter(database: &TestDatabase) -> TestResult {
    database.execute("ALTER TABLE posts ADD COLUMN extra INTEGER")?;
    database.execute("CREATE INDEX odd ON posts (title)")?;
    database.execute("DROP TABLE votes")?;
    Ok(database.execute("CREATE TABLE stranger (id INTEGER NOT NULL PRIMARY KEY)")?)
}

fn show(database: &TestDatabase, name: &str, output: &Output) {
    let name = format!("check_{name}_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
}

fn is_silent_after_up(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    for arguments in [&["check"][..], &["check", "--replay"], &["diff"], &["revision", "--autogenerate", "nothing"]] {
        let output = run(database, arguments)?.succeeded()?;
        assert_eq!(output.stdout, "", "{arguments:?}");
    }
    assert_eq!(run(database, &["check", "--format", "json"])?.succeeded()?.stdout, "[]\n");
    Ok(())
}

fn tells_differences(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    alter(database)?;
    let output = run(database, &["check"])?;
    assert_eq!(output.code, Some(8));
    show(database, "text", &output);
    show(database, "json", &run(database, &["check", "--format", "json"])?);
    show(database, "diff", &run(database, &["diff"])?);
    // What was done beside the revisions is nothing to them.
    run(database, &["check", "--replay"])?.succeeded()?;
    let filtered = ["check", "--exclude-table", "stranger", "--table", "s*", "--table", "users"];
    assert_eq!(run(database, &filtered)?.succeeded()?.stdout, "");
    let one = run(database, &["check", "--table", "v*"])?;
    assert_eq!(one.stdout, "+ table votes: (user_id, post_id)\n");
    Ok(())
}

/// Every schema and database that there is, and how far sequences are.
fn surroundings(database: &TestDatabase) -> Result<Vec<String>, sea_orm::DbErr> {
    match database.backend() {
        Backend::Sqlite => database.values("SELECT name FROM sqlite_schema ORDER BY name"),
        Backend::Postgres => database.values(
            "SELECT nspname::text FROM pg_namespace
             UNION ALL SELECT concat(sequencename, ' ', last_value) FROM pg_sequences ORDER BY 1",
        ),
        // Other tests have some in use.
        Backend::MySql => database.values(
            "SELECT schema_name FROM information_schema.schemata
             WHERE schema_name LIKE 'seachange_scratch%' AND IS_FREE_LOCK(schema_name)",
        ),
    }
}

fn leaves_nothing_behind(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    alter(database)?;
    let before = (database.schema()?, surroundings(database)?);
    for arguments in [&["check"][..], &["check", "--replay"], &["diff"]] {
        run(database, arguments)?;
        assert_eq!((database.schema()?, surroundings(database)?), before, "{arguments:?}");
    }
    Ok(())
}

/// A killed program leaves its database to the next one, which does not take that of one that lives.
fn abandoned_databases_go(database: &TestDatabase) -> TestResult {
    let name = |end: &str| format!("seachange_scratch_{}_{end}", database.name());
    let (abandoned, used) = (name("abandoned"), name("used"));
    let left = |database: &TestDatabase| {
        let like = format!("seachange\\_scratch\\_{}%", database.name().replace('_', "\\_"));
        database.values::<String>(&match database.backend() {
            Backend::MySql => {
                format!("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '{like}'")
            }
            _ => format!("SELECT datname::text FROM pg_database WHERE datname LIKE '{like}'"),
        })
    };
    database.execute(&format!("CREATE DATABASE {abandoned}"))?;
    database.execute(&format!("CREATE DATABASE {used}"))?;
    block_on(async {
        let living = database.connect().await?;
        let lock = match database.backend() {
            Backend::MySql => format!("SELECT GET_LOCK('{used}', 0)"),
            _ => format!("SELECT pg_advisory_lock(1935893602, hashtext('{used}'))"),
        };
        living.execute_unprepared(&lock).await?;
        let (ran, left) = tokio::task::block_in_place(|| (run(database, &["check", "--replay"]), left(database)));
        ran?.succeeded()?;
        assert_eq!(left?, [used.as_str()]);
        Ok::<_, Box<dyn Error>>(living.close().await?)
    })?;
    run(database, &["check", "--replay"])?.succeeded()?;
    assert_eq!(left(database)?, Vec::<String>::new());
    Ok(())
}

fn wants_the_heads(database: &TestDatabase) -> TestResult {
    let empty = run(database, &["check"])?;
    assert_eq!(empty.code, Some(6));
    assert!(!database.file().exists());
    // No database has to be there for this.
    run(database, &["check", "--replay"])?.succeeded()?;
    assert!(!database.file().exists());
    run(database, &["up", "-q", "4"])?.succeeded()?;
    show(database, "pending", &run(database, &["check"])?);
    assert_eq!(run(database, &["diff"])?.code, Some(6));
    assert_eq!(run(database, &["revision", "--autogenerate", "nothing"])?.code, Some(6));
    Ok(())
}

fn sql_leads_to_the_entities(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    alter(database)?;
    database.execute("INSERT INTO users (email, password_hash) VALUES ('ada@example.com', 'x')")?;
    database.execute("INSERT INTO posts (title, content, owner_id) SELECT 'one', 'text', id FROM users")?;
    let sql = run(database, &["diff"])?.succeeded()?.stdout;
    client(database, &sql, Obedience::Stops).run()?.succeeded()?;
    run(database, &["check"])?.succeeded()?;
    assert_eq!(database.values::<String>("SELECT title FROM posts")?, ["one"]);
    Ok(())
}

/// Makes a user who can do no more than read.
fn make_reader(database: &TestDatabase) -> Result<String, sea_orm::DbErr> {
    let user = format!("reader_{}", database.name());
    match database.backend() {
        Backend::Sqlite => {}
        Backend::Postgres => database.execute(&format!(
            "CREATE ROLE {user} LOGIN PASSWORD 'secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}"
        ))?,
        Backend::MySql => {
            // A name has 80 characters there.
            database.execute(&format!("CREATE USER '{user}' IDENTIFIED BY 'secret'"))?;
            database.execute(&format!("GRANT SELECT ON {}.* TO '{user}'", database.name()))?;
        }
    }
    Ok(database.url_for(&user, "secret"))
}

fn builds_elsewhere_where_it_must(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    let url = make_reader(database)?;
    let check = || Program::migration().env("DATABASE_URL", &url).arg("check");
    if database.backend() == Backend::Sqlite {
        check().run()?.succeeded()?;
    } else {
        let refused = check().run()?;
        assert_eq!(refused.code, Some(3));
        assert!(refused.stderr.starts_with("error: cannot make a scratch "), "{refused}");
        assert!(refused.stderr.contains("--scratch-url"), "{refused}");
    }
    check().env("SCRATCH_DATABASE_URL", database.url()).run()?.succeeded()?;
    let other = if database.backend() == Backend::Sqlite { "mysql://x/y" } else { "sqlite::memory:" };
    let refused = check().args(["--scratch-url", other]).run()?;
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("is of another kind"), "{refused}");
    Ok(())
}

fn begins_with_a_database(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    let folder = database.folder().join("first");
    let init = || {
        let arguments = ["--from-database", "--engine-path", "../crates"];
        Program::migration().database(database).arg("init").arg(&folder).args(arguments)
    };
    let refused = init().run()?;
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(!folder.exists());
    for table in ["seachange_revision", "seachange_revision_lock"] {
        database.execute(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    let schema = database.schema()?;
    let written = init().run()?.succeeded()?;
    let path = written.stdout.lines().find(|line| line.contains("_initial_schema.rs")).ok_or("no revision")?;
    let name = std::path::Path::new(path).file_name().ok_or("no name")?;
    let text = std::fs::read_to_string(folder.join("src/versions").join(name))?;
    let (_, methods) = text.split_once("impl MigrationTrait").ok_or("no methods")?;
    let name = format!("check_from_database_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, methods));
    database.execute("DROP TABLE IF EXISTS seachange_revision_lock")?;
    let rows: Vec<String> = database.values("SELECT state || ' ' || length(source_hash) FROM seachange_revision")?;
    assert_eq!(rows, ["applied 64"]);
    database.execute("DROP TABLE seachange_revision")?;
    assert_eq!(database.schema()?, schema);
    Ok(())
}

fn wants_entities(database: &TestDatabase) -> TestResult {
    let output = Program::named("failing-migration").database(database).arg("check").run()?;
    assert_eq!(output.code, Some(2));
    snapshot::settings(database).bind(|| insta::assert_snapshot!("check_without_entities", output));
    Ok(())
}

fn hints_at_renames(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    database.execute("ALTER TABLE posts RENAME COLUMN content TO body; ALTER TABLE votes RENAME TO likes")?;
    show(database, "renames", &run(database, &["check"])?);
    Ok(())
}
