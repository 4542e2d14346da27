//! Reads the catalogue of MySQL and MariaDB (`information_schema`), which shows a session the tables that it has
//! privileges for.

mod checks;
mod column_type;
mod columns;
mod definition;
mod expression;
mod foreign_keys;
mod keys;
mod objects;
mod scope;
mod tables;

use sea_orm::{ConnectionTrait, DbErr};

use self::scope::CatalogScope;
use super::InspectScope;
use crate::schema::{DatabaseObject, Schema};

/// Reads the tables in scope, with the same queries for each of its databases.
pub(super) async fn inspect(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Schema, DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    let mut schema = Schema::default();
    for database in place.databases() {
        let mut tables = tables::read(connection, &place, database).await?;
        let checks = checks::read(connection, &place, database).await?;
        columns::read(connection, &place, database, &checks, &mut tables).await?;
        checks::add(checks, &mut tables);
        keys::read(connection, &place, database, &mut tables).await?;
        foreign_keys::read(connection, &place, database, &mut tables).await?;
        schema.tables.extend(tables.into_values().map(|found| (found.table.name.clone(), found.table)));
    }
    Ok(schema)
}

/// Reads the objects of the main database in scope that are neither tables nor parts of tables.
pub(super) async fn objects(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
) -> Result<Vec<DatabaseObject>, DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    let Some(database) = place.databases().next() else { return Ok(Vec::new()) };
    objects::read(connection, &place, database).await
}
