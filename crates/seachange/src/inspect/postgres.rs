//! Reads the catalogue of PostgreSQL (`pg_catalog`), which every session may read.

mod column_type;
mod columns;
mod constraints;
mod enumerations;
mod expression;
mod indexes;
mod object_queries;
mod objects;
mod scope;
mod sequences;
mod table_queries;
mod tables;
mod type_queries;
mod unsupported;

use sea_orm::{ConnectionTrait, DbErr};

use self::scope::CatalogScope;
use super::{InspectScope, UnsupportedObject};
use crate::schema::{DatabaseObject, Schema};

/// Reads the tables in scope.
pub(super) async fn inspect(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Schema, DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    if place.is_nowhere() {
        return Ok(Schema::default());
    }
    let enumerations = enumerations::read(connection, &place).await?;
    let mut tables = tables::read(connection, &place).await?;
    columns::read(connection, &place, &enumerations, &mut tables).await?;
    constraints::read(connection, &place, &mut tables).await?;
    indexes::read(connection, &place, &mut tables).await?;
    Ok(Schema {
        tables: tables.into_values().map(|found| (found.table.name.clone(), found.table)).collect(),
        enumerations: enumerations::in_scope(enumerations),
    })
}

/// Reads the objects in scope that are neither tables nor parts of tables.
pub(super) async fn objects(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
) -> Result<Vec<DatabaseObject>, DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    match place.is_nowhere() {
        true => Ok(Vec::new()),
        false => objects::read(connection, &place).await,
    }
}

/// Reads what the model does not have.
pub(super) async fn unsupported(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
) -> Result<Vec<UnsupportedObject>, DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    match place.is_nowhere() {
        true => Ok(Vec::new()),
        false => unsupported::read(connection, &place).await,
    }
}
