//! Revisions that were added below applied ones, and records that do not match the graph.

use super::{current, memory, nodes};
use crate::migrator::{GapPolicy, Migrator, RunOptions};
use crate::revision::Revision;
use seachange_graph::Target;

const A: Revision = Revision { id: "a", ..Revision::ROOT };
const NEW: Revision = Revision { id: "new", down_revision: &["a"], ..Revision::ROOT };
const B: Revision = Revision { id: "b", down_revision: &["a"], ..Revision::ROOT };
const B_ON_NEW: Revision = Revision { id: "b", down_revision: &["new"], ..Revision::ROOT };

/// A database at `b`, and a program with a new revision `new` inserted below `b`.
async fn spliced() -> Migrator {
    let before = Migrator::new(nodes(&[A, B]), memory().await).unwrap();
    before.upgrade("heads").await.unwrap();
    Migrator::new(nodes(&[A, NEW, B_ON_NEW]), before.connection().clone()).unwrap()
}

#[tokio::test]
async fn what_was_spliced_in_is_refused_and_applied_on_request() {
    let migrator = spliced().await;
    let refusal = migrator.upgrade("heads").await.unwrap_err().to_string();
    assert_eq!(refusal, "`new` is not applied, though a revision above is: `b`");
    let migrator = migrator.with_options(RunOptions::new().gaps(GapPolicy::Fill));
    let (plan, _) = migrator.plan_upgrade(&[Target::HEADS]).await.unwrap();
    assert_eq!(plan.to_string(), "upgrade a -> new");
    assert_eq!(migrator.upgrade("heads").await.unwrap().done.len(), 1);
    assert_eq!(current(&migrator).await, ["b"]);
    assert!(migrator.upgrade("heads").await.unwrap().done.is_empty());
}

#[tokio::test]
async fn the_way_down_goes_past_a_gap() {
    let migrator = spliced().await;
    assert_eq!(current(&migrator).await, ["b"], "where it stands is clear all the same");
    let done = migrator.downgrade("a").await.unwrap().done;
    assert_eq!(done.iter().map(|(step, _)| step.revision.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(migrator.upgrade("heads").await.unwrap().done.len(), 2);
}

#[tokio::test]
async fn a_purge_forgets_what_is_unknown() {
    let before = Migrator::new(nodes(&[A, B]), memory().await).unwrap();
    before.upgrade("heads").await.unwrap();
    let other = Revision { id: "other", ..Revision::ROOT };
    let migrator = Migrator::new(nodes(&[A, other]), before.connection().clone()).unwrap();
    assert!(migrator.stamp("a").await.is_err());
    let planned = migrator.plan_purge(&["other".parse().unwrap()]).await.unwrap();
    assert_eq!(
        (planned.add.as_slice(), planned.remove.as_slice()),
        (&["other".to_owned()][..], &["b".to_owned(), "a".to_owned()][..])
    );
    let kept = before.read().await.unwrap().rows[0].clone();
    let plan = migrator.purge_and_stamp_at(&["a".parse().unwrap()]).await.unwrap();
    assert_eq!((plan.add, plan.remove), (vec![], vec!["b".to_owned()]));
    assert_eq!(migrator.read().await.unwrap().rows, [kept], "what stays applied keeps its row");
    migrator.purge_and_stamp_at(&[Target::BASE]).await.unwrap();
    assert_eq!(current(&migrator).await, [""; 0]);
}

#[tokio::test]
async fn a_dependency_by_label_is_recorded_by_id() {
    let labelled = Revision { branch_labels: &["billing"], ..A };
    let depends = Revision { id: "c", depends_on: &["billing"], ..Revision::ROOT };
    let migrator = Migrator::new(nodes(&[labelled, depends]), memory().await).unwrap();
    migrator.upgrade("c").await.unwrap();
    let rows = migrator.read().await.unwrap().rows;
    assert_eq!(rows[1].depends_on, ["a"]);
    // A program without `c` treats the database as ahead, and not as one of another history.
    let older = Migrator::new(nodes(&[labelled]), migrator.connection().clone()).unwrap();
    assert!(older.upgrade("heads").await.unwrap_err().to_string().starts_with("the database is ahead"));
}
