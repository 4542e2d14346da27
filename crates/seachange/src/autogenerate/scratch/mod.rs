//! A scratch schema: an empty schema on the database system of the compared one. It leaves nothing behind.
//!
//! - SQLite: a database in memory.
//! - PostgreSQL: a schema in a transaction that is rolled back. In an empty schema the names of the database around it are
//!   still found, so what creates everything is verified in a database of its own, which is dropped as those of MySQL are.
//! - MySQL and MariaDB, which cannot roll back: a database that is dropped at the end. If the program is killed before,
//!   the next run that needs a scratch database drops it. A lock on its name shows that it is in use; the server
//!   releases the lock with the session.
//!
//! Only databases that [`mark`] recognizes as scratch databases are dropped.

mod database;
mod inert;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr};

pub(super) use self::database::ScratchDatabase;
pub(super) use self::database::TABLE as MARK_TABLE;
pub(super) use self::inert::{WITH_NO_DATA, inert};
use super::entities::SchemaMapping;
use super::error::ScratchError;
use crate::connection;
use crate::inspect::{InspectScope, inspect, objects};
use crate::schema::{DatabaseObject, Schema, TableName};
use crate::session::Connection;
use crate::settings::{DatabaseSettings, Driver};

/// An empty schema, and the only connection that uses it.
pub(super) struct ScratchSchema {
    connection: DatabaseConnection,
    /// The transaction that is rolled back at the end (PostgreSQL).
    transaction: Option<Arc<DatabaseTransaction>>,
    /// The database that is dropped at the end (MySQL and MariaDB).
    database: Option<String>,
    /// The database of the transaction, if it has one of its own (PostgreSQL).
    own_database: Option<ScratchDatabase>,
    scope: InspectScope,
}

impl ScratchSchema {
    /// Opens an empty schema, and on PostgreSQL another one for each of `others`, the schemas that entities name.
    pub(super) async fn open(settings: &DatabaseSettings, others: &[String]) -> Result<Self, ScratchError> {
        #[cfg(not(feature = "postgres"))]
        let _ = others;
        match settings.driver() {
            #[cfg(feature = "postgres")]
            Driver::Postgres => postgres::open(settings, others).await,
            #[cfg(feature = "mysql")]
            Driver::MySql => mysql::open(settings).await,
            #[cfg(feature = "sqlite")]
            Driver::Sqlite => {
                let connection = connection::open_empty(settings).await?;
                let scope = InspectScope::default();
                Ok(Self { connection, transaction: None, database: None, own_database: None, scope })
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            driver => Err(connection::ConnectError::DriverNotBuilt { driver }.into()),
        }
    }

    /// As [`open`](Self::open), where nothing is found but what is created there, by the names of the compared database.
    pub(super) async fn open_alone(settings: &DatabaseSettings, others: &[String]) -> Result<Self, ScratchError> {
        #[cfg(feature = "postgres")]
        if settings.driver() == Driver::Postgres {
            return postgres::open_alone(settings, others).await;
        }
        Self::open(settings, others).await
    }

    /// The executor for statements.
    pub(super) fn executor(&self) -> DatabaseExecutor<'_> {
        match &self.transaction {
            Some(transaction) => (&**transaction).into(),
            None => (&self.connection).into(),
        }
    }

    /// The same connection, for a session of a revision.
    pub(super) fn base(&self) -> Connection {
        match &self.transaction {
            Some(transaction) => Connection::Held(Arc::clone(transaction)),
            None => Connection::Connection(self.connection.clone()),
        }
    }

    /// The scratch schemas that stand for the schemas of entities.
    pub(super) fn placement(&self) -> SchemaMapping {
        let others = self.scope.others.iter().map(|(actual, said)| (said.clone(), actual.clone()));
        SchemaMapping { schemas: others.collect::<BTreeMap<_, _>>(), home: None }
    }

    /// Puts a scratch schema first in the search path (PostgreSQL): the one for the schema `name` of entities, or the
    /// one for tables without a schema.
    pub(super) async fn work_in(&self, name: Option<&str>) -> Result<(), ScratchError> {
        #[cfg(feature = "postgres")]
        if let Some(transaction) = &self.transaction {
            let named = self.scope.others.iter().find(|(_, said)| Some(said.as_str()) == name);
            let schema = named.map(|(actual, _)| actual).or(self.scope.schema.as_ref());
            postgres::put_first(transaction, schema.map_or("", String::as_str)).await?;
        }
        #[cfg(not(feature = "postgres"))]
        let _ = name;
        Ok(())
    }

    /// The greatest number of tables to build at once. PostgreSQL locks every table, index and sequence that a
    /// transaction creates, and has room for some thousand locks: even the lowest setting of a server is far above this
    /// number.
    pub(super) fn tables_at_once(&self) -> usize {
        if self.transaction.is_some() { 300 } else { usize::MAX }
    }

    /// Sets a savepoint for [`rollback_to_savepoint`](Self::rollback_to_savepoint) in a transaction. Does nothing
    /// without one.
    pub(super) async fn savepoint(&self) -> Result<(), ScratchError> {
        self.send_in_transaction("SAVEPOINT seachange_mark").await
    }

    /// Reverts what was built since [`savepoint`](Self::savepoint) in a transaction. Does nothing without one.
    pub(super) async fn rollback_to_savepoint(&self) -> Result<(), ScratchError> {
        self.send_in_transaction("ROLLBACK TO SAVEPOINT seachange_mark").await
    }

    async fn send_in_transaction(&self, statement: &str) -> Result<(), ScratchError> {
        if let Some(transaction) = &self.transaction {
            transaction.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// Reads the schema that was built.
    pub(super) async fn inspect(&self) -> Result<Schema, DbErr> {
        let mut schema = inspect(&self.executor(), &self.scope).await?;
        schema.tables.remove(&TableName::new(MARK_TABLE));
        Ok(schema)
    }

    /// Reads the objects beside the tables that were built.
    pub(super) async fn objects(&self) -> Result<Vec<DatabaseObject>, DbErr> {
        objects(&self.executor(), &self.scope).await
    }

    /// Removes the scratch schema, and closes the connection.
    pub(super) async fn close(self) -> Result<(), ScratchError> {
        let ended = async {
            if let Some(transaction) = self.transaction.and_then(Arc::into_inner) {
                transaction.rollback().await?;
            }
            #[cfg(feature = "mysql")]
            if let Some(database) = &self.database {
                database::drop_database(&self.connection, database).await?;
            }
            #[cfg(not(feature = "mysql"))]
            let _ = self.database;
            self.connection.close().await
        };
        let ended = ended.await;
        if let Some(database) = self.own_database {
            database.drop().await?;
        }
        Ok(ended?)
    }
}

/// Sends statements in batches. Each batch is one text, and needs one round trip.
pub(super) async fn send(executor: &impl ConnectionTrait, statements: &[String]) -> Result<(), DbErr> {
    /// The number of statements in a batch: enough to make round trips cheap, and few enough to find the one that an
    /// error is about.
    const AT_ONCE: usize = 200;
    for some in statements.chunks(AT_ONCE) {
        executor.execute_unprepared(&some.join(";\n")).await?;
    }
    Ok(())
}
