//! The engine inside a service: bringing the schema to this program's heads, or insisting on it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use migration::MIGRATIONS;
use sea_orm::DatabaseConnection;
use seachange::{DatabaseSettings, Error, Limits, Migrator, Report};
use tracing::info;

use crate::args::MigrateMode;
use crate::signal::Signals;

/// Does what `mode` says about the schema, before the first request. What is applied goes to the log. A signal ends it
/// after the revision that runs: then the service is not to start.
pub(crate) async fn on_start(
    mode: MigrateMode,
    settings: &DatabaseSettings,
    limits: Limits,
    signals: &Signals,
) -> Result<(), Error> {
    match mode {
        MigrateMode::Up => {
            let migrator = Migrator::connect(&MIGRATIONS, settings).await?.with_limits(limits);
            let report = upgrade(&migrator, signals).await?;
            info!(applied = report.done.len(), left = report.left.len(), at = report.current.join(","), "migrated");
            migrator.close().await
        }
        MigrateMode::Check => {
            let migrator = Migrator::connect_to_read(&MIGRATIONS, settings).await?;
            migrator.check().await?;
            migrator.close().await
        }
        MigrateMode::Off => Ok(()),
    }
}

/// Upgrades, and stops before the next revision when a signal comes.
async fn upgrade(migrator: &Migrator, signals: &Signals) -> Result<Report, Error> {
    let run = migrator.upgrade("heads");
    tokio::pin!(run);
    tokio::select! {
        report = &mut run => report,
        () = signals.first() => {
            info!("stopping after this revision");
            migrator.stop_switch().store(true, Ordering::Relaxed);
            run.await
        }
    }
}

/// Returns what a health check asks, through the pool of the service: `check` on it reads one table.
pub(crate) fn watch(pool: &DatabaseConnection) -> Result<Arc<Migrator>, Error> {
    Migrator::new(&MIGRATIONS, pool.clone()).map(Arc::new)
}
