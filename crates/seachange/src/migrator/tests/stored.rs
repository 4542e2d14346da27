//! Stored downgrades on SQLite, where statements depend on the schema.

use sea_orm::ConnectionTrait;

use super::{Body, TABLE_A, current, line, memory, table};
use crate::error::{DowngradeRefusal, Error};
use crate::migrator::Migrator;
use crate::store::DowngradeScript;

const PARENT: Body = table(&["CREATE TABLE a (id integer PRIMARY KEY)"], &["DROP TABLE a"]);
const CHILD: Body =
    table(&["CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a ON DELETE CASCADE)"], &["DROP TABLE b"]);

/// A program with all revisions, and one with the first two, on one database.
async fn newer_and_older() -> (Migrator, Migrator) {
    let connection = memory().await;
    connection.execute_unprepared("PRAGMA foreign_keys = ON").await.unwrap();
    let newer = Migrator::new(line(&[PARENT, CHILD, Body::Rebuilds]), connection.clone()).unwrap();
    (newer, Migrator::new(line(&[PARENT, CHILD]), connection).unwrap())
}

async fn script(migrator: &Migrator, revision: &str) -> DowngradeScript {
    migrator.stored_downgrade(revision).await.unwrap().unwrap().capture.unwrap()
}

async fn value(migrator: &Migrator, sql: &str) -> String {
    let statement = sea_orm::Statement::from_string(migrator.connection().get_database_backend(), sql);
    migrator.connection().query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

const DEFINITION: &str = "SELECT sql FROM sqlite_schema WHERE name = 'a'";
const CHILDREN: &str = "SELECT COUNT(*) || '' FROM b WHERE a = 1";

#[tokio::test]
async fn a_rebuild_keeps_rows_and_what_refers_to_them() {
    let (newer, older) = newer_and_older().await;
    older.upgrade("heads").await.unwrap();
    let before = value(&newer, DEFINITION).await;
    newer.upgrade("heads").await.unwrap();
    assert!(script(&newer, "r3").await.foreign_keys_off);
    newer.connection().execute_unprepared("INSERT INTO a VALUES (1); INSERT INTO b VALUES (7, 1)").await.unwrap();
    let extended = older.with_stored_downgrades().await.unwrap().unwrap();
    extended.downgrade("r2").await.unwrap();
    assert_eq!(current(&older).await, ["r2"]);
    assert_eq!(value(&older, CHILDREN).await, "1");
    assert_eq!(value(&older, DEFINITION).await.replace(['"', ' '], ""), before.replace(['"', ' '], ""));
    assert!(older.stored_downgrade("r3").await.unwrap().is_none());
    assert!(older.with_stored_downgrades().await.unwrap().is_none());
}

/// The statements of a rebuild name the columns of the table: on another definition they would lose some.
#[tokio::test]
async fn a_rebuild_of_other_tables_is_refused() {
    let (newer, older) = newer_and_older().await;
    newer.upgrade("heads").await.unwrap();
    newer.connection().execute_unprepared("ALTER TABLE a ADD COLUMN added integer").await.unwrap();
    let changed = value(&newer, DEFINITION).await;
    let extended = older.with_stored_downgrades().await.unwrap().unwrap();
    let Err(Error::Failed(failure)) = extended.downgrade("r2").await else { unreachable!("the table is another one") };
    assert!(failure.cause.to_string().contains("the tables are not as they were"), "{}", failure.cause);
    assert_eq!((value(&newer, DEFINITION).await, current(&newer).await), (changed, vec!["r3"]));
}

#[tokio::test]
async fn a_stamp_captures_from_the_last_revision_on() {
    let (newer, older) = newer_and_older().await;
    newer.upgrade("heads").await.unwrap();
    let applied = script(&newer, "r3").await;
    newer.stamp("base").await.unwrap();
    assert!(newer.stored_downgrades().await.unwrap().is_empty());
    newer.stamp("heads").await.unwrap();
    assert_eq!(script(&newer, "r3").await, applied);
    assert_eq!(script(&newer, "r2").await.texts().collect::<Vec<_>>(), ["DROP TABLE b"]);
    let extended = older.with_stored_downgrades().await.unwrap().unwrap();
    extended.downgrade("r2").await.unwrap();
}

#[tokio::test]
async fn another_run_in_the_meantime() {
    let connection = memory().await;
    let newer = Migrator::new(line(&[TABLE_A, CHILD]), connection.clone()).unwrap();
    let older = Migrator::new(line(&[TABLE_A]), connection).unwrap();
    newer.upgrade("heads").await.unwrap();
    let extended = older.with_stored_downgrades().await.unwrap().unwrap();
    newer.downgrade("r1").await.unwrap();
    newer.upgrade("heads").await.unwrap();
    let Err(Error::NoStoredDowngrade { reason, .. }) = extended.downgrade("r1").await else {
        unreachable!("the downgrade that was shown is another one")
    };
    assert_eq!(*reason, DowngradeRefusal::AppliedAnew);
}
