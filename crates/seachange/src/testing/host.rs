//! Where the databases of tests are made: a folder, or a server.

use super::error::TestError;
#[cfg(feature = "mysql")]
use super::mysql::MySql;
#[cfg(feature = "postgres")]
use super::postgres::Postgres;
#[cfg(feature = "sqlite")]
use super::sqlite::Sqlite;
use crate::error::Error;
use crate::migrator::Migrator;
use crate::revision::Migrations;
use crate::settings::{DatabaseSettings, Driver};

/// A place for test databases, with a template of them.
#[derive(Debug)]
pub(super) enum Host {
    #[cfg(feature = "sqlite")]
    Sqlite(Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
    #[cfg(feature = "mysql")]
    MySql(MySql),
}

impl Host {
    /// Connects, and removes what killed processes left.
    pub(super) async fn open(migrations: &'static Migrations, server: DatabaseSettings) -> Result<Self, TestError> {
        match server.driver() {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite => Sqlite::open(migrations).map(Self::Sqlite),
            #[cfg(feature = "postgres")]
            Driver::Postgres => Postgres::open(migrations, server).await.map(Self::Postgres),
            #[cfg(feature = "mysql")]
            Driver::MySql => MySql::open(migrations, server).await.map(Self::MySql),
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            driver => Err(crate::connection::ConnectError::DriverNotBuilt { driver }.into()),
        }
    }

    /// Makes an empty database; returns its name here, and how to connect to it.
    pub(super) async fn create_empty(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(files) => files.create_empty(number),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => server.create_empty(number).await,
            #[cfg(feature = "mysql")]
            Self::MySql(server) => server.create_empty(number).await,
        }
    }

    /// Makes a copy of the template, which is made if it is missing; returns its name here, and how to connect to it.
    pub(super) async fn create(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(files) => files.create(number).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => server.create(number).await,
            #[cfg(feature = "mysql")]
            Self::MySql(server) => server.create(number).await,
        }
    }

    /// Removes a database that [`create`](Self::create) made.
    pub(super) async fn remove(&self, name: &str) -> Result<(), TestError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(files) => files.remove(name),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => server.remove(name).await,
            #[cfg(feature = "mysql")]
            Self::MySql(server) => server.remove(name).await,
        }
    }
}

/// Applies the revisions to a database that is to be a template.
pub(super) async fn migrate(migrations: &'static Migrations, settings: &DatabaseSettings) -> Result<(), TestError> {
    let failed = |error: Error| TestError::Revisions(Box::new(error));
    let migrator = Migrator::connect(migrations, settings).await.map_err(failed)?;
    let report = migrator.upgrade("heads").await;
    migrator.close().await.map_err(failed)?;
    report.map(drop).map_err(failed)
}
