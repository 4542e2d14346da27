//! Revisions that were edited after they were applied.

use sea_orm::ConnectionTrait;
use seachange_graph::Target;

use super::{TABLE_A, TABLE_B, line, migrator, table, watched};
use crate::Error;
use crate::migrator::{EditPolicy, Migrator, RevisionState, RunOptions};

fn strict() -> RunOptions {
    RunOptions::new().edits(EditPolicy::Refuse)
}

/// A database at `r2` whose two revisions were edited since.
async fn edited() -> Migrator {
    let migrator = migrator(line(&[TABLE_A, TABLE_B])).await;
    migrator.upgrade("heads").await.unwrap();
    let sql = "UPDATE seachange_revision SET source_hash = 'old'";
    migrator.connection().execute_unprepared(sql).await.unwrap();
    migrator
}

async fn states(migrator: &Migrator) -> Vec<&'static str> {
    let word = |state| match state {
        RevisionState::Applied(_) => "applied",
        RevisionState::Edited(_) => "edited",
        _ => "something else",
    };
    migrator.status().await.unwrap().into_iter().map(|status| word(status.state)).collect()
}

#[tokio::test]
async fn an_upgrade_tells_of_edits_or_refuses() {
    let database = edited().await;
    let (migrator, told) = watched(line(&[TABLE_A, TABLE_B, table(&["CREATE TABLE c (id integer)"], &[])]), &database);
    let migrator = migrator.with_options(strict());
    let refusal = migrator.upgrade("heads").await.unwrap_err();
    assert_eq!(refusal.to_string(), "`r1`, `r2` were edited after they were applied");
    assert!(migrator.check().await.is_err());
    assert!(told.lock().unwrap().is_empty());
    let migrator = migrator.with_options(RunOptions::default());

    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!((report.done.len(), report.notices.edited.as_slice()), (1, &["r1".to_owned(), "r2".to_owned()][..]));
    assert_eq!(told.lock().unwrap()[0], r#"Edited { revisions: ["r1", "r2"] }"#);
    assert_eq!(states(&migrator).await, ["edited", "edited", "applied"], "the record is not changed by it");
    migrator.check().await.unwrap();
}

#[tokio::test]
async fn a_downgrade_tells_of_what_it_takes_back() {
    let (migrator, told) = watched(line(&[TABLE_A, TABLE_B]), &edited().await);
    assert_eq!(migrator.downgrade("-1").await.unwrap().notices.edited, ["r2"]);
    assert_eq!(told.lock().unwrap()[0], r#"Edited { revisions: ["r2"] }"#);
}

#[tokio::test]
async fn what_was_edited_is_accepted_in_part_or_as_a_whole() {
    let migrator = edited().await;
    let before = migrator.read().await.unwrap().rows;
    let accepted = migrator.accept_edited(&["r2".parse().unwrap()]).await.unwrap();
    assert_eq!(accepted.iter().map(|script| script.revision.id).collect::<Vec<_>>(), ["r2"]);
    assert_eq!(states(&migrator).await, ["edited", "applied"]);
    assert_eq!(migrator.accept_edited(&["r2".parse().unwrap()]).await.unwrap().len(), 0);
    assert_eq!(migrator.accept_edited(&[]).await.unwrap().len(), 1);
    assert_eq!(states(&migrator).await, ["applied", "applied"]);
    let migrator = migrator.with_options(strict());
    migrator.upgrade("heads").await.unwrap();

    let rows = migrator.read().await.unwrap().rows;
    let with_old_hash =
        |row: &crate::store::RevisionRow| crate::store::RevisionRow { source_hash: "old".to_owned(), ..row.clone() };
    assert_eq!(rows.iter().map(with_old_hash).collect::<Vec<_>>(), before, "the rest of the rows stays");
}

#[tokio::test]
async fn only_applied_revisions_are_accepted() {
    let migrator = edited().await;
    migrator.downgrade("-1").await.unwrap();
    let refused = migrator.accept_edited(&[Target::HEADS]).await.unwrap_err();
    assert_eq!(refused.to_string(), "revision `r2` is not applied");
    assert!(matches!(migrator.accept_edited(&["nothing".parse().unwrap()]).await, Err(Error::Resolve(_))));
    assert_eq!(states(&migrator).await[0], "edited");
}
