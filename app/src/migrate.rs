//! The engine inside a service: bringing the schema to this program's heads, or insisting on it.

use std::sync::Arc;

use migration::MIGRATIONS;
use sea_orm::DatabaseConnection;
use seachange::{DatabaseSettings, Error, Migrator};

use crate::args::MigrateMode;

/// Does what `mode` says about the schema, before the first request. What is applied goes to the log.
pub(crate) async fn on_start(mode: MigrateMode, settings: &DatabaseSettings) -> Result<(), Error> {
    match mode {
        MigrateMode::Up => {
            let migrator = Migrator::connect(&MIGRATIONS, settings).await?;
            migrator.upgrade("heads").await?;
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

/// Returns what a health check asks, through the pool of the service: `check` on it reads one table.
pub(crate) fn watch(pool: &DatabaseConnection) -> Result<Arc<Migrator>, Error> {
    Migrator::new(&MIGRATIONS, pool.clone()).map(Arc::new)
}
