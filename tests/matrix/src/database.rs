//! The database of a change.

use std::error::Error;
use std::str::FromStr;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use seachange::autogenerate::{Comparison, Entities, TableFilter};
use seachange::inspect::{InspectScope, objects};
use seachange::schema::{DatabaseObject, Schema};
use seachange::{DatabaseSettings, connection};

/// A database, and how to reach it.
pub(crate) struct Database {
    pub(crate) settings: DatabaseSettings,
    pub(crate) connection: DatabaseConnection,
}

impl Database {
    /// Connects. From then on, names are quoted in the same way on every database.
    pub(crate) async fn connect(url: &str) -> Result<Self, Box<dyn Error>> {
        let settings = DatabaseSettings::from_str(url)?;
        let connection = connection::connect(&settings).await?;
        Ok(Self { settings, connection })
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    pub(crate) async fn compare(&self, entities: &Entities) -> Result<Comparison, Box<dyn Error>> {
        Ok(Comparison::compare(&self.connection, &self.settings, entities, &TableFilter::default()).await?)
    }

    /// Applies the steps that lead to entities. Returns the schema that the entities ask for.
    pub(crate) async fn become_as(&self, entities: &Entities) -> Result<Schema, Box<dyn Error>> {
        let comparison = self.compare(entities).await?;
        let operations = comparison.operations(&comparison.renames());
        for statement in comparison.statements(&operations, &self.settings).await? {
            self.run(&statement).await?;
        }
        Ok(comparison.to)
    }

    /// The objects beside the tables.
    pub(crate) async fn objects(&self) -> Result<Vec<DatabaseObject>, Box<dyn Error>> {
        Ok(objects(&self.connection, &InspectScope::default()).await?)
    }

    pub(crate) async fn run(&self, statement: &str) -> Result<(), Box<dyn Error>> {
        let ran = self.connection.execute_unprepared(statement).await;
        ran.map(drop).map_err(|error| format!("{error}: {statement}").into())
    }
}
