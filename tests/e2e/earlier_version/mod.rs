//! Databases that a program built with an earlier version of the engine has migrated, and such a program on the tables
//! of this version.
//!
//! MySQL has no such databases: the earlier version did not work there.

use sea_orm::DbErr;
use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult},
};

pub(crate) fn trials() -> Vec<Case> {
    let mut trials = vec![
        Case::on(Backend::Sqlite, "earlier_version::row_ids_are_taken_away", row_ids_are_taken_away),
        Case::on(Backend::MariaDb, "earlier_version::storage_is_mended", storage_is_mended),
    ];
    for backend in [Backend::Sqlite, Backend::Postgres, Backend::MariaDb] {
        trials.push(Case::on(backend, "earlier_version::its_tables_are_upgraded", its_tables_are_upgraded));
        trials.push(Case::on(backend, "earlier_version::it_works_on_the_tables_of_this_one", it_works_on_new_tables));
    }
    trials
}

/// Its tables, with the rows that it left.
fn dump(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => include_str!("sqlite.sql"),
        Backend::Postgres => include_str!("postgres.sql"),
        Backend::MariaDb | Backend::MySql => include_str!("mariadb.sql"),
    }
}

fn statements(backend: Backend) -> impl Iterator<Item = &'static str> {
    dump(backend).lines().filter(|line| !line.starts_with("--"))
}

fn load(database: &TestDatabase) -> Result<(), DbErr> {
    statements(database.backend()).try_for_each(|statement| database.execute(statement))
}

fn program(database: &TestDatabase, arguments: &[&str]) -> Program {
    Program::named("failing-migration").database(database).args(arguments)
}

const TABLES: [&str; 3] = ["seachange_revision", "seachange_revision_lock", "seachange_revision_statement"];

/// The columns of the engine's tables, in their order.
fn columns(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    let mut columns = Vec::new();
    for table in TABLES {
        let sql = match database.backend() {
            Backend::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
            Backend::Postgres => format!(
                "SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'
                ORDER BY ordinal_position"
            ),
            Backend::MariaDb | Backend::MySql => format!(
                "SELECT CAST(column_name AS CHAR) FROM information_schema.columns
                WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        columns.extend(database.values::<String>(&sql)?.into_iter().map(|column| format!("{table}.{column}")));
    }
    Ok(columns)
}

/// Each revision with its state and how long it took.
fn record(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    let joined = match database.backend() {
        Backend::Sqlite | Backend::Postgres => "revision || ' ' || state || ' ' || program",
        Backend::MariaDb | Backend::MySql => "CONCAT(revision, ' ', state, ' ', program)",
    };
    database.values(&format!("SELECT {joined} FROM seachange_revision ORDER BY revision"))
}

const APPLIED: [&str; 4] = [
    "a11111111111 applied failing-migration 0.1.0",
    "b22222222222 applied failing-migration 0.1.0",
    "c33333333333 applied failing-migration 0.1.0",
    "d44444444444 applied failing-migration 0.1.0",
];

/// Reading changes nothing. The first write brings the tables to the shape that they have in a new database, with their
/// rows, and finishes the interrupted revision of the earlier program.
fn its_tables_are_upgraded(database: &TestDatabase) -> TestResult {
    load(database)?;
    let before = columns(database)?;
    let status = program(database, &["status"]).run()?.succeeded()?;
    assert!(status.stdout.contains("interrupted  d44444444444  2026-11-21 12:00:03"), "{status}");
    let up = program(database, &["up"]).run()?;
    assert_eq!(up.code, Some(4), "{up}");
    assert!(up.stderr.contains("CREATE TABLE"), "the statement that took effect is not named: {up}");
    assert_eq!(columns(database)?, before);

    resume(database)?;
    let new = TestDatabase::at(database.backend(), database.address().cloned())?;
    program(&new, &["up"]).run()?.succeeded()?;
    assert_eq!(columns(database)?, columns(&new)?);
    assert_eq!(database.tables()?, new.tables()?);
    for arguments in [&["down", "base"][..], &["up"]] {
        program(database, arguments).run()?.succeeded()?;
    }
    Ok(())
}

/// Finishes the interrupted revision of the earlier program.
fn resume(database: &TestDatabase) -> TestResult {
    program(database, &["repair", "--resume"]).run()?.succeeded()?;
    assert_eq!(record(database)?, APPLIED);
    assert!(database.tables()?.iter().any(|table| table == "rooms"), "the rest of the revision did not run");
    Ok(())
}

/// The statements of the earlier program, on tables that this version made: it registers itself, writes the record and
/// the journal, and is killed. Then this version reads them, and continues.
fn it_works_on_new_tables(database: &TestDatabase) -> TestResult {
    for arguments in [&["up"][..], &["down", "-1"]] {
        program(database, arguments).run()?.succeeded()?;
    }
    let quoted = |statement: &str| match database.backend() {
        Backend::Sqlite | Backend::Postgres => statement.to_owned(),
        Backend::MariaDb | Backend::MySql => statement.replace('"', "`"),
    };
    let announce = [
        "DELETE FROM \"seachange_revision_lock\"",
        "INSERT INTO \"seachange_revision_lock\" (\"host\", \"process\", \"program\", \"since\", \"steps\")
            VALUES ('host', 1, 'failing-migration 0.1.0', '2026-11-21 12:00:00', '+d44444444444')",
        "DELETE FROM \"seachange_revision_statement\"",
        "DELETE FROM \"seachange_revision\"",
    ];
    let finish = [
        "UPDATE \"seachange_revision_statement\" SET \"state\" = 'finished', \"rows_affected\" = 0,
            \"last_insert_id\" = 0, \"answer\" = NULL WHERE \"revision\" = 'd44444444444' AND \"number\" = 1",
        "DELETE FROM \"seachange_revision_lock\" WHERE \"host\" = 'host' AND \"process\" = 1",
    ];
    let is_its_own = |statement: &&str| {
        statement.starts_with("INSERT") || statement.starts_with(&quoted("CREATE TABLE \"shelves\""))
    };
    announce.iter().try_for_each(|statement| database.execute(&quoted(statement)))?;
    statements(database.backend()).filter(is_its_own).try_for_each(|statement| database.execute(statement))?;
    finish.iter().try_for_each(|statement| database.execute(&quoted(statement)))?;

    let status = program(database, &["status"]).run()?.succeeded()?;
    assert!(status.stdout.contains("interrupted  d44444444444  2026-11-21 12:00:03"), "{status}");
    resume(database)
}

/// A journal with row ids would change the last inserted id of the session.
fn row_ids_are_taken_away(database: &TestDatabase) -> TestResult {
    let with_row_ids =
        "SELECT name FROM sqlite_schema WHERE name IN ('seachange_revision_lock', 'seachange_revision_statement')
        AND sql NOT LIKE '%WITHOUT ROWID%' ORDER BY name";
    load(database)?;
    assert_eq!(database.values::<String>(with_row_ids)?, TABLES[1..]);
    resume(database)?;
    assert_eq!(database.values::<String>(with_row_ids)?, [""; 0]);
    Ok(())
}

/// Tables that were made with the defaults of their server can roll back, and store every character, from now on.
fn storage_is_mended(database: &TestDatabase) -> TestResult {
    load(database)?;
    for table in TABLES {
        database.execute(&format!("ALTER TABLE {table} ENGINE = MyISAM, CONVERT TO CHARACTER SET latin1"))?;
    }
    resume(database)?;
    let storage =
        "SELECT DISTINCT CONCAT(engine, ' ', SUBSTRING_INDEX(table_collation, '_', 1)) FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name LIKE 'seachange%'";
    assert_eq!(database.values::<String>(storage)?, ["InnoDB utf8mb4"]);
    Ok(())
}
