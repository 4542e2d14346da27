//! Databases that sea-orm-migration or Alembic migrated before: `adopt` continues from their records.

use async_trait::async_trait;
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use seachange_tests::{
    Backend, Output, Program, ProgramError, TestDatabase, block_on,
    harness::{Case, TestResult, each_backend},
    named, snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let tests = named![
        of_sea_orm_migration,
        of_alembic,
        of_a_table_with_another_name,
        is_shown_and_asked_for,
        is_refused,
        is_named_by_up,
        agrees_with_what_is_recorded
    ];
    let mut cases: Vec<Case> =
        tests.into_iter().flat_map(|(name, test)| each_backend(&format!("adoption::{name}"), test)).collect();
    cases.push(Case::on(Backend::Sqlite, "adoption::makes_no_file", makes_no_file));
    cases
}

/// A revision as sea-orm-migration takes it.
struct Old(&'static dyn MigrationTrait);

impl MigrationName for Old {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait]
impl MigrationTrait for Old {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await
    }
}

/// The program that a team had before: sea-orm-migration's own, with the same revisions.
struct OldMigrator;

impl MigratorTrait for OldMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut scripts: Vec<_> = failing_migration::MIGRATIONS.scripts().iter().collect();
        scripts.sort_by_key(|script| script.revision.id);
        scripts.into_iter().map(|script| -> Box<dyn MigrationTrait> { Box::new(Old(script.migration)) }).collect()
    }
}

/// Applies the first revisions with sea-orm-migration.
fn migrate_as_before(database: &TestDatabase, steps: u32) -> TestResult {
    block_on(async {
        let connection = database.connect().await?;
        OldMigrator::up(&connection, Some(steps)).await?;
        connection.close().await
    })?;
    Ok(())
}

fn run(database: &TestDatabase, arguments: &[&str]) -> Result<Output, ProgramError> {
    Program::named("failing-migration").database(database).args(arguments).run()
}

fn succeed(database: &TestDatabase, arguments: &[&str]) -> TestResult {
    run(database, arguments)?.succeeded()?;
    Ok(())
}

/// The record of the engine.
fn record(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    database.values("SELECT revision || ' ' || state FROM seachange_revision ORDER BY revision")
}

/// The record of sea-orm-migration.
fn old_record(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    database.values("SELECT version || ' ' || applied_at FROM seaql_migrations ORDER BY version")
}

/// Makes Alembic's table, as Alembic does, with some heads.
fn make_alembic_table(database: &TestDatabase, heads: &[&str]) -> TestResult {
    database.execute(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,
         CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    )?;
    for head in heads {
        database.execute(&format!("INSERT INTO alembic_version (version_num) VALUES ('{head}')"))?;
    }
    Ok(())
}

fn check(database: &TestDatabase, name: &str, output: &Output) {
    snapshot::settings(database).bind(|| insta::assert_snapshot!(format!("adoption_{name}"), output));
}

/// Like [`check`], for texts that contain the database itself.
fn check_each(database: &TestDatabase, name: &str, output: &Output) {
    check(database, &format!("{name}_{}", database.backend().name()), output);
}

fn of_sea_orm_migration(database: &TestDatabase) -> TestResult {
    migrate_as_before(database, 2)?;
    let (schema, before) = (database.schema()?, old_record(database)?);
    check(database, "seaql_dry_run", &run(database, &["adopt", "--from", "seaql", "--dry-run"])?);
    assert_eq!(database.tables()?, ["authors", "books", "seaql_migrations"]);

    check(database, "seaql", &run(database, &["adopt", "--from", "seaql", "--yes"])?);
    assert_eq!((database.schema()?, old_record(database)?), (schema, before.clone()));
    assert_eq!(record(database)?, ["a11111111111 applied", "b22222222222 applied"]);
    let seconds = match database.backend() {
        Backend::Sqlite => "CAST(strftime('%s', finished_at) AS TEXT)",
        Backend::Postgres => "CAST(CAST(extract(epoch FROM finished_at) AS BIGINT) AS TEXT)",
        Backend::MariaDb | Backend::MySql => {
            "CAST(CAST(timestampdiff(SECOND, '1970-01-01', finished_at) AS SIGNED) AS CHAR)"
        }
    };
    let moments: Vec<String> =
        database.values(&format!("SELECT {seconds} FROM seachange_revision ORDER BY revision"))?;
    let applied_at: Vec<&str> = before.iter().filter_map(|row| row.split(' ').nth(1)).collect();
    assert_eq!(moments, applied_at);

    succeed(database, &["up"])?;
    assert_eq!(record(database)?.len(), 4);
    succeed(database, &["down", "base"])?;
    assert_eq!(database.tables()?, ["seachange_revision", "seaql_migrations"]);
    Ok(())
}

fn of_alembic(database: &TestDatabase) -> TestResult {
    migrate_as_before(database, 2)?;
    database.execute("DROP TABLE seaql_migrations")?;
    make_alembic_table(database, &["b22222222222"])?;
    check(database, "alembic", &run(database, &["adopt", "--from", "alembic", "-y"])?);
    assert_eq!(database.values::<String>("SELECT version_num FROM alembic_version")?, ["b22222222222"]);
    assert_eq!(record(database)?, ["a11111111111 applied", "b22222222222 applied"]);
    succeed(database, &["up"])?;
    assert_eq!(record(database)?.len(), 4);
    Ok(())
}

fn of_a_table_with_another_name(database: &TestDatabase) -> TestResult {
    let (quoted, name) = match database.backend() {
        Backend::MariaDb | Backend::MySql => ("`old ``heads`` \"x\"`", "old `heads` \"x\""),
        _ => ("\"old `heads` \"\"x\"\"\"", "old `heads` \"x\""),
    };
    let schema = match database.backend() {
        Backend::Sqlite => "main",
        Backend::Postgres => "public",
        Backend::MariaDb | Backend::MySql => database.name(),
    };
    database.execute(&format!("CREATE TABLE {quoted} (version_num VARCHAR(32) NOT NULL)"))?;
    database.execute(&format!("INSERT INTO {quoted} VALUES ('a11111111111')"))?;
    succeed(database, &["adopt", "--from", "alembic", "--table", name, "--table-schema", schema, "--yes"])?;
    assert_eq!(record(database)?, ["a11111111111 applied"]);
    Ok(())
}

fn is_shown_and_asked_for(database: &TestDatabase) -> TestResult {
    migrate_as_before(database, 1)?;
    check_each(database, "unasked", &run(database, &["adopt", "--from", "seaql"])?);
    assert_eq!(database.tables()?, ["authors", "seaql_migrations"]);
    Ok(())
}

fn is_refused(database: &TestDatabase) -> TestResult {
    let refuse = |name: &str, from: &str| -> TestResult {
        check(database, name, &run(database, &["adopt", "--from", from, "--yes"])?);
        assert!(!database.tables()?.contains(&"seachange_revision".to_owned()));
        Ok(())
    };
    refuse("no_table", "seaql")?;
    make_alembic_table(database, &["a11111111111", "0123456789ab", "9876543210fe"])?;
    refuse("unknown", "alembic")?;
    database.execute("ALTER TABLE alembic_version RENAME TO seaql_migrations")?;
    let output = run(database, &["adopt", "--from", "seaql", "--yes"])?;
    assert_eq!(output.code, Some(4), "{output}");
    assert!(output.stderr.contains("the table `seaql_migrations` is not one of sea-orm-migration: "), "{output}");

    database.execute("DROP TABLE seaql_migrations")?;
    migrate_as_before(database, 2)?;
    database.execute("DELETE FROM seaql_migrations WHERE version LIKE '%authors%'")?;
    refuse("gap", "seaql")
}

/// The record is empty, and another tool has a record: an upgrade would apply everything again.
fn is_named_by_up(database: &TestDatabase) -> TestResult {
    migrate_as_before(database, 2)?;
    let before = database.schema()?;
    check(database, "named_by_up", &run(database, &["up"])?);
    for arguments in [&["up", "--dry-run"][..], &["upgrade", "head"], &["up", "1"], &["refresh", "--yes"]] {
        let output = run(database, arguments)?;
        assert_eq!(output.code, Some(4), "{output}");
    }
    for mode in ["up", "check"] {
        let service = Program::named("app").database(database).args(["--port", "0", "--migrate", mode]).run()?;
        assert!(!service.success(), "{service}");
        assert!(service.stderr.contains("error: sea-orm-migration has migrated this database"), "{service}");
        assert!(service.stderr.contains("hint: `cargo run -p migration -- adopt"), "{service}");
    }
    assert_eq!(database.schema()?, before);
    succeed(database, &["adopt", "--from", "seaql", "--yes"])?;
    succeed(database, &["up"])?;
    succeed(database, &["down", "base"])?;

    // The option applies everything on purpose.
    database.execute("DROP TABLE seaql_migrations")?;
    make_alembic_table(database, &["b22222222222"])?;
    let output = run(database, &["up"])?;
    assert!(output.stderr.contains("`adopt --from alembic` continues from there"), "{output}");
    succeed(database, &["up", "--ignore-other-records"])?;
    assert_eq!(record(database)?.len(), 4);
    succeed(database, &["up"])
}

fn agrees_with_what_is_recorded(database: &TestDatabase) -> TestResult {
    migrate_as_before(database, 2)?;
    succeed(database, &["adopt", "--from", "seaql", "--yes"])?;
    check(database, "again", &run(database, &["adopt", "--from", "seaql"])?);
    succeed(database, &["stamp", "--purge", "a11111111111"])?;
    succeed(database, &["adopt", "--from", "seaql", "--yes"])?;
    assert_eq!(record(database)?, ["a11111111111 applied", "b22222222222 applied"]);

    database.execute("DELETE FROM seaql_migrations")?;
    make_alembic_table(database, &["a11111111111"])?;
    database.execute("DELETE FROM seachange_revision WHERE revision = 'a11111111111'")?;
    check(database, "another_record", &run(database, &["adopt", "--from", "alembic", "--yes"])?);
    assert_eq!(record(database)?, ["b22222222222 applied"]);
    Ok(())
}

fn makes_no_file(database: &TestDatabase) -> TestResult {
    let output = run(database, &["adopt", "--from", "alembic", "--yes"])?;
    assert_eq!(output.code, Some(4), "{output}");
    assert!(!database.file().exists());
    succeed(database, &["repair"])?;
    succeed(database, &["repair", "--accept-edited"])?;
    assert!(!database.file().exists());
    Ok(())
}
