//! The moments of a run: before and after each statement of a revision, counted from 1.
//!
//! What happens at a moment is said by the environment:
//!
//! - `TEN_AT="7: kill"` kills the process with SIGKILL at the seventh moment;
//! - `TEN_AT="7: wait"` writes the file `reached` into the working directory, and waits for a file `go`;
//! - `TEN_AT="7: fill"` lets SQLite's file grow no further from then on, as on a full disk: the limit is one of the session,
//!   which ends with its revision, so it is set again at each moment;
//! - `TEN_START=PATH` lets the program begin once there is such a file, so that several begin at once;
//! - `TEN_LOG=PATH` adds a line to a file at each moment, and one with the name of each revision that came to its end.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use seachange::prelude::*;

static PASSED: AtomicU32 = AtomicU32::new(0);

/// Waits until the program may begin.
pub fn wait_for_start() {
    if let Some(path) = env::var_os("TEN_START") {
        wait_for(Path::new(&path));
    }
}

/// Runs one statement of a revision between two moments.
pub(crate) async fn step<E>(
    manager: &SchemaManager<'_>,
    statement: impl Future<Output = Result<(), E>>,
) -> Result<(), DbErr>
where
    DbErr: From<E>,
{
    pass(manager).await?;
    statement.await?;
    pass(manager).await
}

/// Runs SQL as a prepared statement, between two moments.
pub(crate) async fn write(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let statement = sea_orm::Statement::from_string(manager.get_database_backend(), sql);
    let executed = async {
        manager
            .get_connection()
            .execute_raw(statement)
            .await
            .map(drop)
    };
    step(manager, executed).await
}

/// Runs SQL as plain text, between two moments: SeaORM reports no such statement.
pub(crate) async fn write_unprepared(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let executed = async {
        manager
            .get_connection()
            .execute_unprepared(sql)
            .await
            .map(drop)
    };
    step(manager, executed).await
}

/// Notes that a revision came to its end.
pub(crate) fn end(revision: &Revision) -> Result<(), DbErr> {
    if seachange::is_recorded() {
        return Ok(());
    }
    log(revision.id)
}

async fn pass(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // An upgrade records the downgrade too.
    if seachange::is_recorded() {
        return Ok(());
    }
    let number = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
    log(&number.to_string())?;
    let wanted = env::var("TEN_AT").unwrap_or_default();
    let Some((at, what)) = wanted.split_once(": ") else {
        return Ok(());
    };
    let at: u32 = at
        .parse()
        .map_err(|_| DbErr::Custom(format!("`{at}` is not a moment")))?;
    match what {
        "kill" if at == number => kill(),
        "wait" if at == number => wait().map_err(custom),
        "fill" if at <= number => fill(manager).await,
        _ => Ok(()),
    }
}

/// Appends a line, in one piece: other processes may do the same.
fn log(line: &str) -> Result<(), DbErr> {
    let Some(path) = env::var_os("TEN_LOG") else {
        return Ok(());
    };
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()))
        .map_err(custom)
}

fn kill() -> Result<(), DbErr> {
    kill_process(getpid(), Signal::KILL).map_err(|error| custom(error.into()))?;
    // The signal may take a moment.
    sleep(Duration::from_secs(60));
    Ok(())
}

fn wait() -> io::Result<()> {
    fs::write("reached", "")?;
    wait_for(Path::new("go"));
    Ok(())
}

fn wait_for(path: &Path) {
    while !path.exists() {
        sleep(Duration::from_millis(2));
    }
}

async fn fill(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // A limit below the present size is raised to it.
    let statement = "PRAGMA max_page_count = 1";
    let connection = manager.get_connection();
    connection.execute_unprepared(statement).await.map(drop)
}

fn custom(error: io::Error) -> DbErr {
    DbErr::Custom(error.to_string())
}
