//! A revision that changes rows: `cargo run -p seachange --example data_migration`.
//!
//! It stops before the revision, writes a row as an older version of the service would, and goes on.

#![expect(clippy::print_stdout, reason = "an example tells what it does")]

mod library;

use std::error::Error;

use seachange::Migrator;
use seachange::prelude::sea_orm::{ConnectOptions, ConnectionTrait, Database, Statement};

use library::MIGRATIONS;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let database = Database::connect(options).await?;
    let migrator = Migrator::new(&MIGRATIONS, database.clone())?;

    migrator.upgrade("+1").await?;
    database.execute_unprepared("INSERT INTO books (title) VALUES ('Middlemarch')").await?;

    let report = migrator.upgrade("heads").await?;
    let select = Statement::from_string(database.get_database_backend(), "SELECT sort_key FROM books");
    let row = database.query_one_raw(select).await?.ok_or("the row is gone")?;
    let sort_key: String = row.try_get("", "sort_key")?;
    assert_eq!(sort_key, "middlemarch");
    println!("{} revision applied; the sort key is `{sort_key}`", report.done.len());
    Ok(())
}
