//! An empty schema beside the one that is compared, on the same database system, which leaves nothing behind.
//!
//! - SQLite: a database in memory.
//! - PostgreSQL: a schema in a transaction that is rolled back.
//! - MySQL and MariaDB, which cannot roll back: a database that is dropped at the end, and by the next run that needs a scratch
//!   database if the program is killed before. A lock, which goes with its session, says that it is in use.
//!
//! Dropped is only what [`mark`] tells from the databases of others.

mod database;
mod error;
mod mark;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr};

pub(super) use self::database::ScratchDatabase;
pub use self::error::ScratchError;
pub(super) use self::mark::TABLE as MARK_TABLE;
use super::entities::SchemaMapping;
use crate::connection;
use crate::inspect::{InspectScope, inspect};
use crate::runner::Connection;
use crate::schema::{Schema, TableName};
use crate::settings::{DatabaseSettings, Driver};

/// An empty schema, and the only connection that knows it.
pub(super) struct ScratchSchema {
    connection: DatabaseConnection,
    /// What is rolled back at the end, where everything can be.
    transaction: Option<Arc<DatabaseTransaction>>,
    /// What is dropped at the end, where something has to be.
    database: Option<String>,
    scope: InspectScope,
}

impl ScratchSchema {
    /// Opens an empty schema, and one for each of `others`, which entities name.
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
                Ok(Self { connection, transaction: None, database: None, scope: InspectScope::default() })
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            driver => Err(connection::ConnectError::DriverNotBuilt { driver }.into()),
        }
    }

    /// Where statements go.
    pub(super) fn executor(&self) -> DatabaseExecutor<'_> {
        match &self.transaction {
            Some(transaction) => (&**transaction).into(),
            None => (&self.connection).into(),
        }
    }

    /// The same, for a session of a revision.
    pub(super) fn base(&self) -> Connection {
        match &self.transaction {
            Some(transaction) => Connection::Held(Arc::clone(transaction)),
            None => Connection::Connection(self.connection.clone()),
        }
    }

    /// Where the schemas of entities are built.
    pub(super) fn placement(&self) -> SchemaMapping {
        let others = self.scope.others.iter().map(|(actual, said)| (said.clone(), actual.clone()));
        SchemaMapping { schemas: others.collect::<BTreeMap<_, _>>(), home: None }
    }

    /// Puts the schema that entities call `name`, or the one without a name, before all others.
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

    /// How many tables may be there at once. PostgreSQL locks every table, index and sequence that a transaction makes, and has
    /// room for some thousand locks: the least that a server may be set to is far above these.
    pub(super) fn tables_at_once(&self) -> usize {
        if self.transaction.is_some() { 300 } else { usize::MAX }
    }

    /// Marks a place to come back to by [`forget`](Self::rollback_to_savepoint), where that is possible.
    pub(super) async fn savepoint(&self) -> Result<(), ScratchError> {
        self.send_in_transaction("SAVEPOINT seachange_mark").await
    }

    /// Takes back what was built since [`mark`](Self::savepoint), where that is possible.
    pub(super) async fn rollback_to_savepoint(&self) -> Result<(), ScratchError> {
        self.send_in_transaction("ROLLBACK TO SAVEPOINT seachange_mark").await
    }

    async fn send_in_transaction(&self, statement: &str) -> Result<(), ScratchError> {
        if let Some(transaction) = &self.transaction {
            transaction.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// What has been built.
    pub(super) async fn inspect(&self) -> Result<Schema, DbErr> {
        let mut schema = inspect(&self.executor(), &self.scope).await?;
        schema.tables.remove(&TableName::new(MARK_TABLE));
        Ok(schema)
    }

    /// Leaves nothing behind.
    pub(super) async fn close(self) -> Result<(), DbErr> {
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
    }
}

/// Sends statements as one text, for which the database needs one answer.
pub(super) async fn send(executor: &impl ConnectionTrait, statements: &[String]) -> Result<(), DbErr> {
    /// Enough for the way to the server to cost little, and few enough for a message about one of them to be found.
    const AT_ONCE: usize = 200;
    for some in statements.chunks(AT_ONCE) {
        executor.execute_unprepared(&some.join(";\n")).await?;
    }
    Ok(())
}
