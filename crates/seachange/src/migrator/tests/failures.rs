//! Revisions that fail, and what they leave.

use sea_orm::ConnectionTrait;

use super::{Body, Scripted, TABLE_A, current, line, migrator, registry, tables};
use crate::Error;
use crate::migrator::{Migrator, RevisionState};
use crate::runner::{Leftover, RevisionFailure};

async fn fail(migrator: &Migrator) -> RevisionFailure {
    match migrator.upgrade("heads").await {
        Err(Error::Failed(failure)) => *failure,
        other => unreachable!("a revision fails: {other:?}"),
    }
}

const HALF: Body = Body::Sql(&["CREATE TABLE half (id integer)", "CREATE TABEL other (id integer)"], &[]);

#[tokio::test]
async fn nothing_is_left_of_a_refused_statement() {
    let migrator = migrator(line(&[TABLE_A, HALF])).await;
    let failure = fail(&migrator).await;
    assert_eq!(failure.revision, "r2");
    assert_eq!(failure.cause.to_string(), "near \"TABEL\": syntax error");
    assert_eq!((failure.left, failure.done, failure.of), (Leftover::Nothing, 1, 2));
    assert_eq!(tables(&migrator).await, ["a", "seachange_revision"]);
    assert_eq!(current(&migrator).await, ["r1"]);
}

#[tokio::test]
async fn a_panic_is_an_error_and_is_rolled_back() {
    let migrator = migrator(line(&[TABLE_A, Body::Panics])).await;
    let failure = fail(&migrator).await;
    assert_eq!(failure.cause.to_string(), "the code panicked: no way");
    assert_eq!(failure.left, Leftover::Nothing);
    assert_eq!(current(&migrator).await, ["r1"]);
}

#[tokio::test]
async fn an_error_of_the_code_keeps_its_words() {
    let migrator = migrator(line(&[Body::Refuses])).await;
    assert_eq!(fail(&migrator).await.cause.to_string(), "not today");
}

#[tokio::test]
async fn a_revision_outside_a_transaction_is_journalled() {
    let migrator = migrator(registry(vec![Scripted { body: HALF, use_transaction: Some(false) }])).await;
    assert!(matches!(fail(&migrator).await.left, Leftover::Begun { .. }));
    assert_eq!(tables(&migrator).await, ["half", "seachange_revision"]);
    assert!(matches!(migrator.status().await.unwrap()[0].state, RevisionState::Interrupted(_)));
    let error = migrator.upgrade("heads").await.unwrap_err().to_string();
    assert!(error.starts_with("the upgrade of `r1` that started at "), "{error}");
}

#[tokio::test]
async fn a_journalled_revision_that_succeeds_is_applied() {
    let migrator = migrator(registry(vec![Scripted { body: TABLE_A, use_transaction: Some(false) }])).await;
    migrator.upgrade("heads").await.unwrap();
    assert_eq!(current(&migrator).await, ["r1"]);
    migrator.downgrade("base").await.unwrap();
    assert_eq!(current(&migrator).await, [""; 0]);
}

#[tokio::test]
async fn a_table_of_somebody_else_is_not_touched() {
    let migrator = migrator(line(&[TABLE_A])).await;
    migrator.connection().execute_unprepared("CREATE TABLE seachange_revision (x integer)").await.unwrap();
    let error = migrator.upgrade("heads").await.unwrap_err();
    assert!(matches!(error, Error::ForeignTable { .. }), "{error}");
    assert_eq!(tables(&migrator).await, ["seachange_revision"]);
}
