//! Compares entities with an empty database on which all revisions of the program run, instead of with an existing
//! database.

use std::sync::Arc;

use super::comparison::Comparison;
use super::entities::Entities;
use super::error::AutogenerateError;
use super::filter::TableFilter;
use super::scratch::{MARK_TABLE, ScratchDatabase};
use crate::migrator::Migrator;
use crate::revision::Migrations;
use crate::schema::TableName;
use crate::settings::DatabaseSettings;

impl Comparison {
    /// Runs all revisions on an empty database, and compares its schema with entities. The empty database is created on
    /// the server that `scratch` names, and dropped at the end. On SQLite it is in memory.
    ///
    /// # Errors
    ///
    /// See [`AutogenerateError`]; [`AutogenerateError::Replay`] when a revision fails.
    pub async fn of_replay(
        migrations: &'static Migrations,
        scratch: &DatabaseSettings,
        entities: &Entities,
        filter: &TableFilter,
    ) -> Result<Self, AutogenerateError> {
        let database = ScratchDatabase::create(scratch).await?;
        let compared = replay(migrations, &database, scratch, entities, filter).await;
        let dropped = database.drop().await;
        let mut compared = compared?;
        dropped?;
        compared.from.tables.remove(&TableName::new(MARK_TABLE));
        Ok(compared)
    }
}

async fn replay(
    migrations: &'static Migrations,
    database: &ScratchDatabase,
    scratch: &DatabaseSettings,
    entities: &Entities,
    filter: &TableFilter,
) -> Result<Comparison, AutogenerateError> {
    let replay = |error| AutogenerateError::Replay(Box::new(error));
    let migrator = Migrator::connect_with(migrations, database.settings(), Arc::new(|_| {})).await.map_err(replay)?;
    let compared = match migrator.upgrade("heads").await {
        Ok(_) => Comparison::compare(migrator.connection(), scratch, entities, filter).await,
        Err(error) => Err(replay(error)),
    };
    migrator.close().await.map_err(replay)?;
    compared
}
