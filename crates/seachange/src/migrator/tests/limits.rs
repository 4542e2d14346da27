//! Runs that wait for a lock, or take too long, on a file that other connections write to.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use tempfile::TempDir;

use super::{Body, TABLE_A, TABLE_B, line, memory, tables};
use crate::event::Event;
use crate::limits::{Limit, Limits};
use crate::migrator::{Migrator, RunOptions};
use crate::runner::{Leftover, RevisionFailure};
use crate::{Error, Migrations, Report};

/// Counts up to a number for which SQLite needs minutes.
const ENDLESS: Body = Body::Sql(
    &["CREATE TABLE n AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 4000000000) \
       SELECT max(x) AS x FROM c"],
    &[],
);

/// A file.
fn url(folder: &TempDir) -> String {
    format!("sqlite:{}?mode=rwc", folder.path().join("test.db").display())
}

async fn open(url: String) -> DatabaseConnection {
    Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap()
}

async fn busy_timeout(connection: &DatabaseConnection) -> i64 {
    let pragma = Statement::from_string(connection.get_database_backend(), "PRAGMA busy_timeout");
    connection.query_one_raw(pragma).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

fn statement_timeout(millis: u64) -> Limits {
    Limits { statement_timeout: Some(Duration::from_millis(millis)), ..Limits::default() }
}

async fn fail(migrator: &Migrator) -> RevisionFailure {
    match migrator.upgrade("heads").await {
        Err(Error::Failed(failure)) => *failure,
        other => unreachable!("a revision fails: {other:?}"),
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_rolled_back() {
    let connection = memory().await;
    let new = |migrations: &'static Migrations| Migrator::new(migrations, connection.clone()).unwrap();
    let migrator = new(line(&[TABLE_A, ENDLESS])).with_options(RunOptions::new().limits(statement_timeout(50)));
    let failure = fail(&migrator).await;
    assert_eq!((failure.limit, failure.left, failure.attempts), (Some(Limit::Statement), Leftover::Nothing, 1));
    assert_eq!((failure.revision.as_str(), tables(&migrator).await.len()), ("r2", 2));

    // The connection can run again, and statements outside of a run have no time limit.
    new(line(&[TABLE_A, TABLE_B])).upgrade("heads").await.unwrap();
    let slow = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000) SELECT max(x) FROM c";
    connection.execute_unprepared(slow).await.unwrap();
}

#[tokio::test]
async fn an_update_that_takes_too_long_leaves_a_sound_connection() {
    const SLOW: Body = Body::Sql(
        &["UPDATE a SET id = (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 4000000000) \
           SELECT max(x) FROM c)"],
        &[],
    );
    let connection = memory().await;
    let migrator = Migrator::new(line(&[TABLE_A, SLOW]), connection.clone()).unwrap();
    migrator.upgrade("r1").await.unwrap();
    connection.execute_unprepared("INSERT INTO a VALUES (1)").await.unwrap();
    let migrator = migrator.with_options(RunOptions::new().limits(statement_timeout(50)));
    assert_eq!(fail(&migrator).await.limit, Some(Limit::Statement));
    // SQLite has ended the transaction itself; the next statements run in a transaction again.
    migrator.downgrade("base").await.unwrap();
    assert_eq!(tables(&migrator).await, ["seachange_revision"]);
}

#[tokio::test]
async fn a_connection_is_given_back_as_it_was_found() {
    let connection = memory().await;
    connection.execute_unprepared("PRAGMA busy_timeout = 1234").await.unwrap();
    let limits = Limits { lock_timeout: Some(Duration::from_secs(9)), ..Limits::default() };
    let migrator = Migrator::new(line(&[TABLE_A, ENDLESS]), connection.clone())
        .unwrap()
        .with_options(RunOptions::new().limits(limits));
    migrator.upgrade("r1").await.unwrap();
    assert_eq!(busy_timeout(&connection).await, 1234);
    let migrator = migrator.with_options(RunOptions::new().limits(statement_timeout(20)));
    fail(&migrator).await;
    assert_eq!(busy_timeout(&connection).await, 1234);
}

/// Controls a reader on another connection from plain functions: `true` begins to read, which prevents every commit,
/// and `false` ends the read. Each call returns when that is done.
fn reader(folder: &TempDir) -> impl Fn(bool) + Send + Sync + use<> {
    let (commands, inbox) = mpsc::channel();
    let (answers, done) = mpsc::channel();
    let connecting = url(folder);
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let connection = open(connecting).await;
            while let Ok(reads) = inbox.recv() {
                let sql = if reads { "BEGIN; SELECT * FROM seachange_revision" } else { "ROLLBACK" };
                connection.execute_unprepared(sql).await.unwrap();
                answers.send(()).unwrap();
            }
        });
    });
    let done = Mutex::new(done);
    move |reads| {
        commands.send(reads).unwrap();
        done.lock().unwrap().recv().unwrap();
    }
}

/// Migrates while another connection reads, from the start of the revision until the retry with the number `last`.
async fn under_a_reader(retries: u32, last: u32) -> Result<Report, Error> {
    let folder = tempfile::tempdir().unwrap();
    let connection = open(url(&folder)).await;
    let (reader, stop) = (reader(&folder), AtomicU32::new(0));
    let handler = move |event: &Event<'_>| match event {
        Event::Started { .. } => reader(true),
        Event::Retrying { attempt, of, .. } => {
            assert_eq!((*attempt, *of), (stop.fetch_add(1, Ordering::Relaxed) + 1, Some(retries)));
            if *attempt == last {
                reader(false);
            }
        }
        _ => {}
    };
    let limits = Limits { lock_timeout: Some(Duration::from_millis(20)), retries, ..Limits::default() };
    let mut migrator =
        Migrator::new(line(&[TABLE_A]), connection).unwrap().with_options(RunOptions::new().limits(limits));
    migrator.handler = Arc::new(handler);
    migrator.upgrade("heads").await
}

#[tokio::test]
async fn a_revision_that_was_kept_waiting_is_run_again() {
    assert_eq!(under_a_reader(3, 2).await.unwrap().current, ["r1"]);
}

#[tokio::test]
async fn and_no_more_often_than_it_was_said() {
    for retries in [0, 1] {
        let Err(Error::Failed(failure)) = under_a_reader(retries, 9).await else {
            unreachable!("another connection reads")
        };
        assert_eq!(failure.cause.to_string(), "database is locked");
        assert_eq!(
            (failure.limit, failure.left, failure.attempts),
            (Some(Limit::Lock), Leftover::Nothing, retries + 1)
        );
    }
}

#[tokio::test]
async fn the_switch_ends_the_wait_for_another_run() {
    let folder = tempfile::tempdir().unwrap();
    let (connection, writer) = (open(url(&folder)).await, open(url(&folder)).await);
    writer.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let mut migrator = Migrator::new(line(&[TABLE_A, TABLE_B]), connection).unwrap();
    let stop = migrator.stop_handle();
    migrator.handler = Arc::new(move |event: &Event<'_>| {
        if let Event::Waiting { .. } = event {
            stop.stop();
        }
    });
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!((report.done.len(), report.left.len(), report.current.len()), (0, 2, 0));
    assert_eq!(tables(&migrator).await, [""; 0]);
    assert!(matches!(migrator.stamp("heads").await, Err(Error::Stopped { .. })));
}
