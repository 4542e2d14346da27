//! What a database has at a moment, and how it differs from what the revisions make.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::comparison::{Comparison, records};
use super::diff::Renames;
use super::difference::{self, Difference, differences};
use super::error::AutogenerateError;
use super::filter::TableFilter;
use super::hints::EntityHints;
use super::scratch::{MARK_TABLE, ScratchDatabase};
use crate::inspect::{InspectScope, inspect, objects};
use crate::migrator::Migrator;
use crate::revision::Migrations;
use crate::schema::{DatabaseObject, ObjectName, Schema, TableName};
use crate::settings::DatabaseSettings;

/// The tables, types and objects of a database at a moment, without the tables of migration tools.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseState {
    pub(crate) schema: Schema,
    objects: BTreeMap<ObjectName, DatabaseObject>,
    backend: DbBackend,
}

impl DatabaseState {
    /// Reads the tables that match the filter, and all that does not belong to another table.
    ///
    /// # Errors
    ///
    /// The catalogue cannot be read.
    pub(crate) async fn read(connection: &DatabaseConnection, filter: &TableFilter) -> Result<Self, DbErr> {
        let scope = InspectScope::default();
        let mut schema = inspect(connection, &scope).await?;
        let omitted = records();
        let is_compared =
            |table: &TableName| !omitted.contains(table) && table.name != MARK_TABLE && filter.matches(table);
        schema.tables.retain(|table, _| is_compared(table));
        let mut objects = objects(connection, &scope).await?;
        objects.retain(|object| object.name.owner.iter().all(is_compared) && is_compared(&object.name.name));
        let objects = objects.into_iter().map(|object| (object.name.clone(), object)).collect();
        Ok(Self { schema, objects, backend: connection.get_database_backend() })
    }

    /// The tables and types, and the objects.
    #[cfg(feature = "cli")]
    pub(super) fn into_parts(self) -> (Schema, Vec<DatabaseObject>) {
        (self.schema, self.objects.into_values().collect())
    }

    /// How a database differs from this state, which is the expected one.
    pub(crate) fn differences(&self, found: &Self) -> Vec<Difference> {
        let (from, to) = (found.schema.clone(), self.schema.clone());
        let comparison = Comparison::new(from, to, EntityHints::default(), self.backend);
        let mut all = differences(&comparison.operations(&Renames::default()));
        for (name, expected) in &self.objects {
            let other = found.objects.get(name);
            if other.is_none_or(|other| other.create != expected.create) {
                all.push(difference::object(other, Some(expected)));
            }
        }
        let unexpected = found.objects.iter().filter(|(name, _)| !self.objects.contains_key(*name));
        all.extend(unexpected.map(|(_, object)| difference::object(Some(object), None)));
        all
    }
}

/// Runs all revisions on an empty database, and compares it with the database of `connection`. The empty database is
/// created on the server that `scratch` names, and dropped at the end. On SQLite it is in memory.
///
/// # Errors
///
/// See [`AutogenerateError`]; [`AutogenerateError::Replay`] when a revision fails.
#[cfg(feature = "cli")]
pub(crate) async fn drift(
    connection: &DatabaseConnection,
    migrations: &'static Migrations,
    scratch: &DatabaseSettings,
    filter: &TableFilter,
) -> Result<Vec<Difference>, AutogenerateError> {
    let found = DatabaseState::read(connection, filter).await.map_err(AutogenerateError::Inspect)?;
    let database = ScratchDatabase::create(scratch).await?;
    let expected = replayed(migrations, &database, filter).await;
    let dropped = database.drop().await;
    let expected = expected?;
    dropped?;
    Ok(expected.differences(&found))
}

#[cfg(feature = "cli")]
async fn replayed(
    migrations: &'static Migrations,
    database: &ScratchDatabase,
    filter: &TableFilter,
) -> Result<DatabaseState, AutogenerateError> {
    let replay = |error| AutogenerateError::Replay(Box::new(error));
    let migrator = Migrator::connect_with(migrations, database.settings(), Arc::new(|_| {})).await.map_err(replay)?;
    let state = match migrator.upgrade("heads").await {
        Ok(_) => DatabaseState::read(migrator.connection(), filter).await.map_err(AutogenerateError::Inspect),
        Err(error) => Err(replay(error)),
    };
    migrator.close().await.map_err(replay)?;
    state
}
