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

use futures_util::future::try_join;
use sea_orm::{ConnectionTrait, DbErr};

use self::scope::CatalogScope;
use super::cells::rows;
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
    // PostgreSQL reads the columns on one connection of a pool while it reads the rest on another one.
    let rest = async {
        let sequences = sequences::read(connection, &place).await?;
        let constraints = rows(connection, &constraints::query(&place), []).await?;
        Ok((sequences, constraints, rows(connection, &indexes::query(&place), []).await?))
    };
    let columns = columns::query(&place);
    let (columns, (sequences, constraints, indexes)) = try_join(rows(connection, &columns, []), rest).await?;
    columns::add(&columns, &place, &enumerations, &sequences, &mut tables)?;
    constraints::add(&constraints, &place, &mut tables)?;
    indexes::add(&indexes, &mut tables)?;
    Ok(Schema {
        tables: tables.into_values().map(|found| (found.table.name.clone(), found.table)).collect(),
        enumerations: enumerations::in_scope(enumerations),
    })
}

/// Adds the tables that have to be created before others.
pub(super) async fn add_prerequisites(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
    schema: &mut Schema,
) -> Result<(), DbErr> {
    let place = CatalogScope::find(connection, scope).await?;
    if place.is_nowhere() { Ok(()) } else { tables::add_prerequisites(connection, &place, schema).await }
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
