//! The engine inside a service: bringing the schema to this program's heads, or insisting on it.

use migration::MIGRATIONS;
use sea_orm::DatabaseConnection;
use seachange::{DatabaseSettings, Error, Migrator};

use crate::args::MigrateMode;

/// Does what `mode` says about the schema, before the first request.
pub(crate) async fn on_start(mode: MigrateMode, settings: &DatabaseSettings) -> Result<(), Error> {
    if mode == MigrateMode::Off {
        return Ok(());
    }
    let migrator = Migrator::connect(&MIGRATIONS, settings).await?;
    if mode == MigrateMode::Up {
        migrator.upgrade("heads").await?;
    }
    migrator.check().await?;
    migrator.close().await
}

/// Checks through the pool of the service that the schema is at this program's heads.
pub(crate) async fn check(pool: &DatabaseConnection) -> Result<(), Error> {
    Migrator::new(&MIGRATIONS, pool.clone())?.check().await
}
