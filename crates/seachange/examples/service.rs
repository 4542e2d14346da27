//! Migrates the database when a service starts: `cargo run -p seachange --example service`.
//!
//! The URL comes from the environment (`DATABASE_URL`); the default is a SQLite file.

#![expect(clippy::print_stdout, reason = "an example tells what it does")]

mod library;

use std::error::Error;

use seachange::prelude::sea_orm::Database;
use seachange::{DatabaseSettings, Migrator};

use library::MIGRATIONS;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".to_owned());
    migrate(&url.parse()?).await?;

    // From here on the schema is the one that the entities of this program expect.
    let pool = Database::connect(&url).await?;
    println!("serving from {:?}", pool.get_database_backend());
    Ok(())
}

/// Applies all pending revisions. Other instances of the service that start now wait, and find nothing left to do.
async fn migrate(settings: &DatabaseSettings) -> Result<(), seachange::Error> {
    let migrator = Migrator::connect(&MIGRATIONS, settings).await?;
    let report = migrator.upgrade("heads").await?;
    println!("{} revisions applied, at {}", report.done.len(), report.current.join(", "));
    migrator.close().await
}
