//! What is measured: the engine, as a program uses it.

use std::error::Error;
use std::time::{Duration, Instant};

use seachange::{DatabaseSettings, Migrations, Migrator};

/// Connects, upgrades to all heads, closes; says how many revisions it applied.
pub(crate) async fn up(url: &str, migrations: &'static Migrations) -> Result<usize, Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    let migrator = Migrator::connect(migrations, &settings).await?;
    let report = migrator.upgrade("heads").await?;
    migrator.close().await?;
    Ok(report.done.len())
}

/// Records that every revision is applied.
pub(crate) async fn stamp(url: &str, migrations: &'static Migrations) -> Result<(), Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    let migrator = Migrator::connect(migrations, &settings).await?;
    migrator.stamp("heads").await?;
    Ok(migrator.close().await?)
}

/// How long an upgrade of an empty database to all heads takes on a connection that is there.
pub(crate) async fn apply(url: &str, migrations: &'static Migrations) -> Result<Duration, Box<dyn Error>> {
    let settings: DatabaseSettings = url.parse()?;
    let migrator = Migrator::connect(migrations, &settings).await?;
    let start = Instant::now();
    let report = migrator.upgrade("heads").await?;
    let elapsed = start.elapsed();
    if report.done.len() != migrations.scripts().len() {
        return Err("the database was not empty".into());
    }
    migrator.close().await?;
    Ok(elapsed)
}
