//! Reads the schema of a database, with a fixed number of catalogue queries, however many tables it has. On MySQL and MariaDB
//! there is one more query for each table with partitions, versions of its rows or other options, and for each object.
//!
//! It writes nothing, evaluates no default, and needs no privilege except the one to connect.

#[cfg(any(feature = "mysql", feature = "postgres"))]
mod cells;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "cli")]
mod prepared;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr};

#[cfg(feature = "cli")]
pub(crate) use self::prepared::CatalogueConnection;
use crate::schema::{DatabaseObject, Schema};

/// The tables to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InspectScope {
    /// The schema (on MySQL and MariaDB the database) whose tables have an unqualified name in the result. `None` means
    /// the schema that the connection works in.
    pub schema: Option<String>,
    /// Other schemas: the name in the database, and the name in the result.
    pub others: Vec<(String, String)>,
}

/// An object of a database that neither [`inspect`] nor [`objects`] reads, such as a foreign table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnsupportedObject {
    /// The kind, in the words of the database: `foreign table`.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// Writes the object for messages: ``foreign table `orders` ``.
impl fmt::Display for UnsupportedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

/// Reads the tables in scope.
///
/// On PostgreSQL the spelling of types and expressions depends on the search path of the session. To compare two
/// schemas, the caller puts each schema first on the path while it is read.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use seachange::inspect::{InspectScope, inspect};
/// use seachange::prelude::sea_orm::{ConnectionTrait, Database};
///
/// let connection = Database::connect("sqlite::memory:").await?;
/// connection.execute_unprepared("CREATE TABLE posts (id integer PRIMARY KEY, title text NOT NULL)").await?;
/// let schema = inspect(&connection, &InspectScope::default()).await?;
/// let table = schema.tables.values().next().ok_or("no table")?;
/// assert_eq!(table.columns.len(), 2);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// A catalogue query failed, or the database system is not compiled in.
pub async fn inspect(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Schema, DbErr> {
    match connection.get_database_backend() {
        #[cfg(feature = "sqlite")]
        sea_orm::DbBackend::Sqlite => sqlite::inspect(connection, scope).await,
        #[cfg(feature = "postgres")]
        sea_orm::DbBackend::Postgres => postgres::inspect(connection, scope).await,
        #[cfg(feature = "mysql")]
        sea_orm::DbBackend::MySql => mysql::inspect(connection, scope).await,
        other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "seachange was built without it" }),
    }
}

/// Reads the objects in scope that are neither tables nor parts of tables: views, functions, triggers, policies … Each
/// has the statements that create it, and what it depends on.
///
/// On PostgreSQL a name in a statement is qualified unless the search path of the session finds it.
///
/// # Errors
///
/// A catalogue query failed, or the database system is not compiled in.
pub async fn objects(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Vec<DatabaseObject>, DbErr> {
    match connection.get_database_backend() {
        #[cfg(feature = "postgres")]
        sea_orm::DbBackend::Postgres => postgres::objects(connection, scope).await,
        #[cfg(feature = "sqlite")]
        sea_orm::DbBackend::Sqlite => sqlite::objects(connection, scope).await,
        #[cfg(feature = "mysql")]
        sea_orm::DbBackend::MySql => mysql::objects(connection, scope).await,
        other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "seachange was built without it" }),
    }
}

/// Adds to tables that were read what matters only where they are created, and not to a comparison: on MySQL and MariaDB
/// the order of indexes and `RESTRICT`, as in their texts; on PostgreSQL the tables that have to be there before them.
pub(crate) async fn add_for_creation(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
    schema: &mut Schema,
) -> Result<(), DbErr> {
    match connection.get_database_backend() {
        #[cfg(feature = "mysql")]
        sea_orm::DbBackend::MySql => mysql::add_spelling(connection, scope, schema).await,
        #[cfg(feature = "postgres")]
        sea_orm::DbBackend::Postgres => postgres::add_prerequisites(connection, scope, schema).await,
        _ => {
            let _ = (scope, schema);
            Ok(())
        }
    }
}

/// Reads which objects the database has that neither [`inspect`] nor [`objects`] reads.
///
/// # Errors
///
/// A catalogue query failed, or the database system is not compiled in.
pub async fn unsupported_objects(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
) -> Result<Vec<UnsupportedObject>, DbErr> {
    match connection.get_database_backend() {
        #[cfg(feature = "postgres")]
        sea_orm::DbBackend::Postgres => postgres::unsupported(connection, scope).await,
        #[cfg(feature = "sqlite")]
        sea_orm::DbBackend::Sqlite => Ok(sqlite::unsupported(scope)),
        #[cfg(feature = "mysql")]
        sea_orm::DbBackend::MySql => mysql::unsupported(connection, scope).await,
        other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "seachange was built without it" }),
    }
}
