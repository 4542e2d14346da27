//! Runs that succeed, and the queries they send.

use std::sync::{Arc, Mutex};

use super::{Body, TABLE_A, TABLE_B, current, line, memory, migrator, tables};
use crate::migrator::{Migrator, RevisionState};
use crate::{Error, RevisionTable};

#[tokio::test]
async fn up_and_down_move_the_record_with_the_tables() {
    let migrator = migrator(line(&[TABLE_A, TABLE_B])).await;
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!(report.done.iter().map(|(step, _)| step.route()).collect::<Vec<_>>(), ["base -> r1", "r1 -> r2"]);
    assert_eq!(tables(&migrator).await, ["a", "b", "seachange_revision"]);
    assert_eq!(current(&migrator).await, ["r2"]);
    migrator.downgrade("-1").await.unwrap();
    assert_eq!(tables(&migrator).await, ["a", "seachange_revision"]);
    assert_eq!(current(&migrator).await, ["r1"]);
    migrator.downgrade("base").await.unwrap();
    assert_eq!(tables(&migrator).await, ["seachange_revision"]);
}

/// A service may migrate in a task, on a thread of Tokio with a stack of 2 MiB, some of which is the service's own.
#[test]
fn a_run_needs_a_quarter_of_the_stack_of_a_thread_of_tokio() {
    let run = async {
        let migrator = migrator(line(&[TABLE_A, Body::Rebuilds, TABLE_B])).await;
        migrator.upgrade("heads").await.unwrap();
        migrator.downgrade("r2").await.unwrap();
        migrator.stamp("base").await.unwrap();
        current(&migrator).await.len()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let applied = thread.spawn(move || runtime.block_on(run)).unwrap().join().unwrap();
    assert_eq!(applied, 0);
}

#[tokio::test]
async fn a_revision_has_the_stack_of_a_main_thread() {
    let migrator = migrator(line(&[Body::NeedsStack])).await;
    assert_eq!(migrator.upgrade("heads").await.unwrap().done.len(), 1);
}

#[tokio::test]
async fn reading_makes_no_table() {
    let migrator = migrator(line(&[TABLE_A])).await;
    assert_eq!(migrator.pending().await.unwrap().len(), 1);
    assert!(matches!(migrator.check().await, Err(Error::Behind { pending }) if pending == ["r1"]));
    assert_eq!(migrator.status().await.unwrap().len(), 1);
    assert_eq!(current(&migrator).await, [""; 0]);
    assert_eq!(tables(&migrator).await, [""; 0]);
}

#[tokio::test]
async fn a_run_with_nothing_to_do_makes_no_table() {
    let migrator = migrator(line(&[])).await;
    assert!(migrator.upgrade("heads").await.unwrap().done.is_empty());
    migrator.check().await.unwrap();
    assert_eq!(tables(&migrator).await, [""; 0]);
}

#[tokio::test]
async fn a_request_to_stop_is_heeded_before_the_next_revision() {
    let migrator = migrator(line(&[TABLE_A, TABLE_B])).await;
    migrator.stop_handle().stop();
    let report = migrator.upgrade("heads").await.unwrap();
    assert!(report.was_stopped());
    assert_eq!(report.left.len(), 2);
    migrator.stop_handle().reset();
    assert!(!migrator.upgrade("heads").await.unwrap().was_stopped());
}

#[tokio::test]
async fn the_record_says_who_applied_what_and_when() {
    let migrator = migrator(line(&[TABLE_A, TABLE_B])).await;
    let before = chrono::Utc::now();
    migrator.upgrade("heads").await.unwrap();
    let record = migrator.read().await.unwrap();
    let row = record.row("r2").unwrap();
    assert_eq!((row.down_revision.as_slice(), row.source_hash.as_str()), (["r1".to_owned()].as_slice(), "hash"));
    assert_eq!(row.program, "tests 1.0.0");
    assert!(row.started_at >= before && row.finished_at.unwrap() >= row.started_at);
    assert!(row.duration_ms.unwrap() >= 0);
}

#[tokio::test]
async fn an_edited_revision_is_told_apart() {
    let migrator = migrator(line(&[TABLE_A])).await;
    migrator.upgrade("heads").await.unwrap();
    let connection = migrator.connection();
    sea_orm::ConnectionTrait::execute_unprepared(connection, "UPDATE seachange_revision SET source_hash = 'old'")
        .await
        .unwrap();
    let status = migrator.status().await.unwrap();
    assert!(matches!(&status[0].state, RevisionState::Edited(row) if row.source_hash == "old"));
}

#[tokio::test]
async fn the_record_may_stand_in_another_table() {
    let migrator = migrator(line(&[TABLE_A])).await.with_revision_table(RevisionTable::new("my \"record\""));
    migrator.upgrade("heads").await.unwrap();
    assert_eq!(tables(&migrator).await, ["a", "my \"record\""]);
    assert_eq!(current(&migrator).await, ["r1"]);
}

#[tokio::test]
async fn drop_everything_leaves_an_empty_database() {
    let migrator = migrator(line(&[TABLE_A, TABLE_B])).await;
    migrator.upgrade("heads").await.unwrap();
    let views = "CREATE VIEW \"v \"\"x\"\"\" AS SELECT * FROM a; CREATE TABLE c (id integer primary key autoincrement)";
    sea_orm::ConnectionTrait::execute_unprepared(migrator.connection(), views).await.unwrap();
    migrator.drop_everything().await.unwrap();
    assert_eq!(tables(&migrator).await, ["sqlite_sequence"]);
}

/// `current` is part of the report, so that no query follows the reading of the record.
#[tokio::test]
async fn nothing_to_do_is_one_query() {
    let (mut connection, asked) = (memory().await, Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&asked);
    connection.set_metric_callback(move |info| kept.lock().unwrap().push(info.statement.sql.clone()));
    let migrator = Migrator::new(line(&[TABLE_A, TABLE_B]), connection).unwrap();
    migrator.upgrade("heads").await.unwrap();
    asked.lock().unwrap().clear();
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!((report.current, report.program.as_str()), (vec!["r2".to_owned()], "tests 1.0.0"));
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("SELECT "), "{asked:?}");
}
