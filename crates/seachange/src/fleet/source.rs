//! Where the targets of a fleet come from.

use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use super::{FleetError, FleetTarget, directory, selection, target};
use crate::backend::{self, FleetQueries};
use crate::connection::{ConnectError, connect};
use crate::settings::{DatabaseSettings, Driver};

/// What only some systems have.
const SCHEMAS: &str = "schemas in a database";

/// The endings of files that SQLite keeps beside a database.
const SQLITE_COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Where targets come from. Patterns have `*`, `?` and `[…]`, as in a shell.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TargetSource {
    /// One target.
    One(FleetTarget),
    /// The schemas of a PostgreSQL database whose names match; those of the system never do.
    Schemas {
        /// The database.
        settings: DatabaseSettings,
        /// The pattern.
        pattern: String,
    },
    /// The databases of a server whose names match; those of the system never do.
    Databases {
        /// A database of the server, to which the engine connects to list the others.
        settings: DatabaseSettings,
        /// The pattern.
        pattern: String,
    },
    /// The SQLite files whose paths match.
    Files {
        /// The pattern.
        pattern: String,
    },
    /// The rows of a query on a directory database. Columns are `name`, `url`, `hostname`, `port`, `username`, `database`,
    /// `schema`, `file` and `tags` (separated by commas); what a row omits is as in the settings of the directory.
    Query {
        /// The directory database.
        settings: DatabaseSettings,
        /// The query. It runs in a transaction that only reads.
        sql: String,
    },
    /// The targets of a source, with more tags and a beginning of their names.
    Group {
        /// The name of the group: `acme` of the group `eu` is called `eu/acme`. Empty for the names as they are.
        name: String,
        /// The tags that are added.
        tags: Vec<String>,
        /// Where the targets come from.
        source: Box<TargetSource>,
    },
}

impl TargetSource {
    /// The settings of the database that is asked for targets, or of the only target.
    #[cfg(feature = "cli")]
    pub(crate) fn settings(&self) -> Option<&DatabaseSettings> {
        match self {
            Self::One(target) => Some(&target.settings),
            Self::Schemas { settings, .. } | Self::Databases { settings, .. } | Self::Query { settings, .. } => {
                Some(settings)
            }
            Self::Files { .. } => None,
            Self::Group { source, .. } => source.settings(),
        }
    }

    /// The targets that the source names now. Only reads.
    ///
    /// # Errors
    ///
    /// See [`FleetError`]; a pattern that matches nothing is an error.
    pub async fn targets(&self) -> Result<Vec<FleetTarget>, FleetError> {
        match self {
            Self::One(target) => Ok(vec![target.clone()]),
            Self::Schemas { settings, pattern } => schemas(settings, pattern).await,
            Self::Databases { settings, pattern } => databases(settings, pattern).await,
            Self::Files { pattern } => files(pattern),
            Self::Query { settings, sql } => directory::targets(settings, sql).await,
            Self::Group { name, tags, source } => {
                let targets = Box::pin(source.targets()).await?;
                let named = targets.into_iter().map(|target| {
                    let own = match name.is_empty() {
                        true => target.name.clone(),
                        false => format!("{name}/{target}"),
                    };
                    FleetTarget { name: own, ..target }.tagged(tags)
                });
                Ok(named.collect())
            }
        }
    }
}

/// The targets of all sources, in their order.
///
/// # Errors
///
/// See [`FleetError`]: two targets of one name or of one database, several database systems, no target at all.
pub(super) async fn discover(sources: &[TargetSource]) -> Result<Vec<FleetTarget>, FleetError> {
    let mut targets = Vec::new();
    for source in sources {
        targets.extend(source.targets().await?);
    }
    target::check(&targets)?;
    if targets.is_empty() { Err(FleetError::Empty) } else { Ok(targets) }
}

/// A connection to list targets, with the queries of its database system.
async fn open(
    settings: &DatabaseSettings,
    what: &'static str,
) -> Result<(DatabaseConnection, FleetQueries), FleetError> {
    let driver = settings.driver();
    let connection = connect(settings).await?;
    let backend = backend::of(connection.get_database_backend()).map_err(FleetError::database("cannot start"))?;
    match backend.fleet_queries() {
        Some(queries) => Ok((connection, queries)),
        None => Err(FleetError::Unsupported { driver, what }),
    }
}

async fn schemas(settings: &DatabaseSettings, pattern: &str) -> Result<Vec<FleetTarget>, FleetError> {
    let unsupported = || FleetError::Unsupported { driver: settings.driver(), what: SCHEMAS };
    let (connection, queries) = open(settings, SCHEMAS).await?;
    let sql = queries.schemas.ok_or_else(unsupported)?;
    let names = matching(&connection, sql, pattern, "cannot list the schemas").await?;
    found(&names, "schema", pattern, format!(" in {settings}"))?;
    Ok(names.into_iter().map(|name| FleetTarget::new(&name, settings.in_schema(&name))).collect())
}

async fn databases(settings: &DatabaseSettings, pattern: &str) -> Result<Vec<FleetTarget>, FleetError> {
    let (connection, queries) = open(settings, "databases on a server").await?;
    let names = matching(&connection, queries.databases, pattern, "cannot list the databases").await?;
    found(&names, "database", pattern, format!(" on the server of {settings}"))?;
    Ok(names.into_iter().map(|name| FleetTarget::new(&name, settings.in_database(&name))).collect())
}

/// The names that a query lists and that match, sorted by their bytes. Closes the connection.
async fn matching(
    connection: &DatabaseConnection,
    sql: &str,
    pattern: &str,
    doing: &'static str,
) -> Result<Vec<String>, FleetError> {
    let pattern = selection::pattern(pattern)?;
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.map_err(FleetError::database(doing))?;
    let mut names = Vec::new();
    for row in rows {
        let name: String = row.try_get_by_index(0).map_err(FleetError::database(doing))?;
        if pattern.matches(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    connection.close_by_ref().await.map_err(FleetError::database(doing))?;
    Ok(names)
}

fn found<T>(names: &[T], what: &'static str, pattern: &str, place: String) -> Result<(), FleetError> {
    match names.is_empty() {
        true => Err(FleetError::NoMatch { what, pattern: pattern.to_owned(), place }),
        false => Ok(()),
    }
}

fn files(pattern: &str) -> Result<Vec<FleetTarget>, FleetError> {
    if !Driver::Sqlite.is_built() {
        let missing = ConnectError::DriverNotBuilt { driver: Driver::Sqlite };
        return Err(FleetError::Connect(missing));
    }
    let wrong = |source| FleetError::Pattern { pattern: pattern.to_owned(), source };
    let mut targets = Vec::new();
    for entry in glob::glob(pattern).map_err(wrong)? {
        let path = entry
            .map_err(|error| FleetError::Folder { path: error.path().to_owned(), reason: error.error().to_string() })?;
        let Some(name) = path.to_str() else { return Err(FleetError::NotUnicode { path }) };
        if path.is_file() && !is_companion(&path, name) {
            targets.push(FleetTarget::new(name, DatabaseSettings::in_existing_file(name)));
        }
    }
    found(&targets, "file", pattern, String::new())?;
    Ok(targets)
}

/// Whether SQLite keeps the file beside a database that exists.
fn is_companion(path: &Path, name: &str) -> bool {
    SQLITE_COMPANIONS.iter().any(|ending| {
        name.strip_suffix(ending).is_some_and(|of| !of.is_empty() && path.with_file_name(file_name(of)).is_file())
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit(std::path::MAIN_SEPARATOR).next().unwrap_or(path)
}
