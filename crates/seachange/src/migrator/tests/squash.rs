//! Squash revisions: databases that have applied none, some or all of the revisions that one replaces.

use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{Body, Scripted, current, memory, tables};
use crate::Error;
use crate::adopt::{ForeignVersionTable, MigrationTool};
use crate::migrator::{Migrator, RevisionState};
use crate::revision::{Migrations, RegisteredRevision, Revision};

const P: Revision = Revision { id: "p", ..Revision::ROOT };
const A: Revision = Revision { id: "a", down_revision: &["p"], ..Revision::ROOT };
const B: Revision = Revision { id: "b", down_revision: &["a"], ..Revision::ROOT };
const C: Revision = Revision { id: "c", down_revision: &["b"], ..Revision::ROOT };
const D: Revision = Revision { id: "d", down_revision: &["c"], ..Revision::ROOT };
const SQUASH: Revision = Revision { id: "s", down_revision: &["p"], replaces: &["a", "b", "c"], ..Revision::ROOT };

/// A program with these revisions: each makes a table of its name, and `s` makes those of the revisions that it
/// replaces.
fn program(revisions: &[Revision]) -> &'static Migrations {
    let make = |id: &str| -> &'static str { format!("CREATE TABLE {id} (id integer)").leak() };
    let script = |&revision: &Revision| {
        let made = if revision.replaces.is_empty() { &[revision.id][..] } else { revision.replaces };
        let up: Vec<&'static str> = made.iter().map(|id| make(id)).collect();
        let body = Body::Sql(up.leak(), &[]);
        RegisteredRevision {
            revision,
            message: "a step",
            folder: "src/versions",
            file: "m20261121_a_step.rs",
            source_hash: "hash",
            migration: Box::leak(Box::new(Scripted { body, use_transaction: None })),
        }
    };
    let scripts: Vec<RegisteredRevision> = revisions.iter().map(script).collect();
    Box::leak(Box::new(Migrations::new("tests 1.0.0", scripts.leak())))
}

fn old() -> &'static Migrations {
    program(&[P, A, B, C, D])
}

fn squashed() -> &'static Migrations {
    program(&[P, A, B, C, D, SQUASH])
}

/// A database that the old program has upgraded to `target`, and the new program on it.
async fn after(target: &str, new: &'static Migrations) -> Migrator {
    let connection: DatabaseConnection = memory().await;
    let before = Migrator::new(old(), connection.clone()).unwrap();
    before.upgrade(target).await.unwrap();
    Migrator::new(new, connection).unwrap()
}

async fn rows(migrator: &Migrator) -> String {
    migrator.read().await.unwrap().rows.iter().map(|row| row.revision.clone()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_database_arrives() {
    for (target, done, rows_after) in [
        ("base", "p s d", "d p s"),
        ("p", "s d", "d p s"),
        ("a", "b c s d", "a b c d p s"),
        ("b", "c s d", "a b c d p s"),
        ("c", "s d", "a b c d p s"),
        ("heads", "s", "a b c d p s"),
    ] {
        let migrator = after(target, squashed()).await;
        let report = migrator.upgrade("heads").await.unwrap();
        let steps: Vec<&str> = report.done.iter().map(|(step, _)| step.revision.as_str()).collect();
        assert_eq!(steps.join(" "), done, "from {target}");
        assert_eq!(rows(&migrator).await, rows_after, "from {target}");
        assert_eq!(tables(&migrator).await.join(" "), "a b c d p seachange_revision", "from {target}");
        assert_eq!((current(&migrator).await, report.current), (vec!["d"], vec!["d".to_owned()]));
        assert!(migrator.upgrade("heads").await.unwrap().done.is_empty(), "from {target}");
        migrator.check().await.unwrap();
    }
}

#[tokio::test]
async fn a_database_in_the_middle_needs_the_files() {
    let without = program(&[P, D, SQUASH]);
    let migrator = after("b", without).await;
    let refusal = migrator.upgrade("heads").await.unwrap_err().to_string();
    insta::assert_snapshot!(refusal, @"the database is in the middle of the revisions that `s` replaces, and the program does not contain 1 of them: `c`");
    let migrator = after("c", without).await;
    migrator.check().await.unwrap_err();
    migrator.upgrade("heads").await.unwrap();
    assert_eq!(rows(&migrator).await, "a b c d p s");
}

#[tokio::test]
async fn the_database_says_how_far_it_is() {
    let migrator = after("b", squashed()).await;
    assert_eq!(current(&migrator).await, ["b"]);
    let status = migrator.status().await.unwrap();
    let words: Vec<String> = status
        .iter()
        .map(|one| match &one.state {
            RevisionState::Pending => format!("{} pending", one.id),
            RevisionState::ByReplaced { applied, replaced } => format!("{} {applied} of {replaced}", one.id),
            RevisionState::Applied(_) => format!("{} applied", one.id),
            other => format!("{} {other:?}", one.id),
        })
        .collect();
    assert_eq!(words, ["p applied", "s 2 of 3", "d pending"]);
    let pending: Vec<&str> = migrator.pending().await.unwrap().iter().map(|one| one.revision.id).collect();
    assert_eq!(pending, ["c", "d"]);
}

#[tokio::test]
async fn what_counts_as_applied_is_not_pending() {
    let migrator = after("heads", squashed()).await;
    migrator.check().await.unwrap();
    assert!(migrator.pending().await.unwrap().is_empty());
    assert_eq!(current(&migrator).await, ["d"]);
}

#[tokio::test]
async fn an_older_program_knows_where_the_database_is_until_the_rows_are_pruned() {
    let migrator = after("c", squashed()).await;
    let older = Migrator::new(old(), migrator.connection().clone()).unwrap();
    assert!(matches!(migrator.prune_replaced().await, Err(Error::SquashNotRecorded { .. })));
    migrator.upgrade("heads").await.unwrap();
    let ahead = older.upgrade("heads").await.unwrap_err().to_string();
    assert_eq!(ahead, "the database is ahead of this program: `s` is applied and unknown here");
    assert_eq!(older.current_known().await.unwrap()[0].revision.id, "d");
    assert_eq!(migrator.prune_replaced().await.unwrap(), ["a", "b", "c"]);
    assert_eq!(rows(&migrator).await, "d p s");
    assert!(migrator.prune_replaced().await.unwrap().is_empty());
    migrator.check().await.unwrap();
    // Rows of revisions that the older program needs are missing, so it writes nothing.
    assert!(older.upgrade("heads").await.is_err());
    // Once `replaces` is removed, the squash revision is a revision like any other.
    let plain = [P, Revision { replaces: &[], ..SQUASH }, Revision { down_revision: &["s"], ..D }];
    Migrator::new(program(&plain), migrator.connection().clone()).unwrap().check().await.unwrap();
}

#[tokio::test]
async fn nothing_is_reverted_below_a_squash_revision() {
    let migrator = after("base", squashed()).await;
    migrator.upgrade("heads").await.unwrap();
    insta::assert_snapshot!(migrator.downgrade("base").await.unwrap_err(), @"a squash revision is not reverted: `s` stands in the place of 3 revisions");
    migrator.downgrade("s").await.unwrap();
    assert_eq!(rows(&migrator).await, "p s");
}

#[tokio::test]
async fn a_stamp_of_a_database_in_the_middle() {
    let migrator = after("b", squashed()).await;
    migrator.stamp("s").await.unwrap();
    assert_eq!(rows(&migrator).await, "a b p s");
    migrator.stamp("p").await.unwrap();
    assert_eq!(rows(&migrator).await, "p");
    assert!(migrator.stamp("b").await.is_err());
}

#[tokio::test]
async fn the_table_of_another_tool_may_name_replaced_revisions() {
    for (tool, table, names) in [
        (MigrationTool::Alembic, "alembic_version", &["b"][..]),
        (MigrationTool::SeaOrm, "seaql_migrations", &["p", "a", "b"][..]),
    ] {
        let migrator = Migrator::new(squashed(), memory().await).unwrap();
        let column = if tool == MigrationTool::Alembic { "version_num" } else { "version" };
        let mut statements = vec![format!("CREATE TABLE {table} ({column} varchar NOT NULL, applied_at bigint)")];
        statements.extend(names.iter().map(|name| format!("INSERT INTO {table} VALUES ('{name}', 1)")));
        statements.extend(["p", "a", "b"].map(|name| format!("CREATE TABLE {name} (id integer)")));
        for statement in statements {
            migrator.connection().execute_unprepared(&statement).await.unwrap();
        }
        migrator.adopt(&ForeignVersionTable::of(tool)).await.unwrap();
        assert_eq!(rows(&migrator).await, "a b p", "{tool:?}");
        let done = migrator.upgrade("heads").await.unwrap().done;
        let steps: Vec<&str> = done.iter().map(|(step, _)| step.revision.as_str()).collect();
        assert_eq!(steps, ["c", "s", "d"], "{tool:?}");
    }
}
