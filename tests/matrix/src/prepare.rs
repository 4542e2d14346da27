//! The preparation of a change: tables, rows, and differences.

use std::error::Error;

use sea_orm::{ConnectionTrait, DbBackend};
use seachange::autogenerate::differences;
use seachange::schema::Schema;

use crate::database::Database;
use crate::found::short;
use crate::rows::insertions;
use crate::{Case, Job, Outcome};

/// Builds the tables before the change in an empty database, with rows, and reports the differences from the entities.
///
/// # Errors
///
/// The error of the database or of the engine.
pub async fn prepare(case: Case, job: Job) -> Result<Outcome, Box<dyn Error>> {
    let database = Database::connect(&job.url).await?;
    build(&case, &database).await?;
    let left = database.compare(&case.before).await?;
    let left = differences(&left.operations(&left.renames()));
    let is_beside = |backend: &DbBackend| case.beside.iter().any(|(own, _)| own == backend);
    let faults = match left.is_empty() || is_beside(&database.backend()) {
        true => Vec::new(),
        false => left.iter().map(|left| format!("built, and still: {}", crate::found::long(left))).collect(),
    };
    let change = database.compare(&case.after).await?;
    let differences = differences(&change.operations(&change.renames()));
    database.connection.close().await?;
    Ok(Outcome::new(case.name, differences.iter().map(short).collect(), faults))
}

/// Builds the tables before the change, without rows, and returns them.
pub(crate) async fn build_tables(case: &Case, database: &Database) -> Result<Schema, Box<dyn Error>> {
    let built = database.become_as(&case.before).await?;
    for (_, statement) in case.beside.iter().filter(|(backend, _)| *backend == database.backend()) {
        database.run(statement).await?;
    }
    Ok(built)
}

async fn build(case: &Case, database: &Database) -> Result<(), Box<dyn Error>> {
    let built = build_tables(case, database).await?;
    if case.is_empty {
        return Ok(());
    }
    database.run(foreign_keys(database.backend(), false)).await?;
    for statement in insertions(&built) {
        database.connection.execute(&statement).await.map_err(|error| format!("{error}: {statement:?}"))?;
    }
    database.run(foreign_keys(database.backend(), true)).await
}

/// Rows may refer to rows that come later.
pub(crate) const fn foreign_keys(backend: DbBackend, are_on: bool) -> &'static str {
    match (backend, are_on) {
        (DbBackend::MySql, true) => "SET foreign_key_checks = 1",
        (DbBackend::MySql, false) => "SET foreign_key_checks = 0",
        (DbBackend::Postgres, true) => "SET session_replication_role = origin",
        (DbBackend::Postgres, false) => "SET session_replication_role = replica",
        (_, true) => "PRAGMA foreign_keys = on",
        (_, false) => "PRAGMA foreign_keys = off",
    }
}
