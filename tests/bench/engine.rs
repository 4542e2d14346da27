//! The measured code: the engine, as a program uses it.

use std::error::Error;
use std::time::{Duration, Instant};

use seachange::{DatabaseSettings, Migrations, Migrator, RunOptions};

/// Connects, upgrades to all heads, and closes. Returns the number of applied revisions.
pub(crate) async fn up(url: &str, migrations: &'static Migrations) -> Result<usize, Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    let migrator = Migrator::connect(migrations, &settings).await?;
    let report = migrator.upgrade("heads").await?;
    migrator.close().await?;
    Ok(report.done.len())
}

/// Records every revision as applied.
pub(crate) async fn stamp(url: &str, migrations: &'static Migrations) -> Result<(), Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    let migrator = Migrator::connect(migrations, &settings).await?;
    migrator.stamp("heads").await?;
    Ok(migrator.close().await?)
}

/// The time of an upgrade of an empty database to all heads on an open connection.
pub(crate) async fn apply(url: &str, migrations: &'static Migrations) -> Result<Duration, Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    apply_on(Migrator::connect(migrations, &settings).await?).await
}

/// The same without stored downgrades.
pub(crate) async fn apply_alone(url: &str, migrations: &'static Migrations) -> Result<Duration, Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    let migrator = Migrator::connect(migrations, &settings).await?;
    apply_on(migrator.with_options(RunOptions::new().store_downgrades(false))).await
}

async fn apply_on(migrator: Migrator) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let report = migrator.upgrade("heads").await?;
    let elapsed = start.elapsed();
    if report.done.len() != migrator.migrations().scripts().len() {
        return Err("the database was not empty".into());
    }
    migrator.close().await?;
    Ok(elapsed)
}
