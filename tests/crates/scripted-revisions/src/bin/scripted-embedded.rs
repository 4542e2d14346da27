//! A service that embeds the engine and lends it its pool.
//!
//! ```text
//! scripted-embedded upgrade TARGET | downgrade TARGET
//! ```
//!
//! Connects to `DATABASE_URL`, runs the revisions, and prints to the standard output `done: l1 l2`, the revisions that ran.
//! An error goes to the standard error with all its causes, and the exit code is 1.
//!
//! - `SCRIPTED_POOL=5`: how many connections the pool may hold; 5 when it is not said.
//! - `SCRIPTED_RUNTIME=current_thread`: the runtime has one thread; without it, two workers.
//! - `SCRIPTED_BEFORE=SQL`: sent to the pool before the run, as plain text.
//! - `SCRIPTED_AFTER=SQL`: read from the pool after the run, also after a failure. Each row is printed to the standard
//!   output as `after: value value`; an error as `after: error: ...`.
//! - `SCRIPTED_AHEAD=rollback`: an upgrade reverts the revisions of a newer program first.
//! - `SCRIPTED_TRACE=1`: the `tracing` events of the engine go to the standard error.
//! - `SCRIPTED_DROP_AFTER=MILLISECONDS`: the future of the run is dropped after that time, as a service does that gives up.

use std::env;
use std::error::Error;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use scripted_migration::migrations;
use seachange::prelude::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement,
};
use seachange::{AheadPolicy, Migrator, Report, RunOptions};
use tokio::runtime::{Builder, Runtime};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if env::var_os("SCRIPTED_TRACE").is_some() {
        let lines = tracing_subscriber::fmt().with_env_filter("seachange=debug");
        lines.with_ansi(false).with_writer(stderr).init();
    }
    match runtime().and_then(|runtime| runtime.block_on(serve())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {}", with_causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> Outcome<Runtime> {
    let mut builder = match env::var("SCRIPTED_RUNTIME").as_deref() {
        Ok("current_thread") => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    Ok(builder.worker_threads(2).enable_all().build()?)
}

async fn serve() -> Outcome<()> {
    let mut options = ConnectOptions::new(env::var("DATABASE_URL")?);
    options
        .max_connections(number("SCRIPTED_POOL").unwrap_or(5))
        .sqlx_logging(false);
    let pool = Database::connect(options).await?;
    if let Ok(sql) = env::var("SCRIPTED_BEFORE") {
        pool.execute_unprepared(&sql).await?;
    }
    let outcome = limited(&pool).await;
    if let Ok(sql) = env::var("SCRIPTED_AFTER") {
        after(&pool, &sql).await?;
    }
    let report = outcome?;
    let done: Vec<_> = report
        .done
        .iter()
        .map(|(step, _)| step.revision.as_str())
        .collect();
    writeln!(stdout(), "done: {}", done.join(" "))?;
    Ok(())
}

async fn limited(pool: &DatabaseConnection) -> Outcome<Report> {
    match number::<u64>("SCRIPTED_DROP_AFTER") {
        Some(limit) => tokio::time::timeout(Duration::from_millis(limit), migrate(pool)).await?,
        None => migrate(pool).await,
    }
}

async fn migrate(pool: &DatabaseConnection) -> Outcome<Report> {
    let migrator = Migrator::new(migrations(), pool.clone())?;
    let migrator = match env::var("SCRIPTED_AHEAD").as_deref() {
        Ok("rollback") => migrator.with_options(RunOptions::new().ahead(AheadPolicy::Rollback)),
        _ => migrator,
    };
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["upgrade", target] => Ok(migrator.upgrade(target).await?),
        ["downgrade", target] => Ok(migrator.downgrade(target).await?),
        _ => Err("usage: scripted-embedded upgrade TARGET | downgrade TARGET".into()),
    }
}

async fn after(pool: &DatabaseConnection, sql: &str) -> Outcome<()> {
    let statement = Statement::from_string(pool.get_database_backend(), sql);
    match pool.query_all_raw(statement).await {
        Ok(rows) => rows
            .iter()
            .try_for_each(|row| writeln!(stdout(), "after: {}", scripted_migration::values(row)))?,
        Err(error) => writeln!(stdout(), "after: error: {error}")?,
    }
    Ok(())
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
