//! Runs that are one transaction.

use sea_orm::ConnectionTrait;

use super::{Body, Scripted, TABLE_A, TABLE_B, current, line, memory, migrator, registry, tables};
use crate::Error;
use crate::migrator::{Migrator, RunOptions};
use crate::revision::Migrations;

async fn whole(migrations: &'static Migrations) -> Migrator {
    migrator(migrations).await.with_options(RunOptions::new().single_transaction(true))
}

const WRONG: Body = Body::Sql(&["CREATE TABEL c (id integer)"], &["DROP TABEL c"]);

#[tokio::test]
async fn all_of_it_is_applied() {
    let migrator = whole(line(&[TABLE_A, TABLE_B])).await;
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!((report.done.len(), report.current), (2, vec!["r2".to_owned()]));
    assert_eq!(tables(&migrator).await, ["a", "b", "seachange_revision"]);
    assert_eq!(migrator.downgrade("base").await.unwrap().done.len(), 2);
    assert_eq!(tables(&migrator).await, ["seachange_revision"]);
}

#[tokio::test]
async fn or_nothing_of_it() {
    let connection = memory().await;
    let migrator = Migrator::new(line(&[TABLE_A, TABLE_B, WRONG]), connection).unwrap();
    migrator.upgrade("r1").await.unwrap();
    let migrator = migrator.with_options(RunOptions::new().single_transaction(true));
    let Err(Error::Failed(failure)) = migrator.upgrade("heads").await else { unreachable!("r3 fails") };
    assert_eq!((failure.revision.as_str(), failure.done, failure.of, failure.is_whole), ("r3", 0, 2, true));
    assert_eq!(current(&migrator).await, ["r1"]);
    assert_eq!(tables(&migrator).await, ["a", "seachange_revision"]);
    migrator.downgrade("base").await.unwrap();
}

#[tokio::test]
async fn a_revision_outside_of_transactions_is_refused_first() {
    let outside = Scripted { body: TABLE_B, use_transaction: Some(false) };
    let inside = Scripted { body: TABLE_A, use_transaction: None };
    let migrator = whole(registry(vec![inside, outside])).await;
    let error = migrator.upgrade("heads").await.unwrap_err();
    assert_eq!(error.to_string(), "`r2` runs outside of transactions, and cannot be part of a single one");
    assert_eq!(tables(&migrator).await, [""; 0]);
    migrator.upgrade("r1").await.unwrap();
}

#[tokio::test]
async fn a_table_that_has_to_be_rebuilt_begins_it_again() {
    const REBUILT: Body = Body::Rebuilds;
    let migrator = whole(line(&[TABLE_A, REBUILT, TABLE_B])).await;
    migrator.connection().execute_unprepared("PRAGMA foreign_keys = ON").await.unwrap();
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!(report.done.iter().map(|(step, _)| step.revision.as_str()).collect::<Vec<_>>(), ["r1", "r2", "r3"]);
    assert_eq!(tables(&migrator).await, ["a", "b", "seachange_revision"]);
}
