//! The same revisions, run by sea-orm-migration's own `Migrator`: for a comparison.
//!
//! Applies all of them to the database that `DATABASE_URL` names.

use std::env;
use std::io::{Write, stderr};
use std::process::ExitCode;

use seachange::prelude::sea_orm::{Database, DbErr};
use seachange::prelude::*;
use ten_migration::{MIGRATIONS, wait_for_start};

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

async fn up() -> Result<(), DbErr> {
    let url = env::var("DATABASE_URL").map_err(|error| DbErr::Custom(error.to_string()))?;
    let database = Database::connect(url).await?;
    Migrator::up(&database, None).await?;
    database.close().await
}

fn main() -> ExitCode {
    wait_for_start();
    let outcome = tokio::runtime::Runtime::new()
        .map_err(|error| DbErr::Custom(error.to_string()))
        .and_then(|runtime| runtime.block_on(up()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
