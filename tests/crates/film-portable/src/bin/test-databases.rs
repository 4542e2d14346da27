//! Tests of a service, as the test kit sees them: many threads, each with a runtime and a database of its own.
//!
//! ```text
//! test-databases COUNT [--hold]
//! ```
//!
//! Prints the beginning of the names of its databases. Makes COUNT databases in as many threads, and writes a row into
//! each. Prints the milliseconds that the first database took, and the mean of the others, made one after the other. With
//! `--hold`, each thread prints `holding` and its number, from 0, and waits before its database is removed.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the output of a program"
)]

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use film_store_portable::MIGRATIONS;
use sea_orm::ConnectionTrait;
use seachange::testing::{TestDatabases, TestError};

static DATABASES: TestDatabases = TestDatabases::new(&MIGRATIONS);

/// How many databases are made one after the other for the mean.
const MEASURED: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().ok_or("a number")?.parse()?;
    let is_held = arguments
        .next()
        .is_some_and(|argument| argument == "--hold");
    println!("databases seachange_test_{:08x}", std::process::id());
    let runtime = runtime()?;
    let started = Instant::now();
    // One database is in use all the time, as in a test run: its removal is not waited for.
    let first = runtime.block_on(DATABASES.create())?;
    println!("first {}", started.elapsed().as_millis());
    let mut making = Duration::ZERO;
    for _ in 0..MEASURED {
        let started = Instant::now();
        let database = runtime.block_on(DATABASES.create())?;
        making += started.elapsed();
        drop(database);
    }
    println!(
        "mean {:.1}",
        making.as_secs_f64() * 1_000.0 / f64::from(MEASURED)
    );
    let failed = thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| scope.spawn(move || test(number, is_held)))
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok()?.err())
            .collect::<Vec<String>>()
    });
    drop(first);
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("\n").into())
    }
}

/// A runtime as `#[tokio::test]` makes it.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn test(number: usize, is_held: bool) -> Result<(), String> {
    let runtime = runtime().map_err(|error| error.to_string())?;
    runtime
        .block_on(write_a_row(number, is_held))
        .map_err(|error| error.to_string())
}

async fn write_a_row(number: usize, is_held: bool) -> Result<(), Box<dyn Error>> {
    let database = DATABASES
        .create()
        .await
        .map_err(|error: TestError| error.to_string())?;
    let connection = database.connection();
    let insert = format!(
        "INSERT INTO category (name, last_update) VALUES ('category {number}', '2026-01-01 00:00:00')"
    );
    connection.execute_unprepared(&insert).await?;
    let count = "SELECT count(*) AS count FROM category";
    let row = connection
        .query_one_raw(sea_orm::Statement::from_string(
            connection.get_database_backend(),
            count,
        ))
        .await?;
    let rows: i64 = row.ok_or("a row")?.try_get("", "count")?;
    if rows != 1 {
        return Err(format!("the database has {rows} rows: it is not of this test alone").into());
    }
    if is_held {
        eprintln!("holding {number}");
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    Ok(())
}
