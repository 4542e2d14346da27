//! `check` and `diff`: a database beside the entities.

use std::{error::Error, time::Duration};

use sea_orm::{ConnectionTrait, TransactionTrait};
use seachange_tests::{
    Backend, OnError, Output, Program, ProgramError, TestDatabase, block_on, client,
    harness::{Case, TestResult, each_backend},
    named, pool_options, snapshot, workspace,
};

pub(crate) fn trials() -> Vec<Case> {
    let tests = named![
        is_silent_after_up,
        tells_differences,
        leaves_nothing_behind,
        wants_the_heads,
        sql_leads_to_the_entities,
        builds_elsewhere_where_it_must,
        begins_with_a_database,
        compares_with_the_revisions
    ];
    let mut cases: Vec<Case> =
        tests.into_iter().flat_map(|(name, test)| each_backend(&format!("check::{name}"), test)).collect();
    let servers = Backend::SERVERS;
    cases.extend(servers.map(|server| Case::on(server, "check::abandoned_databases_go", abandoned_databases_go)));
    cases.extend(servers.map(|server| Case::on(server, "check::databases_of_users_stay", databases_of_users_stay)));
    cases.extend(servers.map(|server| Case::on(server, "check::databases_in_use_stay", databases_in_use_stay)));
    cases.push(Case::on(Backend::Postgres, "check::tables_of_other_schemas_are_not_read", locked_elsewhere));
    cases.push(Case::on(Backend::Sqlite, "check::wants_entities", wants_entities));
    cases.push(Case::on(Backend::Sqlite, "check::hints_at_renames", hints_at_renames));
    cases
}

/// The database beside what all revisions make: without entities, and with objects beside the tables.
fn compares_with_the_revisions(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    let output = run(database, &["check", "--revisions"])?.succeeded()?;
    assert_eq!(output.stdout, "");
    alter(database)?;
    database.execute("CREATE VIEW seen AS SELECT id FROM posts")?;
    let output = run(database, &["check", "--revisions"])?;
    assert_eq!(output.code, Some(8), "{output}");
    show(database, "beside_the_revisions", &output);
    run(database, &["check", "--revisions", "--exclude-table", "*"])?.succeeded()?;
    Ok(())
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
    // `--replay` ignores changes that were made outside of the revisions.
    run(database, &["check", "--replay"])?.succeeded()?;
    let filtered = ["check", "--exclude-table", "stranger", "--table", "s*", "--table", "users"];
    assert_eq!(run(database, &filtered)?.succeeded()?.stdout, "");
    let one = run(database, &["check", "--table", "v*"])?;
    assert_eq!(one.stdout, "+ table votes: (user_id, post_id)\n");
    Ok(())
}

/// Every schema and database, and the state of sequences.
fn surroundings(database: &TestDatabase) -> Result<Vec<String>, sea_orm::DbErr> {
    match database.backend() {
        Backend::Sqlite => database.values("SELECT name FROM sqlite_schema ORDER BY name"),
        Backend::Postgres => database.values(
            "SELECT nspname::text FROM pg_namespace
             UNION ALL SELECT concat(sequencename, ' ', last_value) FROM pg_sequences ORDER BY 1",
        ),
        // Programs of other tests use some of them, and tests make some, with the number of this process in the name.
        Backend::MariaDb | Backend::MySql => database.values(&format!(
            "SELECT schema_name FROM information_schema.schemata
             WHERE schema_name LIKE 'seachange_scratch%' AND schema_name NOT LIKE 'seachange_scratch_{:08x}%'
                AND IS_FREE_LOCK(schema_name)",
            std::process::id()
        )),
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

/// The comment that marks a database that the engine may drop.
const MARK: &str = "scratch database of seachange: the next run drops it";

/// The mark is a table of the database that is not one of the entities.
const WITHOUT_MARK: [&str; 2] = ["--exclude-table", "seachange_scratch"];

/// A database with the name of a scratch database, with or without the mark.
fn make_scratch(database: &TestDatabase, name: &str, is_marked: bool) -> Result<(), sea_orm::DbErr> {
    database.execute(&format!("CREATE DATABASE {name}"))?;
    if is_marked { mark(database, name) } else { Ok(()) }
}

fn mark(database: &TestDatabase, name: &str) -> Result<(), sea_orm::DbErr> {
    match database.backend() {
        Backend::MariaDb | Backend::MySql => database.execute(&format!(
            "CREATE TABLE {name}.seachange_scratch (id int NOT NULL PRIMARY KEY) COMMENT = '{MARK}'"
        )),
        _ => database.execute(&format!("COMMENT ON DATABASE {name} IS '{MARK}'")),
    }
}

/// A name in the form of scratch databases, which no other test uses.
fn scratch_name(database: &TestDatabase, number: u8) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (database.name(), number).hash(&mut hasher);
    format!("seachange_scratch_{:08x}_{:016x}", std::process::id(), hasher.finish())
}

/// Returns which of some databases exist.
fn existing(database: &TestDatabase, names: &[&str]) -> Result<Vec<String>, sea_orm::DbErr> {
    let list = names.join("', '");
    database.values(&match database.backend() {
        Backend::MariaDb | Backend::MySql => {
            format!("SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ('{list}') ORDER BY 1")
        }
        _ => format!("SELECT datname::text FROM pg_database WHERE datname IN ('{list}') ORDER BY 1"),
    })
}

/// The next program drops the scratch database of a killed program, but not that of a running one.
fn abandoned_databases_go(database: &TestDatabase) -> TestResult {
    let [abandoned, used] = [1, 2].map(|number| scratch_name(database, number));
    let names = [abandoned.as_str(), used.as_str()];
    make_scratch(database, &abandoned, true)?;
    make_scratch(database, &used, false)?;
    block_on(async {
        let living = database.connect().await?;
        let lock = match database.backend() {
            Backend::MariaDb | Backend::MySql => format!("SELECT GET_LOCK('{used}', 0)"),
            _ => format!("SELECT pg_advisory_lock(1935893602, hashtext('{used}'))"),
        };
        living.execute_unprepared(&lock).await?;
        // Marked no sooner than it is in use: another test may run a command that drops abandoned databases.
        let run = || {
            mark(database, &used)?;
            run(database, &["check", "--replay"])?.succeeded()?;
            Ok::<_, Box<dyn Error>>(existing(database, &names)?)
        };
        assert_eq!(tokio::task::block_in_place(run)?, [used.as_str()]);
        Ok::<_, Box<dyn Error>>(living.close().await?)
    })?;
    run(database, &["check", "--replay"])?.succeeded()?;
    assert_eq!(existing(database, &names)?, Vec::<String>::new());
    Ok(())
}

/// A database that has only the name of a scratch database, or only its mark, belongs to a user.
fn databases_of_users_stay(database: &TestDatabase) -> TestResult {
    let [unmarked, marked] = [3, 4].map(|number| scratch_name(database, number));
    let (prefixed, marked) = (format!("seachange_scratch_ci_{}", database.name()), format!("{marked}_copy"));
    make_scratch(database, &prefixed, false)?;
    make_scratch(database, &unmarked, false)?;
    make_scratch(database, &marked, true)?;
    let mut names = [prefixed.as_str(), &unmarked, &marked];
    names.sort_unstable();
    for name in names {
        let program = || Program::migration().env("DATABASE_URL", database.url().replacen(database.name(), name, 1));
        program().args(["up", "-q"]).run()?.succeeded()?;
        for arguments in [&["check"][..], &["check", "--replay"], &["diff"]] {
            let ran = program().args(arguments).args(WITHOUT_MARK).run()?.succeeded()?;
            assert_eq!((ran.stdout.as_str(), existing(database, &names)?), ("", names.map(str::to_owned).to_vec()));
        }
    }
    for name in names {
        database.execute(&format!("DROP DATABASE {name}"))?;
    }
    Ok(())
}

/// A database that looks abandoned is not dropped while a session uses it.
fn databases_in_use_stay(database: &TestDatabase) -> TestResult {
    let own = scratch_name(database, 5);
    make_scratch(database, &own, false)?;
    let url = database.url().replacen(database.name(), &own, 1);
    block_on(async {
        let session = sea_orm::Database::connect(pool_options(&url)).await?;
        let program = || Program::migration().env("DATABASE_URL", &url);
        tokio::task::block_in_place(|| {
            // Marked no sooner than it is in use: another test may run a command that drops abandoned databases.
            mark(database, &own)?;
            program().args(["up", "-q"]).run()?.succeeded()?;
            for arguments in [&["check"][..], &["check", "--replay"], &["diff"]] {
                program().args(arguments).args(WITHOUT_MARK).run()?.succeeded()?;
                run(database, &["check", "--replay"])?.succeeded()?;
                assert_eq!(existing(database, &[&own])?, [own.as_str()], "{arguments:?}");
            }
            Ok::<_, Box<dyn Error>>(())
        })?;
        Ok::<_, Box<dyn Error>>(session.close().await?)
    })?;
    // Another test may have dropped it first.
    Ok(database.execute(&format!("DROP DATABASE IF EXISTS {own}"))?)
}

/// The default of a table is printed by a function that locks the table, and that fails if another session has dropped it.
fn locked_elsewhere(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    alter(database)?;
    database.execute(
        "CREATE SCHEMA other;
        CREATE SEQUENCE numbers;
        CREATE TABLE other.t (id serial PRIMARY KEY, number bigint NOT NULL DEFAULT nextval('numbers'), at date DEFAULT now())",
    )?;
    block_on(async {
        let other = database.connect().await?.begin().await?;
        other.execute_unprepared("LOCK TABLE other.t IN ACCESS EXCLUSIVE MODE").await?;
        for (command, code) in [("check", 8), ("diff", 0)] {
            let program = Program::migration().database(database).arg(command).limit(Duration::from_secs(30));
            let output = tokio::task::block_in_place(|| program.run())?;
            assert_eq!(output.code, Some(code), "{output}");
        }
        Ok::<_, Box<dyn Error>>(other.rollback().await?)
    })?;
    Ok(())
}

fn wants_the_heads(database: &TestDatabase) -> TestResult {
    let empty = run(database, &["check"])?;
    assert_eq!(empty.code, Some(6));
    assert!(!database.file().exists());
    // This needs no existing database.
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
    client(database, &sql, OnError::Stops).run()?.succeeded()?;
    run(database, &["check"])?.succeeded()?;
    assert_eq!(database.values::<String>("SELECT title FROM posts")?, ["one"]);
    Ok(())
}

/// Makes a user who can only read.
fn make_reader(database: &TestDatabase) -> Result<String, sea_orm::DbErr> {
    let user = format!("reader_{}", database.name());
    match database.backend() {
        Backend::Sqlite => {}
        Backend::Postgres => database.execute(&format!(
            "CREATE ROLE {user} LOGIN PASSWORD 'secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}"
        ))?,
        Backend::MariaDb | Backend::MySql => {
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
    assert!(refused.stderr.contains("is not of the same kind"), "{refused}");
    Ok(())
}

fn begins_with_a_database(database: &TestDatabase) -> TestResult {
    migrate(database)?;
    let folder = database.folder().join("first");
    let init = || {
        let program = Program::migration().database(database).arg("init").arg(&folder).arg("--from-database");
        program.arg("--engine-path").arg(workspace().join("crates"))
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
