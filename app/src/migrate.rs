//! The engine inside a service: bringing the schema to this program's heads, or insisting on it.

use migration::MIGRATIONS;
use sea_orm::DatabaseConnection;
use seachange::{DatabaseSettings, Migrator};
use tracing::info;

use crate::args::MigrateMode;

/// A schema that this program cannot work on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// Revisions are pending.
    #[error("the database is behind this program, pending: {}", ids(.pending))]
    Behind {
        /// Their ids, in the order in which they would be applied.
        pending: Vec<&'static str>,
    },
    /// The engine failed, or found a database that it cannot judge.
    #[error(transparent)]
    Engine(#[from] seachange::Error),
}

/// Does what `mode` says about the schema, before the first request.
pub(crate) async fn on_start(mode: MigrateMode, settings: &DatabaseSettings) -> Result<(), SchemaError> {
    if mode == MigrateMode::Off {
        return Ok(());
    }
    let mut migrator = Migrator::connect(&MIGRATIONS, settings).await?;
    if mode == MigrateMode::Up {
        migrator.upgrade("heads").await?;
    }
    at_heads(&mut migrator).await?;
    info!("the schema is at this program's heads");
    Ok(())
}

/// Checks through the pool of the service that the schema is at this program's heads.
pub(crate) async fn check(pool: &DatabaseConnection) -> Result<(), SchemaError> {
    at_heads(&mut Migrator::new(&MIGRATIONS, pool.clone())).await
}

/// Refuses a schema on which revisions are pending, or something else is wrong.
async fn at_heads(migrator: &mut Migrator) -> Result<(), SchemaError> {
    let pending: Vec<_> = migrator.pending().await?.iter().map(|script| script.revision.id).collect();
    if pending.is_empty() { Ok(migrator.check().await?) } else { Err(SchemaError::Behind { pending }) }
}

/// Writes ids the way messages do.
fn ids(ids: &[&str]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}
