//! Rows of the record that are written without running anything.

use sea_orm::ConnectionTrait;

use super::{Body, Scripted, TABLE_A, TABLE_B, current, line, migrator, registry, roots, scripts, tables};
use crate::store::RevisionRowState;

#[tokio::test]
async fn a_stamp_moves_the_record_and_nothing_else() {
    let migrator = migrator(line(&[TABLE_A, TABLE_B])).await;
    assert_eq!(migrator.stamp("head").await.unwrap().add, ["r1", "r2"]);
    assert_eq!(current(&migrator).await, ["r2"]);
    assert_eq!(tables(&migrator).await, ["seachange_revision"]);
    assert_eq!(migrator.stamp("r1").await.unwrap().remove, ["r2"]);
    assert_eq!(current(&migrator).await, ["r1"]);
    migrator.stamp("base").await.unwrap();
    assert_eq!(current(&migrator).await, [""; 0]);
}

#[tokio::test]
async fn a_stamp_settles_what_an_interrupted_run_left() {
    let fails = Body::Sql(&["CREATE TABLE c (id integer)", "oops"], &[]);
    let bodies = [TABLE_A, fails].map(|body| Scripted { body, use_transaction: Some(false) });
    let migrator = migrator(registry(bodies.into())).await;
    assert!(migrator.upgrade("heads").await.is_err());
    assert!(migrator.current().await.is_err());
    migrator.stamp("r1").await.unwrap();
    assert_eq!(current(&migrator).await, ["r1"]);
    migrator.connection().execute_unprepared("DROP TABLE c").await.unwrap();
    assert!(migrator.upgrade("heads").await.is_err());
    migrator.stamp("r2").await.unwrap();
    assert_eq!(current(&migrator).await, ["r2"]);
}

#[tokio::test]
async fn a_stamp_fills_a_gap() {
    let migrator = migrator(line(&[TABLE_A, TABLE_B])).await;
    migrator.upgrade("heads").await.unwrap();
    migrator.connection().execute_unprepared("DELETE FROM seachange_revision WHERE revision = 'r1'").await.unwrap();
    assert!(migrator.pending().await.is_err());
    assert_eq!(migrator.stamp("r2").await.unwrap().add, ["r1"]);
    assert_eq!(current(&migrator).await, ["r2"]);
}

#[tokio::test]
async fn a_stamp_says_nothing_of_an_interrupted_revision_elsewhere() {
    let fails = Scripted { body: Body::Sql(&["oops"], &[]), use_transaction: Some(false) };
    let works = Scripted { body: TABLE_B, use_transaction: None };
    let migrator = migrator(roots(vec![fails, works])).await;
    assert!(migrator.upgrade("r1").await.is_err());
    assert_eq!(migrator.stamp("r2").await.unwrap().add, ["r2"]);
    let states: Vec<_> = migrator.read().await.unwrap().rows.into_iter().map(|row| (row.revision, row.state)).collect();
    assert_eq!(states, [("r1".to_owned(), RevisionRowState::Upgrading), ("r2".to_owned(), RevisionRowState::Applied)]);
}

#[tokio::test]
async fn one_step_below_an_interrupted_revision_forgets_it_alone() {
    let fails = || Scripted { body: Body::Sql(&["oops"], &[]), use_transaction: Some(false) };
    let first = migrator(registry(vec![fails()])).await;
    assert!(first.upgrade("heads").await.is_err());
    assert_eq!(first.stamp("r1@-1").await.unwrap().remove, ["r1"]);
    assert_eq!(current(&first).await, [""; 0]);

    let works = || Scripted { body: Body::Sql(&[], &[]), use_transaction: None };
    let fork = |n| if n == 1 { &[][..] } else { &["r1"][..] };
    let second = migrator(scripts(vec![works(), works(), fails()], fork)).await;
    assert!(second.upgrade("heads").await.is_err());
    assert_eq!(second.stamp("r3@-1").await.unwrap().remove, ["r3"]);
    assert_eq!(current(&second).await, ["r2"], "its sibling stays");
}
