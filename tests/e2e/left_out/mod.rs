//! Differences that are left out: by rules, by a function, and because they are accepted.

mod baseline;
mod options;
mod rules;

use std::error::Error;

use seachange::DatabaseSettings;
use seachange::autogenerate::{Comparison, Difference, Entities, TableFilter, differences};
use seachange_tests::{
    Output, Program, ProgramError, TestDatabase, block_on,
    harness::{Case, TestResult},
};

pub(crate) fn trials() -> Vec<Case> {
    [rules::trials(), options::trials(), baseline::trials()].into_iter().flatten().collect()
}

fn settings(database: &TestDatabase) -> Result<DatabaseSettings, Box<dyn Error>> {
    Ok(database.url().parse()?)
}

fn compare(database: &TestDatabase, entities: &Entities) -> Result<Comparison, Box<dyn Error>> {
    let settings = settings(database)?;
    block_on(async {
        let connection = database.connect().await?;
        let comparison = Comparison::compare(&connection, &settings, entities, &TableFilter::default()).await;
        connection.close().await?;
        Ok(comparison?)
    })
}

fn found(comparison: &Comparison) -> Vec<Difference> {
    differences(&comparison.operations(&comparison.renames()))
}

/// Differences in short form: `index posts.odd`.
fn short(found: &[Difference]) -> Vec<String> {
    let text = |own: &Difference| {
        let table = own.table.as_ref().map(ToString::to_string);
        let place: Vec<_> = table.into_iter().chain(own.name.clone()).collect();
        format!("{} {}", own.kind.word(), place.join("."))
    };
    found.iter().map(text).collect()
}

fn run(database: &TestDatabase, arguments: &[&str]) -> Result<Output, ProgramError> {
    Program::migration().database(database).args(arguments).run()
}

/// Migrates the database, and makes it differ from the entities.
fn alter(database: &TestDatabase) -> TestResult {
    run(database, &["up", "-q"])?.succeeded()?;
    database.execute("ALTER TABLE posts ADD COLUMN extra INTEGER")?;
    database.execute("CREATE INDEX odd ON posts (title)")?;
    Ok(database.execute("CREATE TABLE stranger (id INTEGER NOT NULL PRIMARY KEY)")?)
}
