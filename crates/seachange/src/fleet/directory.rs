//! Targets from the rows of a directory database.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement};

use super::{FleetError, FleetTarget};
use crate::backend;
use crate::connection::connect_to_read;
use crate::settings::{DatabaseSettings, DatabaseVariables, Driver};

const READING: &str = "the directory query failed";

/// How long a directory query may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The columns that a row may have.
const COLUMNS: [&str; 9] = ["name", "url", "hostname", "port", "username", "database", "schema", "file", "tags"];

/// The targets that a query lists, in the order of its rows. The query runs in a transaction that only reads, for 30 s at
/// most.
///
/// # Errors
///
/// [`FleetError::Connect`], [`FleetError::Database`] for a query that fails, writes or takes too long, and
/// [`FleetError::Row`] and [`FleetError::Settings`] for a row that is no target.
pub(super) async fn targets(settings: &DatabaseSettings, sql: &str) -> Result<Vec<FleetTarget>, FleetError> {
    let connection = connect_to_read(settings).await?;
    let late = || DbErr::Custom(format!("it took more than {} s", LIMIT.as_secs()));
    // The server ends the statement; SQLite has no such limit.
    let read = tokio::time::timeout(LIMIT + Duration::from_secs(1), read_only(&connection, sql)).await;
    let rows = read.unwrap_or_else(|_| Err(late())).map_err(FleetError::database(READING))?;
    rows.iter().zip(1..).map(|(row, number)| DirectoryRow { row, number, base: settings }.target()).collect()
}

/// Runs a query in a transaction that only reads and is rolled back, and closes the connection.
async fn read_only(connection: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    let system = connection.get_database_backend();
    for text in backend::of(system)?.read_only_texts(LIMIT) {
        connection.execute_unprepared(&text).await?;
    }
    let rows = connection.query_all_raw(Statement::from_string(system, sql)).await;
    // The transaction ends with the connection at the latest.
    let _ = connection.execute_unprepared("ROLLBACK").await;
    let _ = connection.close_by_ref().await;
    rows
}

/// A row of the directory.
struct DirectoryRow<'a> {
    row: &'a QueryResult,
    /// From 1.
    number: usize,
    /// The settings of the directory, for what the row omits.
    base: &'a DatabaseSettings,
}

impl DirectoryRow<'_> {
    fn target(&self) -> Result<FleetTarget, FleetError> {
        self.check_columns()?;
        let (schema, database, file) = (self.text("schema")?, self.text("database")?, self.text("file")?);
        let server = ["url", "hostname", "port", "username"].map(|column| self.text(column));
        let [url, hostname, port, username] = server;
        let server = [&url?, &hostname?, &port?, &username?].into_iter().flatten().count();
        if file.is_some() && (schema.is_some() || database.is_some() || server > 0) {
            return Err(self.wrong("a `file` has no server, no database and no schema".to_owned()));
        }
        if file.is_none() && schema.is_none() && database.is_none() && server == 0 {
            return Err(self.wrong(
                "it names the database of the directory itself: `schema`, `database`, `file` and `url` are missing or empty"
                    .to_owned(),
            ));
        }
        let named = self.text("name")?.or_else(|| schema.clone()).or_else(|| database.clone()).or_else(|| file.clone());
        let name =
            named.ok_or_else(|| self.wrong("it has none of `name`, `schema`, `database` and `file`".to_owned()))?;
        let mut settings = self.server(&name, file.as_deref())?;
        if let Some(database) = &database {
            settings = settings.in_database(database);
        }
        if let Some(schema) = &schema {
            if settings.driver() != Driver::Postgres {
                return Err(self.wrong(format!("{} has no schemas in a database", settings.driver())));
            }
            settings = settings.in_schema(schema);
        }
        let tags = self.text("tags")?.unwrap_or_default();
        let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        Ok(FleetTarget::new(name, settings).tagged(tags))
    }

    /// The settings without the database and the schema that the row names.
    fn server(&self, name: &str, file: Option<&str>) -> Result<DatabaseSettings, FleetError> {
        let invalid = |source| FleetError::Settings { target: name.to_owned(), source: Box::new(source) };
        let settings = match (self.text("url")?, file) {
            // A `file` has no `url` beside it.
            (_, Some(file)) => DatabaseSettings::in_existing_file(file),
            (Some(url), None) => {
                let variables = DatabaseVariables { url: Some(url), ..DatabaseVariables::default() };
                DatabaseSettings::resolve(&variables).map_err(invalid)?
            }
            (None, None) => self.base.clone(),
        };
        let [hostname, port, username] = [self.text("hostname")?, self.text("port")?, self.text("username")?];
        settings.at(hostname, port, username).map_err(invalid)
    }

    /// Refuses a column that means nothing: a misspelled one would change the target.
    fn check_columns(&self) -> Result<(), FleetError> {
        match self.row.column_names().iter().find(|name| !COLUMNS.contains(&name.as_str())) {
            Some(other) => {
                let known = COLUMNS.map(|name| format!("`{name}`")).join(", ");
                Err(self.wrong(format!("it has a column `{other}`; the columns are {known}")))
            }
            None => Ok(()),
        }
    }

    /// The value of a column as text; `None` for a column that the row does not have, for NULL and for an empty text.
    fn text(&self, column: &str) -> Result<Option<String>, FleetError> {
        if !self.row.column_names().iter().any(|name| name == column) {
            return Ok(None);
        }
        let number = || self.row.try_get::<Option<i64>>("", column).map(|value| value.map(|value| value.to_string()));
        let small = || self.row.try_get::<Option<i32>>("", column).map(|value| value.map(|value| value.to_string()));
        let tiny = || self.row.try_get::<Option<i16>>("", column).map(|value| value.map(|value| value.to_string()));
        let text = self.row.try_get::<Option<String>>("", column);
        let text = text.or_else(|_| number()).or_else(|_| small()).or_else(|_| tiny());
        let cast = || self.wrong(format!("its `{column}` is neither a text nor a number: write `CAST({column} AS …)`"));
        let text = text.map_err(|_| cast())?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn wrong(&self, reason: String) -> FleetError {
        FleetError::Row { row: self.number, reason }
    }
}
