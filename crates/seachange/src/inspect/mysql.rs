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
mod spelling;
mod tables;

use sea_orm::{ConnectionTrait, DbErr};

use self::scope::{CatalogScope, ServerFlavor};
use super::cells::{RowReader, rows};
use super::{InspectScope, UnsupportedObject};
use crate::schema::{DatabaseObject, Schema};

/// Reads the tables in scope, with the same queries for each of its databases.
pub(super) async fn inspect(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Schema, DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    let mut schema = Schema::default();
    for database in place.databases() {
        let mut tables = tables::read(connection, &place, database).await?;
        let checks = checks::read(connection, &place, database).await?;
        columns::read(connection, &place, database, &checks, &mut tables).await?;
        if place.server == ServerFlavor::MariaDb {
            tables::add_periods(connection, database, checks.of_periods(), &mut tables).await?;
        }
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

/// Changes tables that were read so that they are created with the text that they have.
pub(super) async fn add_spelling(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
    schema: &mut Schema,
) -> Result<(), DbErr> {
    spelling::add(connection, scope, schema).await
}

/// Reads what the model does not have: sequences and packages of MariaDB, and privileges on tables and columns.
pub(super) async fn unsupported(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
) -> Result<Vec<UnsupportedObject>, DbErr> {
    const UNSUPPORTED: &str = "SELECT LOWER(CAST(TABLE_TYPE AS CHAR)), CAST(TABLE_NAME AS CHAR)
            FROM information_schema.TABLES
            WHERE TABLE_SCHEMA = ? AND TABLE_TYPE NOT IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
        UNION ALL SELECT LOWER(CAST(ROUTINE_TYPE AS CHAR)), CAST(ROUTINE_NAME AS CHAR) FROM information_schema.ROUTINES
            WHERE ROUTINE_SCHEMA = ? AND ROUTINE_TYPE NOT IN ('FUNCTION', 'PROCEDURE')
        UNION SELECT 'privileges', CAST(CONCAT(GRANTEE, ' on ', TABLE_NAME) AS CHAR)
            FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = ?
        UNION SELECT 'privileges', CAST(CONCAT(GRANTEE, ' on ', TABLE_NAME, ' (', COLUMN_NAME, ')') AS CHAR)
            FROM information_schema.COLUMN_PRIVILEGES WHERE TABLE_SCHEMA = ? ORDER BY 1, 2";
    let place = CatalogScope::find(connection, scope).await?;
    let Some(database) = place.databases().next() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for row in rows(connection, UNSUPPORTED, [0; 4].map(|_| database.into())).await? {
        let mut cells = RowReader::of(&row);
        found.push(UnsupportedObject { kind: cells.take()?, name: cells.take()? });
    }
    Ok(found)
}
