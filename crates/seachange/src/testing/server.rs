//! What test databases on PostgreSQL, MySQL and MariaDB have in common.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, Value};

use super::error::TestError;
use super::names;
use crate::alter::clause;
use crate::connection::{self, SingleConnection, connect_pinned};
use crate::revision::Migrations;
use crate::settings::DatabaseSettings;

/// How often another process's work on a template is looked at.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// A server on which test databases are made.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) settings: DatabaseSettings,
    pub(super) migrations: &'static Migrations,
    /// The session that has the locks of this process.
    pub(super) claims: SingleConnection,
    /// The connections that make and remove databases.
    pub(super) pool: DatabaseConnection,
    /// The beginning of the names of this process's databases.
    pub(super) process: String,
    pub(super) template: String,
    /// The beginning of the names of all templates of this program.
    pub(super) prefix: String,
}

impl Server {
    pub(super) async fn connect(
        migrations: &'static Migrations,
        settings: DatabaseSettings,
    ) -> Result<Self, TestError> {
        let claims = connect_pinned(&settings).await?;
        let mut options = settings.connect_options();
        options.max_connections(4);
        let pool = connection::connect_with(&settings, options).await?;
        let (template, prefix) = names::template(migrations);
        Ok(Self { settings, migrations, claims, pool, process: names::of_process(), template, prefix })
    }

    /// The name of a database of this process.
    pub(super) fn database(&self, number: u64) -> String {
        format!("{}_{number}", self.process)
    }

    /// The names that a query lists as `name`.
    pub(super) async fn names(&self, listing: &str, values: Vec<Value>) -> Result<Vec<String>, TestError> {
        let listing = Statement::from_sql_and_values(self.pool.get_database_backend(), listing, values);
        let rows = self.pool.query_all_raw(listing).await.map_err(TestError::database("cannot list the databases"))?;
        let names: Result<_, DbErr> = rows.iter().map(|row| row.try_get("", "name")).collect();
        names.map_err(TestError::database("cannot list the databases"))
    }

    /// A name in a statement.
    pub(super) fn quoted(&self, name: &str) -> String {
        clause::quoted(self.pool.get_database_backend(), name)
    }

    pub(super) async fn send(&self, statement: &str, doing: &'static str) -> Result<(), TestError> {
        self.pool.execute_unprepared(statement).await.map(drop).map_err(TestError::database(doing))
    }
}
