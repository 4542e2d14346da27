//! The same revisions, run by sea-orm-migration's own `Migrator` on one connection: for a comparison.
//!
//! ```text
//! scripted-seaql COUNT
//! ```
//!
//! Applies the next revisions, so many of them, to the database that `DATABASE_URL` names.

use std::env;
use std::error::Error;
use std::io::{Write, stderr};
use std::process::ExitCode;

use scripted_migration::MIGRATIONS;
use seachange::prelude::sea_orm::{ConnectOptions, Database};
use seachange::prelude::*;

/// A list of boxes is what the `Migrator` asks for; the registry holds references.
struct Borrowed(&'static dyn MigrationTrait);

impl MigrationName for Borrowed {
    fn name(&self) -> &str {
        self.0.name()
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Borrowed {
    fn use_transaction(&self) -> Option<bool> {
        self.0.use_transaction()
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.0.up(manager).await
    }
}

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut scripts: Vec<_> = MIGRATIONS.scripts().iter().collect();
        scripts.sort_by_key(|script| script.revision.id);
        let boxed = |script: &seachange::RegisteredRevision| {
            Box::new(Borrowed(script.migration)) as Box<dyn MigrationTrait>
        };
        scripts.into_iter().map(boxed).collect()
    }
}

async fn up() -> Result<(), Box<dyn Error>> {
    let count = env::args()
        .nth(1)
        .ok_or("usage: scripted-seaql COUNT")?
        .parse()?;
    let mut options = ConnectOptions::new(env::var("DATABASE_URL")?);
    options.max_connections(1).sqlx_logging(false);
    let database = Database::connect(options).await?;
    Migrator::up(&database, Some(count)).await?;
    Ok(database.close().await?)
}

fn main() -> ExitCode {
    let outcome = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(up()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
