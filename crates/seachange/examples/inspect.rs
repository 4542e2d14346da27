//! Prints the tables of a database with their columns: `cargo run -p seachange --example inspect`.

#![expect(clippy::print_stdout, reason = "an example tells what it does")]

mod library;

use std::error::Error;

use seachange::Migrator;
use seachange::inspect::{InspectScope, inspect};
use seachange::prelude::sea_orm::{ConnectOptions, Database};

use library::MIGRATIONS;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".to_owned());
    let mut options = ConnectOptions::new(&url);
    options.max_connections(1);
    let database = Database::connect(options).await?;
    if url.ends_with(":memory:") {
        // An empty database would show nothing.
        Migrator::new(&MIGRATIONS, database.clone())?.upgrade("heads").await?;
    }
    let schema = inspect(&database, &InspectScope::default()).await?;
    for (name, table) in &schema.tables {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        println!("{name}: {}", columns.join(", "));
    }
    assert!(!schema.tables.is_empty(), "the tables are found");
    Ok(())
}
