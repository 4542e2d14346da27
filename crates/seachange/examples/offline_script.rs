//! Writes the SQL of an upgrade without a database: `cargo run -p seachange --example offline_script`.

#![expect(clippy::print_stdout, reason = "an example tells what it does")]

mod library;

use std::error::Error;

use seachange::graph::Target;
use seachange::{DatabaseSettings, ScriptWriter};

use library::MIGRATIONS;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Only the kind of database and its schema count: nothing is connected to.
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite:library.db".to_owned());
    let settings: DatabaseSettings = url.parse()?;
    let script = ScriptWriter::new(&MIGRATIONS, &settings)?.upgrade(&Target::BASE, &[Target::HEADS]).await?;
    assert_eq!(script.revisions, ["1f2e3d4c5b6a", "2a3b4c5d6e7f"]);
    println!("{}", script.sql);
    Ok(())
}
