//! Steps that need foreign keys off on SQLite, in one database and in the next.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, Statement};

use super::{Body, Told, line, memory, migrator, watched};
use crate::migrator::Migrator;
use crate::revision::Migrations;

const TABLES: Body = Body::Sql(
    &[
        "CREATE TABLE a (id integer PRIMARY KEY)",
        "CREATE TABLE child (of integer REFERENCES a (id) ON DELETE CASCADE)",
        "INSERT INTO a VALUES (1), (2)",
        "INSERT INTO child VALUES (1), (2)",
    ],
    &[],
);

/// A migrator of these revisions on a database of its own, with foreign keys on, and what it tells.
async fn with_foreign_keys(migrations: &'static Migrations) -> (Migrator, Told) {
    let connection = memory().await;
    connection.execute_unprepared("PRAGMA foreign_keys = ON").await.unwrap();
    watched(migrations, &Migrator::new(migrations, connection).unwrap())
}

/// As [`with_foreign_keys`], after a run of `first` on another database of the same fleet.
async fn after(first: &Migrator, migrations: &'static Migrations) -> (Migrator, Told) {
    let (migrator, told) = with_foreign_keys(migrations).await;
    (Migrator { rebuilds: Arc::clone(&first.rebuilds), ..migrator }, told)
}

/// How often a statement with this text was sent.
fn count(told: &Told, text: &str) -> usize {
    told.lock().unwrap().iter().filter(|event| event.starts_with("Statement") && event.contains(text)).count()
}

/// A migrator that has rebuilt a table in `r2`.
async fn rebuilt() -> Migrator {
    let (first, told) = with_foreign_keys(line(&[TABLES, Body::Rebuilds])).await;
    first.upgrade("heads").await.unwrap();
    assert_eq!(count(&told, "\"SAVEPOINT seachange_alter\""), 2, "the first database finds out");
    first
}

#[tokio::test]
async fn a_step_that_rebuilt_a_table_begins_once_in_the_next_database() {
    let first = rebuilt().await;
    let (second, told) = after(&first, line(&[TABLES, Body::Rebuilds])).await;
    second.upgrade("heads").await.unwrap();
    assert_eq!(count(&told, "\"SAVEPOINT seachange_alter\""), 1);
    assert_eq!(rows(&second, "child").await, 2, "the rebuild keeps the rows that refer to the table");
    assert_eq!(rows(&second, "pragma_foreign_keys WHERE foreign_keys = 1").await, 1);
}

#[tokio::test]
async fn a_step_that_rebuilds_nothing_there_runs_with_foreign_keys() {
    let first = rebuilt().await;
    let (second, told) = after(&first, line(&[TABLES, Body::Sql(&["DELETE FROM a WHERE id = 1"], &[])])).await;
    second.upgrade("heads").await.unwrap();
    assert_eq!(rows(&second, "child").await, 1, "the deletion cascades");
    assert_eq!(count(&told, "DELETE FROM a WHERE"), 2);
}

#[tokio::test]
async fn a_step_that_fails_there_fails_as_it_does_alone() {
    let orphan = || line(&[TABLES, Body::Sql(&["INSERT INTO child VALUES (7)"], &[])]);
    let (alone, _) = with_foreign_keys(orphan()).await;
    let expected = alone.upgrade("heads").await.unwrap_err();
    let first = rebuilt().await;
    let (second, _) = after(&first, orphan()).await;
    let error = second.upgrade("heads").await.unwrap_err();
    assert_eq!(format!("{error:?}"), format!("{expected:?}"));
    assert_eq!(rows(&second, "child").await, 2);
}

#[tokio::test]
async fn a_step_that_switches_foreign_keys_off_itself_begins_once() {
    const OFF: Body = Body::Sql(&["CREATE TABLE b (id integer)", "PRAGMA foreign_keys = OFF", "DROP TABLE b"], &[]);
    let (first, told) = with_foreign_keys(line(&[TABLES, OFF])).await;
    first.upgrade("heads").await.unwrap();
    assert_eq!(count(&told, "CREATE TABLE b"), 2);
    let (second, told) = after(&first, line(&[TABLES, OFF])).await;
    second.upgrade("heads").await.unwrap();
    assert_eq!(count(&told, "CREATE TABLE b"), 1);
}

/// A rebuild restores the setting that it changes, so the next step gets the same session.
#[tokio::test]
async fn a_rebuild_leaves_the_session_as_it_was() {
    let migrator = migrator(line(&[TABLES, Body::Rebuilds])).await;
    migrator.upgrade("heads").await.unwrap();
    assert_eq!(rows(&migrator, "pragma_legacy_alter_table WHERE legacy_alter_table = 0").await, 1);
}

async fn rows(migrator: &Migrator, of: &str) -> i64 {
    let connection = migrator.connection();
    let sql = format!("SELECT count(*) FROM {of}");
    let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}
