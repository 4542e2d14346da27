//! Runs that wait for a lock, that take too long, or that are asked to stop: with the locks of other sessions, and
//! signals.
//!
//! The revisions are those of `failing-migration`, as in [`failures`](crate::failures).

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use sea_orm::prelude::ChronoDateTimeUtc;
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use seachange_tests::{
    Backend, Output, Program, Running, TestDatabase, block_on,
    harness::{Case, TestResult, each_backend},
    snapshot,
};
use serde_json::Value;

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("limits::slow_statement_is_ended", slow_statement_is_ended);
    cases.extend(each_backend("limits::interrupt_ends_the_wait", interrupt_ends_the_wait));
    cases.extend(each_backend("limits::sigterm_waits_for_the_revision", sigterm_waits_for_the_revision));
    cases.extend(each_backend("limits::revision_of_another_run_is_running", revision_of_another_run_is_running));
    cases.extend(each_backend("limits::single_transaction_is_all_or_nothing", single_transaction_is_all_or_nothing));
    cases.extend(each_backend("limits::run_is_told_in_json", run_is_told_in_json));
    for backend in Backend::SERVERS {
        cases.push(Case::on(backend, "limits::locked_table_is_tried_again", locked_table_is_tried_again));
        cases.push(Case::on(backend, "limits::retries_come_to_an_end", retries_come_to_an_end));
    }
    cases.push(Case::on(Backend::Postgres, "limits::app_stops_after_the_revision", app_stops_after_the_revision));
    cases.push(Case::on(Backend::Sqlite, "limits::app_stops_waiting", app_stops_waiting));
    cases
}

fn program(database: &TestDatabase, arguments: &str) -> Program {
    Program::named("failing-migration").database(database).args(arguments.split(' '))
}

fn run(database: &TestDatabase, arguments: &str) -> Result<Output, Box<dyn Error>> {
    Ok(program(database, arguments).run()?)
}

fn succeed(database: &TestDatabase, arguments: &str) -> TestResult {
    run(database, arguments)?.succeeded()?;
    Ok(())
}

/// How many revisions are applied.
fn applied(database: &TestDatabase) -> Result<usize, sea_orm::DbErr> {
    let rows = database.values::<String>("SELECT revision FROM seachange_revision WHERE state = 'applied'")?;
    Ok(rows.len())
}

/// A transaction of another session, which has executed a statement.
pub(crate) fn others(database: &TestDatabase, sql: &str) -> Result<DatabaseTransaction, sea_orm::DbErr> {
    block_on(async {
        let transaction = database.connect().await?.begin().await?;
        transaction.execute_unprepared(sql).await?;
        Ok(transaction)
    })
}

/// A run that stays inside of a revision until the file `go` exists.
fn dawdling(database: &TestDatabase, wanted: &str, line: &str) -> Result<Running, Box<dyn Error>> {
    let mut running = program(database, "up").env("TROUBLE", wanted).start()?;
    running.wait_for(line)?;
    Ok(running)
}

fn slow_statement_is_ended(database: &TestDatabase) -> TestResult {
    succeed(database, "up 1")?;
    let output = program(database, "up --statement-timeout 300ms").env("TROUBLE", "books up: slow").run()?;
    let name = format!("limits_slow_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
    assert_eq!(applied(database)?, 1);
    if !database.backend().is_like_mysql() {
        succeed(database, "up")?;
    }
    Ok(())
}

fn interrupt_ends_the_wait(database: &TestDatabase) -> TestResult {
    let first = dawdling(database, "books up: wait", "create books table … ")?;
    let mut second = program(database, "up").start()?;
    second.wait_for("Waiting for ")?;
    second.interrupt()?;
    let output = second.finish()?;
    assert_eq!(output.code, Some(130), "{output}");
    assert!(output.stderr.contains("the same command continues from here"), "{output}");
    fs::write(database.folder().join("go"), "")?;
    first.finish()?.succeeded()?;
    assert_eq!(applied(database)?, 4);
    Ok(())
}

fn sigterm_waits_for_the_revision(database: &TestDatabase) -> TestResult {
    let mut running = dawdling(database, "books up: wait", "create books table … ")?;
    running.terminate()?;
    running.wait_for("stopping after this revision")?;
    fs::write(database.folder().join("go"), "")?;
    let output = running.finish()?;
    assert_eq!(output.code, Some(143), "{output}");
    assert!(output.stderr.contains("stopped before `c33333333333`"), "{output}");
    assert_eq!(applied(database)?, 2);
    succeed(database, "up")
}

/// The row of the revision says that it was begun, and a session has the lock (on SQLite, the process exists): the
/// revision is not interrupted.
fn revision_of_another_run_is_running(database: &TestDatabase) -> TestResult {
    let running = dawdling(database, "shelves up: wait", "create shelves and rooms … ")?;
    let state = |word: &str| -> TestResult {
        let status = run(database, "status")?.succeeded()?;
        match status.stdout.lines().any(|line| line.starts_with(word) && line.contains("d44444444444")) {
            true => Ok(()),
            false => Err(format!("the revision is not {word}: {status}").into()),
        }
    };
    // The row is written just before the code runs, and the line just before that.
    while database.values::<String>("SELECT revision FROM seachange_revision")?.len() < 4 {}
    state("running")?;
    let current = run(database, "current")?;
    assert_eq!(current.code, Some(4), "{current}");
    assert!(current.stderr.contains("the upgrade of `d44444444444` that started at "), "{current}");
    assert!(current.stderr.contains(" is running"), "{current}");

    drop(running);
    if database.backend() != Backend::Sqlite {
        // The server has to notice that the session is gone.
        let started = Instant::now();
        while state("interrupted").is_err() && started.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    state("interrupted")
}

fn single_transaction_is_all_or_nothing(database: &TestDatabase) -> TestResult {
    let refused = run(database, "up --single-transaction")?;
    let name = format!("limits_no_single_transaction_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, refused));
    assert!(database.tables()?.is_empty());
    if database.backend().is_like_mysql() {
        return Ok(());
    }
    let failed = program(database, "up 3 --single-transaction").env("TROUBLE", "books up: statement").run()?;
    let name = format!("limits_failed_single_transaction_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, failed));
    assert_eq!((applied(database)?, database.tables()?), (0, vec!["seachange_revision".to_owned()]));

    succeed(database, "up 3 --single-transaction")?;
    assert_eq!(applied(database)?, 3);
    succeed(database, "down base --single-transaction")?;
    assert_eq!((applied(database)?, database.tables()?), (0, vec!["seachange_revision".to_owned()]));
    Ok(())
}

/// The lines of a run, and the `event` of each.
fn lines(output: &Output) -> Result<Vec<(String, Value)>, serde_json::Error> {
    let parse = |line| {
        let value: Value = serde_json::from_str(line)?;
        Ok((value["event"].as_str().unwrap_or_default().to_owned(), value))
    };
    output.stdout.lines().map(parse).collect()
}

fn run_is_told_in_json(database: &TestDatabase) -> TestResult {
    let output = run(database, "up 1 --format json")?.succeeded()?;
    let told = lines(&output)?;
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["planned", "started", "statement", "finished", "report"], "{output}");
    assert_eq!((&told[4].1["current"], output.stderr.as_str()), (&Value::from(vec!["a11111111111"]), ""));
    let is_moment = |text: &str| text.ends_with('Z') && text.parse::<ChronoDateTimeUtc>().is_ok();
    assert!(told.iter().all(|(_, line)| line["time"].as_str().is_some_and(is_moment)), "{output}");

    let output = program(database, "up --format json").env("TROUBLE", "books up: custom").run()?;
    let told = lines(&output)?;
    let Some((name, error)) = told.last() else { return Err("nothing is told".into()) };
    assert_eq!((name.as_str(), &error["exit_code"], output.code), ("error", &Value::from(5), Some(5)), "{output}");
    assert_eq!(error["message"], "`b22222222222`, create books table, failed: the shelves are not ready");
    assert!(told.iter().any(|(name, _)| name == "failed"), "{output}");
    Ok(())
}

/// Statements of a session that reads or has locked the table that the next revision alters.
fn reading(database: &TestDatabase) -> &'static str {
    match database.backend() {
        Backend::Postgres => "LOCK TABLE authors IN ACCESS SHARE MODE",
        _ => "SELECT * FROM authors",
    }
}

/// MariaDB cannot roll back, but here the first statement of the revision is the one that waits.
fn locked_table_is_tried_again(database: &TestDatabase) -> TestResult {
    succeed(database, "up 2")?;
    let holder = others(database, reading(database))?;
    let mut running = program(database, "up 1 --lock-timeout 50ms --retries 500").start()?;
    running.wait_for("trying again, 2 of 500")?;
    block_on(holder.rollback())?;
    running.finish()?.succeeded()?;
    assert_eq!(applied(database)?, 3);
    Ok(())
}

fn retries_come_to_an_end(database: &TestDatabase) -> TestResult {
    succeed(database, "up 2")?;
    let holder = others(database, reading(database))?;
    let output = program(database, "up").env("MIGRATE_LOCK_TIMEOUT", "50ms").env("MIGRATE_RETRIES", "2").run()?;
    // This comes first, because a transaction that a failing test drops would end the whole process.
    block_on(holder.rollback())?;
    let name = format!("limits_retries_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
    assert_eq!(applied(database)?, 2);
    succeed(database, "up")
}

fn app(database: &TestDatabase) -> Program {
    Program::named("app").database(database).env("APP_PORT", "0")
}

/// The first revision waits for a table of the same name that another session is creating.
fn app_stops_after_the_revision(database: &TestDatabase) -> TestResult {
    let holder = others(database, "CREATE TABLE posts (id int)")?;
    let mut running = app(database).start()?;
    running.wait_for("376e48470d72")?;
    running.terminate()?;
    running.wait_for("stopping after this revision")?;
    block_on(holder.rollback())?;
    let output = running.finish()?;
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output}");
    assert!(output.stderr.contains("stopped before the first request"), "{output}");
    assert_eq!(applied(database)?, 1);
    Ok(())
}

fn app_stops_waiting(database: &TestDatabase) -> TestResult {
    let holder = others(database, "CREATE TABLE posts (id int)")?;
    let mut running = app(database).start()?;
    running.wait_for("waiting for another session that writes")?;
    running.terminate()?;
    let output = running.finish()?;
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output}");
    block_on(holder.rollback())?;
    assert!(database.tables()?.is_empty());
    Ok(())
}
