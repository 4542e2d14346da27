//! The table of another tool: its name and its rows. The engine only reads it.

use chrono::{DateTime, NaiveDateTime, Utc};
use sea_orm::sea_query::{IntoIden, IntoTableRef, Query, SelectStatement, TableRef};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::{AdoptError, MigrationTool};
use crate::backend::Backend;
use crate::error::Error;

/// The table in which another tool keeps its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignVersionTable {
    /// The tool.
    pub tool: MigrationTool,
    /// The schema of the table; `None` means the current schema.
    pub schema: Option<String>,
    /// The name of the table.
    pub table: String,
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct ForeignVersion {
    pub(crate) name: String,
    /// When it was applied, if the table has a time and the time is in the past.
    pub(crate) applied_at: Option<DateTime<Utc>>,
    /// Whether the tool did not finish it.
    pub(crate) is_dirty: bool,
}

impl ForeignVersionTable {
    /// The default table of a tool.
    pub fn of(tool: MigrationTool) -> Self {
        Self { tool, schema: None, table: tool.default_table().to_owned() }
    }

    /// The name, with the schema if there is one.
    pub fn name(&self) -> String {
        self.schema.iter().chain([&self.table]).map(String::as_str).collect::<Vec<_>>().join(".")
    }

    /// Reads every row.
    pub(crate) async fn versions(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<Vec<ForeignVersion>, Error> {
        let rows = match connection.query_all(&self.select()).await {
            Ok(rows) => rows,
            Err(error) if backend.is_missing_table(&error) => {
                return Err(AdoptError::NoTable { table: self.name() }.into());
            }
            Err(source) if backend.is_missing_column(&source) => {
                return Err(AdoptError::ForeignTable { table: self.name(), tool: self.tool, source }.into());
            }
            Err(source) => return Err(Error::Database { doing: "cannot read the record of the other tool", source }),
        };
        let versions: Result<Vec<ForeignVersion>, DbErr> = rows.iter().map(|row| self.read(row)).collect();
        versions.map_err(|source| AdoptError::ForeignTable { table: self.name(), tool: self.tool, source }.into())
    }

    /// The columns are qualified, because SQLite reads an unqualified quoted name that is not a column as a string.
    fn select(&self) -> SelectStatement {
        let columns: &[&str] = match self.tool {
            MigrationTool::SeaOrm => &["version", "applied_at"],
            MigrationTool::Alembic => &["version_num"],
            MigrationTool::Sqlx => &["version", "installed_on", "success"],
            MigrationTool::Dbmate => &["version"],
            MigrationTool::GolangMigrate => &["version", "dirty"],
            MigrationTool::Diesel => &["version", "run_on"],
        };
        let qualified = columns.iter().map(|&column| (self.table.clone(), column));
        Query::select().columns(qualified).from(self.reference()).to_owned()
    }

    fn reference(&self) -> TableRef {
        let table = self.table.clone().into_iden();
        match self.schema.clone() {
            Some(schema) => (schema.into_iden(), table).into_table_ref(),
            None => table.into_table_ref(),
        }
    }

    fn read(&self, row: &QueryResult) -> Result<ForeignVersion, DbErr> {
        let number = || row.try_get::<i64>("", "version").map(|version| version.to_string());
        let text = |column| row.try_get::<String>("", column);
        let (name, applied_at, is_dirty) = match self.tool {
            MigrationTool::SeaOrm => (text("version")?, moment(row.try_get("", "applied_at")?), false),
            MigrationTool::Alembic => (text("version_num")?, None, false),
            MigrationTool::Sqlx => (number()?, time(row, "installed_on"), !row.try_get::<bool>("", "success")?),
            MigrationTool::Dbmate => (text("version")?, None, false),
            MigrationTool::GolangMigrate => (number()?, None, row.try_get("", "dirty")?),
            MigrationTool::Diesel => (text("version")?, time(row, "run_on"), false),
        };
        Ok(ForeignVersion { name, applied_at, is_dirty })
    }
}

/// The time in a column, with or without a zone, if the database wrote one that is in the past.
fn time(row: &QueryResult, column: &str) -> Option<DateTime<Utc>> {
    let with_zone = row.try_get::<DateTime<Utc>>("", column).ok();
    let time = with_zone.or_else(|| row.try_get::<NaiveDateTime>("", column).ok().map(|time| time.and_utc()));
    time.filter(is_past)
}

/// A time in the past. A value in a unit other than seconds would be far in the future, which no database accepts.
fn moment(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).filter(is_past)
}

fn is_past(moment: &DateTime<Utc>) -> bool {
    (DateTime::UNIX_EPOCH..=Utc::now()).contains(moment)
}
