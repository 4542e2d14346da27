//! The engine inside a service: bringing the schema to this program's heads, or insisting on it.

use migration::MIGRATIONS;
use sea_orm::DatabaseConnection;
use seachange::graph::Target;
use seachange::{Ahead, DatabaseSettings, Error, Migrator, UpgradeOptions, event};

use crate::args::MigrateMode;

/// Does what `mode` says about the schema, before the first request. What is applied goes to the log, and what is unusual
/// about the database too.
pub(crate) async fn on_start(mode: MigrateMode, ahead: Ahead, settings: &DatabaseSettings) -> Result<(), Error> {
    let options = UpgradeOptions { ahead, ..UpgradeOptions::default() };
    match mode {
        MigrateMode::Up => {
            let migrator = Migrator::connect(&MIGRATIONS, settings).await?;
            migrator.upgrade_to(&[Target::HEADS], options).await?;
            migrator.close().await
        }
        MigrateMode::Check => {
            let migrator = Migrator::connect_to_read(&MIGRATIONS, settings).await?;
            let notices = migrator.check_with(options).await?;
            notices.events().for_each(|event| event::trace(&event));
            migrator.close().await
        }
        MigrateMode::Off => Ok(()),
    }
}

/// What a health check asks, through the pool of the service.
pub(crate) struct Schema {
    pub(crate) migrator: Migrator,
    ahead: Ahead,
}

impl Schema {
    /// Watches the database behind `pool`.
    ///
    /// # Errors
    ///
    /// Fails when the revisions of this program make no graph.
    pub(crate) fn watch(pool: &DatabaseConnection, ahead: Ahead) -> Result<Self, Error> {
        Ok(Self { migrator: Migrator::new(&MIGRATIONS, pool.clone())?, ahead })
    }

    /// Fails, with the reason, unless the schema is what this program works on. Reads one table.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        let options = UpgradeOptions { ahead: self.ahead, ..UpgradeOptions::default() };
        self.migrator.check_with(options).await.map(drop)
    }
}
