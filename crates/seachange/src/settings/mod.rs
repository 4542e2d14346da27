//! The settings that identify one database, and their resolution.
//!
//! [`DatabaseVariables`] hold the given values, [`DatabaseSettings::resolve`] decides, and the result connects.
//! This module reads neither the command line nor the environment; `seachange::args` does.
//!
//! # Precedence
//!
//! - With nothing set, the database is the SQLite file [`DEFAULT_PATH`].
//! - `DATABASE_URL` alone identifies a database. The parts (`DATABASE_DRIVER`, `DATABASE_HOSTNAME` ...) may be set in
//!   addition if they agree with it; a part that contradicts the URL is an error. The password, the schema and TLS
//!   may be added to a URL that omits them.
//! - Without a URL, `DATABASE_DRIVER` and the other parts identify the database. Values in them are not
//!   percent-encoded.
//! - An empty variable counts as one that is not set.
//!
//! # Spellings of a URL
//!
//! SeaORM's and SQLx's (`postgres://`, `mysql://`, `sqlite:path`, `sqlite://path`, `sqlite::memory:`) and
//! SQLAlchemy's (`postgresql+psycopg2://`, `mysql+pymysql://`, `mariadb://`). `sqlite:///path` is a **relative**
//! path, as in SQLAlchemy, and `sqlite:////path` an absolute one. SQLx reads the former as absolute; these settings
//! do so if the URL has a parameter of SQLx (`mode`, `cache`, `immutable`, `vfs`). If only the file of the other
//! reading exists, the URL is rejected, and no folder is created for either path.
//!
//! `search_path=app` in the URL of a PostgreSQL database, also in `options`, sets the schema; a search path with
//! several schemas is passed to the server unchanged.
//!
//! The driver chooses values that a URL omits: SQLx reads `PGHOST`, `PGUSER`, `PGPASSWORD`, `.pgpass` and so on.

mod driver;
mod endpoint;
mod error;
mod mask;
mod options;
mod parameters;
mod resolve;
mod search_path;
mod secret;
mod server;
mod server_url;
mod sqlite;
#[cfg(all(test, feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod tests;
mod tls;
mod variables;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

pub use driver::Driver;
pub(crate) use error::reason;
pub use error::{SettingsError, UrlPart, UrlProblem};
pub(crate) use server::ServerLocation;
pub(crate) use sqlite::SqliteLocation;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::SqliteMode;
pub use tls::TlsMode;
pub use variables::DatabaseVariables;

/// The SQLite file that is used without any setting, relative to the working directory.
pub const DEFAULT_PATH: &str = "data/app.db";

/// One database, and how to reach it. `Display` masks the password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    target: DatabaseLocation,
    dropped: Vec<String>,
    /// Whether the user named the server for scratch databases alone.
    is_for_scratch: bool,
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum DatabaseLocation {
    /// A file or a database in memory.
    Sqlite(SqliteLocation),
    /// A server.
    Server(ServerLocation),
}

impl DatabaseSettings {
    /// Resolves the given values to one database.
    ///
    /// Reads the file in `DATABASE_PASSWORD_FILE` if it is set, and checks whether the file of a SQLite URL with
    /// three slashes exists; everything else depends only on the values.
    ///
    /// ```
    /// use seachange::DatabaseSettings;
    /// use seachange::settings::DatabaseVariables;
    ///
    /// let variables = DatabaseVariables {
    ///     driver: Some("postgres".to_owned()),
    ///     hostname: Some("db.example.org".to_owned()),
    ///     username: Some("app".to_owned()),
    ///     password: Some("secret".to_owned()),
    ///     name: Some("blog".to_owned()),
    ///     ..DatabaseVariables::default()
    /// };
    /// let settings = DatabaseSettings::resolve(&variables)?;
    /// assert!(!settings.to_string().contains("secret"));
    /// # Ok::<(), seachange::settings::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails when the variables contradict each other, when a value is malformed, and when the
    /// driver is not built in.
    pub fn resolve(variables: &DatabaseVariables) -> Result<Self, SettingsError> {
        resolve::resolve(variables, &resolve::OsFileSystem)
    }

    /// Returns the driver that connects.
    #[must_use]
    pub const fn driver(&self) -> Driver {
        match &self.target {
            DatabaseLocation::Sqlite(_) => Driver::Sqlite,
            DatabaseLocation::Server(server) => server.driver,
        }
    }

    /// The name of the database on its server; empty for SQLite.
    pub(crate) fn database_name(&self) -> &str {
        match &self.target {
            DatabaseLocation::Sqlite(_) => "",
            DatabaseLocation::Server(server) => &server.name,
        }
    }

    /// Whether it is a SQLite database in memory.
    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(&self.target, DatabaseLocation::Sqlite(sqlite) if sqlite.path().is_none())
    }

    /// Returns the PostgreSQL schema that is set as the only one on the search path.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        match &self.target {
            DatabaseLocation::Sqlite(_) => None,
            DatabaseLocation::Server(server) => server.schema.as_deref(),
        }
    }

    /// Returns the names of URL parameters that only another library understands, and that have no effect here.
    #[must_use]
    pub fn dropped_parameters(&self) -> &[String] {
        &self.dropped
    }

    /// The settings for a SQLite database without a file.
    pub(crate) fn in_memory() -> Self {
        Self {
            target: DatabaseLocation::Sqlite(SqliteLocation::named(sqlite::MEMORY)),
            dropped: Vec::new(),
            is_for_scratch: false,
        }
    }

    /// The settings of a SQLite file, which is created.
    #[cfg(feature = "cli")]
    pub(crate) fn in_file(path: &str) -> Self {
        Self {
            target: DatabaseLocation::Sqlite(SqliteLocation::named(path)),
            dropped: Vec::new(),
            is_for_scratch: false,
        }
    }

    /// Settings for the scripts of a database system to which nothing connects.
    ///
    /// # Errors
    ///
    /// The driver is not built in.
    #[cfg(feature = "cli")]
    pub(crate) fn of_system(driver: Driver) -> Result<Self, SettingsError> {
        if driver == Driver::Sqlite {
            return Ok(Self::in_memory());
        }
        let url = format!("{}://localhost/database", driver.feature());
        Self::resolve(&DatabaseVariables { url: Some(url), ..DatabaseVariables::default() })
    }

    /// Says that the server is for scratch databases: revisions may change what its databases share.
    #[cfg(feature = "cli")]
    pub(crate) fn for_scratch(self) -> Self {
        Self { is_for_scratch: true, ..self }
    }

    /// Whether the server is for scratch databases alone.
    pub(crate) fn is_for_scratch(&self) -> bool {
        self.is_for_scratch
    }

    /// The settings for another database on the same server. SQLite has no other databases.
    pub(crate) fn in_database(&self, name: &str) -> Self {
        let mut settings = self.clone();
        if let DatabaseLocation::Server(server) = &mut settings.target {
            server.name = name.to_owned();
        }
        settings
    }

    /// The settings for another schema of the same database. Only PostgreSQL has schemas in a database.
    pub(crate) fn in_schema(&self, schema: &str) -> Self {
        let mut settings = self.clone();
        if let DatabaseLocation::Server(server) = &mut settings.target {
            server.schema = Some(schema.to_owned());
        }
        settings
    }

    /// The settings for the same database on another server, or as another user; `None` leaves a part as it is. SQLite has
    /// no server.
    ///
    /// # Errors
    ///
    /// A part is malformed.
    pub(crate) fn at(
        &self,
        hostname: Option<String>,
        port: Option<String>,
        username: Option<String>,
    ) -> Result<Self, SettingsError> {
        let variables = DatabaseVariables { hostname, port, username, ..DatabaseVariables::default() };
        let (host, port) = resolve::address(&variables)?;
        let mut settings = self.clone();
        if let DatabaseLocation::Server(server) = &mut settings.target {
            server.host = host.or_else(|| server.host.take());
            server.port = port.or(server.port);
            server.username = variables.username.or_else(|| server.username.take());
        }
        Ok(settings)
    }

    /// The settings of a SQLite file, which has to exist.
    pub(crate) fn in_existing_file(path: &str) -> Self {
        let target = DatabaseLocation::Sqlite(SqliteLocation::existing(path));
        Self { target, dropped: Vec::new(), is_for_scratch: false }
    }

    /// What distinguishes the server from others: its driver and its address. All SQLite files are on one server.
    pub(crate) fn server_identity(&self) -> String {
        match &self.target {
            DatabaseLocation::Sqlite(_) => "sqlite".to_owned(),
            DatabaseLocation::Server(server) => {
                let host = server.host.as_deref().unwrap_or_default();
                let port = server.port.map(|port| port.to_string()).unwrap_or_default();
                format!("{} {host} {port}", server.driver.feature())
            }
        }
    }

    /// What distinguishes the database and its schema from others, whatever user connects. For a SQLite file, that is the
    /// path without links, if the file exists.
    pub(crate) fn identity(&self) -> String {
        match &self.target {
            DatabaseLocation::Sqlite(sqlite) => {
                let path = sqlite.path().unwrap_or_default();
                let real = std::fs::canonicalize(path).map(|real| real.to_string_lossy().into_owned());
                format!("sqlite {}", real.unwrap_or_else(|_| path.to_owned()))
            }
            DatabaseLocation::Server(server) => {
                let schema = server.schema.as_deref().unwrap_or_default();
                format!("{} {:?} {schema:?}", self.server_identity(), server.name)
            }
        }
    }

    /// Returns the file with the certificates of the trusted authorities.
    pub(crate) fn tls_ca_file(&self) -> Option<&Path> {
        match &self.target {
            DatabaseLocation::Sqlite(_) => None,
            DatabaseLocation::Server(server) => server.tls_ca.as_deref().map(Path::new),
        }
    }

    pub(crate) const fn target(&self) -> &DatabaseLocation {
        &self.target
    }
}

/// Reads a database URL.
impl FromStr for DatabaseSettings {
    type Err = SettingsError;

    fn from_str(url: &str) -> Result<Self, SettingsError> {
        // A blank URL would otherwise count as not set, and the default file would be used without an error.
        if url.trim().is_empty() {
            return Err(SettingsError::Url { url: String::new(), problem: UrlProblem::NoScheme });
        }
        Self::resolve(&DatabaseVariables { url: Some(url.to_owned()), ..DatabaseVariables::default() })
    }
}

/// Shows the database as a URL without parameters, with the password as `***`.
impl fmt::Display for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)
    }
}

impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseSettings").field(&self.to_string()).finish()
    }
}

impl fmt::Display for DatabaseLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(sqlite) => sqlite.fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}
