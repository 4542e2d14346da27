//! A fresh database for one test.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, TryGetable};
use tempfile::TempDir;

use crate::{
    Backend, block_on,
    servers::{Address, ServerError, SharedServers, admin_database, connect},
};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// An empty database that nothing else uses, and a folder to work in. Both are removed when the value is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    backend: Backend,
    name: String,
    /// The server, for databases that have one.
    address: Option<Address>,
    folder: TempDir,
}

impl TestDatabase {
    /// Makes a database on one of `servers`. For SQLite it is a file, which does not exist
    /// until something connects.
    ///
    /// # Errors
    ///
    /// When the server is missing, or refuses to make the database.
    pub fn create(servers: &SharedServers, backend: Backend) -> Result<Self, CreateError<'_>> {
        Self::at(backend, servers.address(backend).map_err(CreateError::Server)?).map_err(CreateError::Database)
    }

    /// Makes a database on the server at `address`, for example on a server that the test owns.
    ///
    /// # Errors
    ///
    /// When the server refuses to make the database.
    pub fn at(backend: Backend, address: Option<Address>) -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new()
            .prefix("seachange-test-")
            .tempdir()
            .map_err(ServerError::io("make a temporary directory"))?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = Self { backend, name: format!("seachange_{}_{number}", std::process::id()), address, folder };
        database.administrate(&format!("CREATE DATABASE {}", database.name))?;
        Ok(database)
    }

    /// Makes a database on the first of a cluster's servers, and waits until the others have it as well.
    ///
    /// # Errors
    ///
    /// When the first server refuses to make the database, or another one does not have it after ten seconds.
    pub fn everywhere(backend: Backend, addresses: &[Address]) -> Result<Self, ServerError> {
        let database = Self::at(backend, addresses.first().cloned())?;
        for address in addresses {
            let deadline = Instant::now() + Duration::from_secs(10);
            while let Err(error) = block_on(execute(&address.url(&database.name), "SELECT 1")) {
                if Instant::now() > deadline {
                    return Err(error.into());
                }
                sleep(Duration::from_millis(20));
            }
        }
        Ok(database)
    }

    /// The kind of database.
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// The name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the server, with its administrator. `None` for SQLite.
    pub const fn address(&self) -> Option<&Address> {
        self.address.as_ref()
    }

    /// A folder that only this test uses, empty except for SQLite's file.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The path of SQLite's file. The other databases do not create it.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// The URL, with user and password.
    pub fn url(&self) -> String {
        match &self.address {
            Some(address) => address.url(&self.name),
            // SQLAlchemy reads three slashes as a relative path, and so does the engine.
            None => format!("sqlite:{}?mode=rwc", self.file().display()),
        }
    }

    /// The URL for another user of the server.
    pub fn url_for(&self, user: &str, password: &str) -> String {
        match &self.address {
            Some(address) => address.with_user(user, password).url(&self.name),
            None => self.url(),
        }
    }

    /// The environment variables that a program needs to find the database.
    pub fn environment(&self) -> [(&'static str, String); 1] {
        [("DATABASE_URL", self.url())]
    }

    /// Connects, outside of the programs under test.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub async fn connect(&self) -> Result<DatabaseConnection, DbErr> {
        connect(&self.url()).await
    }

    /// Runs statements, separated by semicolons.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub fn execute(&self, sql: &str) -> Result<(), DbErr> {
        block_on(execute(&self.url(), sql))
    }

    /// The first column of every row that `sql` selects.
    ///
    /// # Errors
    ///
    /// The error of the database, or a value that is not a `T`.
    pub fn values<T: TryGetable>(&self, sql: &str) -> Result<Vec<T>, DbErr> {
        block_on(async {
            let connection = self.connect().await?;
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            let rows = connection.query_all_raw(statement).await?;
            connection.close().await?;
            rows.iter().map(|row| row.try_get_by_index(0)).collect()
        })
    }

    /// The only value that `sql` selects.
    ///
    /// # Errors
    ///
    /// As [`values`](Self::values), and [`DbErr::RecordNotFound`] when there is no row.
    pub fn value<T: TryGetable>(&self, sql: &str) -> Result<T, DbErr> {
        let first = self.values(sql)?.into_iter().next();
        first.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))
    }

    /// The names of all tables, sorted, except those that the engine keeps beside its record.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub fn tables(&self) -> Result<Vec<String>, DbErr> {
        let mut tables: Vec<String> = self.values(match self.backend {
            Backend::Sqlite => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' \
                 AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
            }
            Backend::Postgres => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() \
                 ORDER BY tablename"
            }
            Backend::MariaDb | Backend::MySql => {
                "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
                 WHERE table_schema = DATABASE() ORDER BY table_name"
            }
        })?;
        tables.retain(|table| !table.starts_with("seachange_revision_"));
        Ok(tables)
    }

    fn administrate(&self, sql: &str) -> Result<(), ServerError> {
        let Some(address) = &self.address else {
            return Ok(());
        };
        block_on(execute(&address.url(admin_database(self.backend)), sql))?;
        Ok(())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let force = match self.backend {
            Backend::Postgres => " WITH (FORCE)",
            _ => "",
        };
        // The test may have killed its server.
        let _ = self.administrate(&format!("DROP DATABASE IF EXISTS {}{force}", self.name));
    }
}

async fn execute(url: &str, sql: &str) -> Result<(), DbErr> {
    let connection = connect(url).await?;
    connection.execute_unprepared(sql).await?;
    connection.close().await
}

/// The reason for which a test has no database.
#[derive(Debug, thiserror::Error)]
pub enum CreateError<'a> {
    /// There is no server; the error of the shared servers says why.
    #[error(transparent)]
    Server(&'a ServerError),
    /// The server refused to make a database.
    #[error(transparent)]
    Database(ServerError),
}
