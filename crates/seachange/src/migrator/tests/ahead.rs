//! Older programs on databases that newer ones have migrated.

use sea_orm::ConnectionTrait;
use seachange_graph::AppliedError;

use super::{memory, nodes, watched};
use crate::Error;
use crate::migrator::{AheadPolicy, GapPolicy, Migrator, RunOptions};
use crate::revision::Revision;

const A: Revision = Revision { id: "a", ..Revision::ROOT };
const B: Revision = Revision { id: "b", down_revision: &["a"], ..Revision::ROOT };
const C: Revision = Revision { id: "c", down_revision: &["b"], ..Revision::ROOT };
const ROOT: Revision = Revision { id: "root", ..Revision::ROOT };
const SIDE: Revision = Revision { id: "side", down_revision: &["a"], ..Revision::ROOT };

fn allowing() -> RunOptions {
    RunOptions::new().ahead(AheadPolicy::Allow)
}

/// A database at the heads of these revisions.
async fn at(revisions: &[Revision]) -> Migrator {
    let newer = Migrator::new(nodes(revisions), memory().await).unwrap();
    newer.upgrade("heads").await.unwrap();
    newer
}

fn is_ahead(error: &Error) -> bool {
    matches!(error, Error::Applied(AppliedError::Ahead { .. }))
}

#[tokio::test]
async fn an_older_program_is_refused_or_has_nothing_to_do() {
    let newer = at(&[A, B, C, ROOT]).await;
    let (older, told) = watched(nodes(&[A]), &newer);
    assert!(is_ahead(&older.upgrade("heads").await.unwrap_err()));
    assert!(is_ahead(&older.check().await.unwrap_err()));
    let before = newer.read().await.unwrap().rows;

    let older = older.with_options(allowing());
    let report = older.upgrade("heads").await.unwrap();
    assert!(report.done.is_empty());
    assert_eq!(report.notices.unknown, ["b", "c", "root"]);
    assert_eq!(*told.lock().unwrap(), [r#"Ahead { unknown: ["b", "c", "root"] }"#]);
    assert_eq!(older.check().await.unwrap(), report.notices);
    assert_eq!(older.current_known().await.unwrap()[0].revision.id, "a");
    assert_eq!(newer.read().await.unwrap().rows, before, "nothing was written");
}

#[tokio::test]
async fn what_is_pending_of_the_older_program_is_applied() {
    let newer = at(&[A, B]).await;
    let (older, told) = watched(nodes(&[A, SIDE]), &newer);
    let older = older.with_options(allowing());
    assert!(matches!(older.check().await, Err(Error::Behind { pending }) if pending == ["side"]));
    let report = older.upgrade("heads").await.unwrap();
    assert_eq!(report.done.len(), 1);
    assert!(told.lock().unwrap()[..2].concat().starts_with(r#"Ahead { unknown: ["b"] }Planned"#));
    let all = Migrator::new(nodes(&[A, B, SIDE]), newer.connection().clone()).unwrap();
    all.check().await.unwrap();
}

#[tokio::test]
async fn another_history_is_refused_in_any_case() {
    let newer = at(&[A, B, C]).await;
    for revisions in [&[C_ALONE][..], &[ROOT]] {
        let (older, told) = watched(nodes(revisions), &newer);
        let older = older.with_options(allowing());
        let error = older.upgrade("heads").await.unwrap_err();
        assert!(matches!(error, Error::Applied(AppliedError::Diverged { .. })), "{error}");
        assert!(older.check().await.is_err());
        assert!(told.lock().unwrap().is_empty());
    }
}

/// `c` in a program that does not know the revisions below it.
const C_ALONE: Revision = Revision { id: "c", ..Revision::ROOT };

#[tokio::test]
async fn gaps_below_what_is_unknown_are_judged_as_ever() {
    let newer = at(&[A, B]).await;
    let spliced = [A, SIDE, Revision { id: "b", down_revision: &["side"], ..Revision::ROOT }];
    newer.connection().execute_unprepared("UPDATE seachange_revision SET down_revision = ''").await.unwrap();
    let unknown =
        "INSERT INTO seachange_revision SELECT 'z', 'b', depends_on, source_hash, state, started_at, finished_at,
        duration_ms, program FROM seachange_revision WHERE revision = 'b'";
    newer.connection().execute_unprepared(unknown).await.unwrap();
    let older = Migrator::new(nodes(&spliced), newer.connection().clone()).unwrap().with_options(allowing());
    let error = older.upgrade("heads").await.unwrap_err();
    assert!(matches!(error, Error::Applied(AppliedError::Missing { missing, .. }) if missing == ["side"]));
    let filling = older.with_options(allowing().gaps(GapPolicy::Fill));
    assert_eq!(filling.upgrade("heads").await.unwrap().done.len(), 1);
}

#[tokio::test]
async fn what_a_newer_program_is_in_the_middle_of_holds_up_no_service() {
    let newer = at(&[A, B]).await;
    let begun = |id: &str| format!("UPDATE seachange_revision SET state = 'upgrading' WHERE revision = '{id}'");
    newer.connection().execute_unprepared(&begun("b")).await.unwrap();
    let older = Migrator::new(nodes(&[A]), newer.connection().clone()).unwrap();
    assert!(matches!(older.check().await, Err(Error::Interrupted { .. })));
    let older = older.with_options(allowing());
    assert_eq!(older.check().await.unwrap().unknown, ["b"]);
    let upgrade = older.upgrade("heads").await;
    assert!(matches!(upgrade, Err(Error::Interrupted { .. })), "a run wants to know how it ended");
    newer.connection().execute_unprepared(&begun("a")).await.unwrap();
    assert!(matches!(older.check().await, Err(Error::Interrupted { .. })), "its own are its affair");
}

#[tokio::test]
async fn where_a_database_stands_that_is_ahead() {
    let (migrator, _) = watched(nodes(&[A, B]), &at(&[A, B, C, SIDE]).await);
    let standing = migrator.standing().await.unwrap();
    assert!(standing.known.is_empty(), "both heads are of the newer program");
    let of_newer: Vec<&str> = standing.of_newer.iter().map(|row| row.revision.as_str()).collect();
    assert_eq!((of_newer, standing.unknown), (vec!["c", "side"], vec!["c".to_owned(), "side".to_owned()]));

    let (migrator, _) = watched(nodes(&[A, B]), &at(&[A, B, SIDE]).await);
    let standing = migrator.standing().await.unwrap();
    let known: Vec<&str> = standing.known.iter().map(|script| script.revision.id).collect();
    assert_eq!((known, standing.of_newer.len()), (vec!["b"], 1));
}
