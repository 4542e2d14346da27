//! The statements on the record.

use std::fmt;

use sea_orm::sea_query::{
    ColumnDef, DynIden, Expr, ExprTrait, Func, InsertStatement, IntoIden, IntoTableRef, Query, Table,
    TableCreateStatement, TableRef, UpdateStatement,
};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, ExecResult, QueryResult, Value};
use seachange_graph::MAX_ID_LENGTH;

use super::summary::{RecordSummary, RevisionSummary};
use super::{RevisionRow, moment, text};
use crate::backend::{Backend, LockKey};
use crate::settings::DatabaseSettings;
use crate::sql::SqlDialect;

#[derive(DeriveIden, Clone, Copy)]
pub(super) enum RevisionColumn {
    Revision,
    DownRevision,
    DependsOn,
    SourceHash,
    State,
    StartedAt,
    FinishedAt,
    DurationMs,
    Program,
}

pub(super) const COLUMNS: [RevisionColumn; 9] = [
    RevisionColumn::Revision,
    RevisionColumn::DownRevision,
    RevisionColumn::DependsOn,
    RevisionColumn::SourceHash,
    RevisionColumn::State,
    RevisionColumn::StartedAt,
    RevisionColumn::FinishedAt,
    RevisionColumn::DurationMs,
    RevisionColumn::Program,
];

/// Where the record is kept: the name of its table, and the schema of the table if it is not the current one.
///
/// ```
/// use seachange::RevisionTable;
///
/// let table = RevisionTable::new("billing_revision").in_schema("operations");
/// assert_eq!(table.to_string(), "operations.billing_revision");
/// assert_eq!(RevisionTable::default().to_string(), "seachange_revision");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RevisionTable {
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

impl Default for RevisionTable {
    fn default() -> Self {
        Self::new("seachange_revision")
    }
}

impl RevisionTable {
    /// A table of this name, in the current schema of the connection.
    pub fn new(name: &str) -> Self {
        Self { schema: None, name: name.to_owned() }
    }

    /// The table in this schema; on MySQL and MariaDB, in this database.
    pub fn in_schema(self, schema: &str) -> Self {
        Self { schema: Some(schema.to_owned()), ..self }
    }

    /// The default table, in the schema that the settings name.
    pub(crate) fn of(settings: &DatabaseSettings) -> Self {
        Self { schema: settings.schema().map(str::to_owned), ..Self::default() }
    }
}

impl fmt::Display for RevisionTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The table of applied revisions: its name, and the statements on it.
#[derive(Debug, Clone)]
pub(crate) struct RevisionStore {
    pub(super) table: RevisionTable,
    /// Whether the schema of the table was found, and not given.
    is_found: bool,
}

impl RevisionStore {
    pub(crate) fn new(table: RevisionTable) -> Self {
        Self { table, is_found: false }
    }

    /// The name, with the schema where one was given.
    pub(crate) fn name(&self) -> String {
        self.table.to_string()
    }

    /// The schema, once it is known.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.table.schema.as_deref()
    }

    /// The name of the record's table, without its schema.
    pub(crate) fn table_name(&self) -> &str {
        &self.table.name
    }

    /// The schema, if it is the one in which sessions find the table, and the caller gave no other one.
    pub(crate) fn found_schema(&self) -> Option<&str> {
        self.schema().filter(|_| self.is_found)
    }

    /// The same table in this schema, unless the caller gave another one.
    pub(crate) fn placed(&self, schema: &str) -> Self {
        match self.table.schema {
            Some(_) => self.clone(),
            None => Self { table: self.table.clone().in_schema(schema), is_found: true },
        }
    }

    /// The key of the locks of a run.
    pub(crate) fn lock_key(&self) -> LockKey {
        LockKey::new(self.schema().unwrap_or_default(), self.table_name())
    }

    /// The names of the tables that the engine creates before it runs something, without their schema.
    pub(crate) fn tables(&self) -> [String; 5] {
        [self.clone(), self.holders(), self.journal(), self.downgrades(), self.backfill_store()]
            .map(|store| store.table.name)
    }

    /// The names of all tables that the engine may create, without their schema.
    pub(crate) fn all_tables(&self) -> impl Iterator<Item = String> {
        self.tables().into_iter().chain([self.decisions().table.name, self.leases().table.name])
    }

    /// The table of decisions of runs over several databases that commit together.
    pub(crate) fn decisions(&self) -> Self {
        self.beside("decision")
    }

    /// SQL text that makes the table of decisions if it is missing, and writes a decision into it.
    pub(crate) fn decision_text(&self, backend: &dyn Backend, run: &str) -> String {
        let table = self.decisions().quoted(backend.sql_dialect());
        let run = backend.text_literal(run);
        format!(
            "; CREATE TABLE IF NOT EXISTS {table} (run varchar(64) PRIMARY KEY, decided_at timestamptz NOT NULL);
            INSERT INTO {table} VALUES ({run}, pg_catalog.now())"
        )
    }

    /// Another table of the engine's, beside this one.
    pub(super) fn beside(&self, what: &str) -> Self {
        Self {
            table: RevisionTable { name: format!("{}_{what}", self.table.name), ..self.table.clone() },
            ..self.clone()
        }
    }

    pub(super) fn table(&self) -> TableRef {
        let table: DynIden = self.table.name.clone().into_iden();
        match self.table.schema.clone() {
            Some(schema) => (schema.into_iden(), table).into_table_ref(),
            None => table.into_table_ref(),
        }
    }

    /// Reads every row, sorted by id.
    ///
    /// The columns are qualified, because SQLite reads a bare quoted name that is not a column as a string.
    pub(crate) async fn rows(&self, connection: &impl ConnectionTrait) -> Result<Vec<RevisionRow>, DbErr> {
        let columns = self.columns();
        let mut select = Query::select();
        select.from(self.table());
        match SqlDialect::of(connection.get_database_backend()) {
            // SQLx needs several times as long to return a row as SQLite needs to write it into JSON.
            SqlDialect::Sqlite => {
                let row = Func::cust("json_array").args(columns.map(Expr::col));
                select.expr_as(Func::cust("json_group_array").arg(row), "record");
                let record = connection.query_one(&select).await?.map(|record| record.try_get("", "record"));
                RevisionRow::read_all(&record.transpose()?.unwrap_or_else(|| "[]".to_owned())).map(sorted)
            }
            SqlDialect::Postgres | SqlDialect::MySql => {
                select.columns(columns);
                read(&connection.query_all(&select).await?)
            }
        }
    }

    /// Reads the columns of every row that tell whether an upgrade has anything to do, with the value of the expression
    /// `search_path`.
    pub(crate) async fn summary(
        &self,
        connection: &impl ConnectionTrait,
        search_path: &'static str,
    ) -> Result<RecordSummary, DbErr> {
        let columns = RevisionSummary::COLUMNS.map(|column| (self.table.name.clone(), column));
        let mut select = Query::select();
        select.columns(columns).expr(Expr::cust(search_path)).from(self.table());
        let results = connection.query_all(&select).await?;
        let search_path =
            results.first().map(|first| first.try_get_by_index(RevisionSummary::COLUMNS.len())).transpose()?;
        let marks = results.iter().map(RevisionSummary::read).collect::<Result<_, _>>()?;
        Ok(RecordSummary { marks, search_path: search_path.flatten() })
    }

    fn columns(&self) -> [(String, RevisionColumn); COLUMNS.len()] {
        COLUMNS.map(|column| (self.table.name.clone(), column))
    }

    /// The definition of the record's table.
    pub(crate) fn definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        let id_length = u32::try_from(MAX_ID_LENGTH).unwrap_or(u32::MAX);
        let mut table = self.new_table(backend);
        table
            .col(ColumnDef::new(RevisionColumn::Revision).string_len(id_length).not_null().primary_key())
            .col(ColumnDef::new(RevisionColumn::DownRevision).text().not_null())
            .col(ColumnDef::new(RevisionColumn::DependsOn).text().not_null())
            .col(ColumnDef::new(RevisionColumn::SourceHash).string_len(64).not_null())
            .col(ColumnDef::new(RevisionColumn::State).string_len(16).not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(RevisionColumn::StartedAt)).not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(RevisionColumn::FinishedAt)))
            .col(ColumnDef::new(RevisionColumn::DurationMs).big_integer())
            .col(ColumnDef::new(RevisionColumn::Program).string_len(255).not_null());
        table
    }

    /// A table of the engine without columns, whose storage does not depend on defaults of the database.
    pub(super) fn new_table(&self, backend: &dyn Backend) -> TableCreateStatement {
        let mut table = Table::create();
        table.if_not_exists().table(self.table());
        match backend.sql_dialect() {
            // An insertion into a table with row ids would change the last inserted row id of the session.
            SqlDialect::Sqlite => table.extra("WITHOUT ROWID"),
            SqlDialect::Postgres => &mut table,
            SqlDialect::MySql => table.engine("InnoDB").character_set("utf8mb4"),
        };
        table
    }

    pub(crate) async fn insert(&self, connection: &impl ConnectionTrait, row: &RevisionRow) -> Result<(), DbErr> {
        let times = [row.started_at.into(), row.finished_at.into(), row.duration_ms.into()];
        expect_one(connection.execute(&self.insertion_at(row, times)).await?)
    }

    /// The insertion of a row as plain SQL.
    pub(crate) fn insertion_text(&self, dialect: SqlDialect, row: &RevisionRow) -> String {
        let finished = row.finished_at.map_or(Value::String(None), |finished| moment(dialect, finished));
        let times = [moment(dialect, row.started_at).into(), finished.into(), row.duration_ms.into()];
        text(&self.insertion_at(row, times), dialect)
    }

    /// The deletion of a row as plain SQL.
    pub(crate) fn deletion_text(&self, dialect: SqlDialect, revision: &str) -> String {
        text(&self.deletion(revision), dialect)
    }

    /// Inserts a row with other expressions for when it started, when it finished, and how long it took.
    pub(super) fn insertion_at(&self, row: &RevisionRow, [started, finished, duration]: [Expr; 3]) -> InsertStatement {
        Query::insert()
            .into_table(self.table())
            .columns(COLUMNS)
            .values_panic([
                row.revision.clone().into(),
                row.down_revision.join(",").into(),
                row.depends_on.join(",").into(),
                row.source_hash.clone().into(),
                row.state.as_str().into(),
                started,
                finished,
                duration,
                row.program.clone().into(),
            ])
            .take()
    }

    /// Updates the state of a revision in its row.
    pub(crate) async fn update(&self, connection: &impl ConnectionTrait, row: &RevisionRow) -> Result<(), DbErr> {
        let update = self.alteration(SqlDialect::of(connection.get_database_backend()), row);
        expect_one(connection.execute(&update).await?)
    }

    /// The update of a row as plain SQL.
    pub(crate) fn update_text(&self, dialect: SqlDialect, row: &RevisionRow) -> String {
        text(&self.alteration(dialect, row), dialect)
    }

    fn alteration(&self, dialect: SqlDialect, row: &RevisionRow) -> UpdateStatement {
        let finished = row.finished_at.map_or(Value::String(None), |finished| moment(dialect, finished));
        Query::update()
            .table(self.table())
            .value(RevisionColumn::State, row.state.as_str())
            .value(RevisionColumn::StartedAt, moment(dialect, row.started_at))
            .value(RevisionColumn::FinishedAt, finished)
            .value(RevisionColumn::DurationMs, row.duration_ms)
            .value(RevisionColumn::Program, row.program.clone())
            .and_where(Expr::col(RevisionColumn::Revision).eq(row.revision.as_str()))
            .take()
    }

    /// Records the code that an applied revision has now.
    pub(crate) async fn update_hash(
        &self,
        connection: &impl ConnectionTrait,
        revision: &str,
        source_hash: &str,
    ) -> Result<(), DbErr> {
        let update = Query::update()
            .table(self.table())
            .value(RevisionColumn::SourceHash, source_hash)
            .and_where(Expr::col(RevisionColumn::Revision).eq(revision))
            .to_owned();
        expect_one(connection.execute(&update).await?)
    }

    /// Deletes the row of a revision, its stored downgrade and its backfills.
    pub(crate) async fn delete(&self, connection: &impl ConnectionTrait, revision: &str) -> Result<(), DbErr> {
        expect_one(connection.execute(&self.deletion(revision)).await?)?;
        connection.execute(&self.downgrade_deletion(revision)).await?;
        connection.execute(&self.backfill_deletion(revision)).await.map(drop)
    }
}

/// Reads rows, sorted by id.
fn read(results: &[QueryResult]) -> Result<Vec<RevisionRow>, DbErr> {
    results.iter().map(RevisionRow::read).collect::<Result<_, _>>().map(sorted)
}

/// Sorts rows by the bytes of their ids: a database may sort by the rules of a language.
fn sorted(mut rows: Vec<RevisionRow>) -> Vec<RevisionRow> {
    rows.sort_unstable_by(|a, b| a.revision.cmp(&b.revision));
    rows
}

/// Returns an error if a write to the record did not change exactly one row: the record is then not what the engine
/// expects.
fn expect_one(result: ExecResult) -> Result<(), DbErr> {
    check_one(result.rows_affected())
}

/// As [`expect_one`], with the number of changed rows.
pub(crate) fn check_one(rows: u64) -> Result<(), DbErr> {
    match rows {
        1 => Ok(()),
        rows => Err(DbErr::Custom(format!("a write to the record changed {rows} rows instead of one"))),
    }
}
