//! Finds the rows on which a pending change of the schema would fail, by queries that only read.
//!
//! [`CheckPlanner`] derives the queries from the [operations](crate::autogenerate::SchemaOperation) that lead from one
//! schema to the next, without a connection. So it makes no difference whether a change is raw SQL, a call of a builder
//! or a rebuild on SQLite. [`foresee`] runs the queries.
//!
//! What cannot be decided is [`CheckQuery::Unforeseen`] or [`Foreseen::Unknown`], with a reason. Three things are not
//! looked for: keys that are too long for an index, expressions of indexes that fail on a row, and a new collation that
//! only the default of a table states.

mod mysql;
mod plan;
mod postgres;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait,
};

pub use self::plan::CheckPlanner;
use crate::alter::is_mariadb;
use crate::autogenerate::SchemaOperation;
use crate::backend;
use crate::database_error::full_reason;
use crate::limits::Deadline;
use crate::schema::{Schema, TableName};

/// How many keys of rows are reported.
const KEYS: usize = 5;

/// The count of rows ends after this number.
const COUNTED: i64 = 10_000;

/// The system whose rules decide whether a change fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseVersion {
    /// The system, as SeaORM names it.
    pub backend: DbBackend,
    /// Whether it is MariaDB. SeaORM does not distinguish it from MySQL.
    pub is_mariadb: bool,
    /// `server_version_num` of PostgreSQL, such as 150018; 0 on other systems.
    pub number: i32,
}

impl DatabaseVersion {
    /// The name of the system.
    #[must_use]
    pub const fn system(self) -> &'static str {
        match self.backend {
            DbBackend::Postgres => "PostgreSQL",
            DbBackend::MySql if self.is_mariadb => "MariaDB",
            DbBackend::MySql => "MySQL",
            _ => "SQLite",
        }
    }

    /// Asks the database of a connection.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub async fn read(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let backend = connection.get_database_backend();
        let mut version = Self { backend, is_mariadb: false, number: 0 };
        match backend {
            DbBackend::Postgres => {
                let query = "SELECT current_setting('server_version_num')::int4";
                if let Some(row) = connection.query_one_raw(Statement::from_string(backend, query)).await? {
                    version.number = row.try_get_by_index(0)?;
                }
            }
            DbBackend::MySql => version.is_mariadb = is_mariadb(connection).await?,
            _ => {}
        }
        Ok(version)
    }
}

/// A pending change of the schema: one statement, or several that make one change, such as a rebuild on SQLite.
#[derive(Debug, Clone, Default)]
pub struct PendingChange<'a> {
    /// The operations that lead from the schema before the change to the schema after it, renames included.
    pub operations: &'a [SchemaOperation],
    /// The tables whose rows statements before the change write, by the names that they have before it or in the
    /// connected database.
    pub written: BTreeSet<TableName>,
    /// The columns whose values the change itself computes by an expression (`USING`, the query of a rebuild), by their
    /// names at the time of the change.
    pub computed: BTreeSet<(TableName, String)>,
}

/// What a check looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DataCheckKind {
    /// `NULL` in a column that becomes `NOT NULL`.
    NotNull,
    /// Any row, where a new column needs a value and has no default.
    RequiredColumn,
    /// Equal values in a unique constraint or a unique index.
    Unique,
    /// Equal or missing values in a primary key.
    PrimaryKey,
    /// Values of a foreign key without a referenced row.
    ForeignKey,
    /// Rows for which the condition of a check is false.
    Check,
    /// Pairs of rows that an exclusion constraint forbids.
    Exclusion,
    /// Values that a new type cannot hold: too long, too large, or without a form in it.
    Conversion,
    /// Values that an enumerated type no longer has.
    RemovedValue,
    /// Values of a generated column, which are computed from the rows.
    Generated,
}

/// A question about the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataCheck {
    /// What it looks for.
    pub kind: DataCheckKind,
    /// The table, by its name in the connected database.
    pub table: TableName,
    /// The columns, by their names after the change.
    pub columns: Vec<String>,
    /// The name of the new constraint or index, if it has one.
    pub object: Option<String>,
    /// The columns that name a row, by their names in the connected database: those of the primary key, else of a unique
    /// constraint; without either `ctid`, `rowid` or the columns of the check.
    pub key: Vec<String>,
    /// The answer is in these rows.
    pub query: CheckQuery,
}

/// How a check is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckQuery {
    /// By queries.
    Rows(RowQuery),
    /// No query can decide it.
    Unforeseen {
        /// Why.
        reason: String,
    },
}

/// Queries for the rows on which a change fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RowQuery {
    /// What follows `FROM`, with the condition for a row.
    pub(crate) rows: String,
    /// The expressions that write the key of a row as texts.
    pub(crate) key: Vec<String>,
    /// What follows `FROM` for rows of which it is not known whether the change fails on them.
    pub(crate) doubtful: Option<String>,
    /// Whether the server refuses the change only if its `sql_mode` is strict.
    pub(crate) needs_strict_mode: bool,
}

impl RowQuery {
    /// The query for the keys of up to five rows.
    #[must_use]
    pub fn keys(&self) -> String {
        format!("SELECT {} FROM {} LIMIT {KEYS}", self.key.join(", "), self.rows)
    }

    /// The query for the number of rows, which ends after 10,000.
    #[must_use]
    pub fn count(&self) -> String {
        format!("SELECT COUNT(*) FROM (SELECT 1 AS one FROM {} LIMIT {}) AS counted", self.rows, COUNTED + 1)
    }

    fn doubt(&self) -> Option<String> {
        Some(format!("SELECT '1' FROM {} LIMIT 1", self.doubtful.as_ref()?))
    }
}

/// Derives the checks of one change. `before` is the schema of the connected database, and the schema before the change.
///
/// For several changes one after the other, use a [`CheckPlanner`].
#[must_use]
pub fn data_checks(change: &PendingChange<'_>, before: &Schema, version: DatabaseVersion) -> Vec<DataCheck> {
    CheckPlanner::new(before, version).plan(change)
}

/// The answer to a check, unless no row breaks the change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreseen {
    /// The change fails on these rows.
    Failure {
        /// The check.
        check: DataCheck,
        /// The keys of up to five rows, with a value for each column of [`DataCheck::key`]; `None` is `NULL`.
        keys: Vec<Vec<Option<String>>>,
        /// The number of rows.
        count: RowCount,
    },
    /// It is not known whether the change fails.
    Unknown {
        /// The check.
        check: DataCheck,
        /// Why.
        reason: String,
    },
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowCount {
    /// All rows were counted.
    Exactly(u64),
    /// There are more rows.
    MoreThan(u64),
    /// They could not be counted in the time.
    NotCounted,
}

/// Runs the checks one after the other, each in a transaction that only reads, and returns what is found. `timeout` is
/// the limit for each statement. On SQLite the pool of the connection has to have one connection, or the limit may not
/// hold.
///
/// It never fails: where the database refuses a query, the result is [`Foreseen::Unknown`] with the words of the
/// database. On PostgreSQL a policy that would hide rows is such a refusal.
pub async fn foresee(connection: &DatabaseConnection, checks: &[DataCheck], timeout: Duration) -> Vec<Foreseen> {
    let mut found = Vec::new();
    let needs_strict_mode =
        |check: &DataCheck| matches!(&check.query, CheckQuery::Rows(query) if query.needs_strict_mode);
    // A mode that is not known counts as lax.
    let is_lax = checks.iter().any(needs_strict_mode) && !is_strict(connection).await.unwrap_or(false);
    for check in checks {
        let unknown = |reason: String| Foreseen::Unknown { check: check.clone(), reason };
        let query = match &check.query {
            CheckQuery::Rows(query) => query,
            CheckQuery::Unforeseen { reason } => {
                found.push(unknown(reason.clone()));
                continue;
            }
        };
        if query.needs_strict_mode && is_lax {
            found.push(unknown("the sql_mode is not strict, so that the server may change values instead".to_owned()));
            continue;
        }
        match answer(connection, query, timeout).await {
            Ok(Answer::Nothing) => {}
            Ok(Answer::Doubt) => found.push(unknown("some values have a form for which there is no rule".to_owned())),
            Ok(Answer::Rows(keys, count)) => found.push(Foreseen::Failure { check: check.clone(), keys, count }),
            Err(error) => found.push(unknown(full_reason(&error))),
        }
    }
    found
}

/// Whether the session refuses a value that does not fit. MySQL and MariaDB change it instead, if their mode is not
/// strict.
///
/// # Errors
///
/// The error of the database.
pub(super) async fn is_strict(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    let backend = connection.get_database_backend();
    if backend != DbBackend::MySql {
        return Ok(true);
    }
    let mode = Statement::from_string(backend, "SELECT CAST(@@SESSION.sql_mode AS CHAR)");
    let row = connection.query_one_raw(mode).await?;
    let mode: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(mode.is_some_and(|mode| mode.contains("STRICT_")))
}

enum Answer {
    Nothing,
    Doubt,
    Rows(Vec<Vec<Option<String>>>, RowCount),
}

async fn answer(connection: &DatabaseConnection, query: &RowQuery, timeout: Duration) -> Result<Answer, DbErr> {
    let rows = read(connection, &query.keys(), timeout).await?;
    if !rows.is_empty() {
        // The count has its own limit of time, and the answer does not depend on it.
        let counted = read(connection, &query.count(), timeout).await.ok();
        let counted = counted.and_then(|rows| rows.first()?.first()?.as_ref()?.parse::<i64>().ok());
        let count = match counted.map(u64::try_from) {
            Some(Ok(count)) if count <= COUNTED.unsigned_abs() => RowCount::Exactly(count),
            Some(Ok(_)) => RowCount::MoreThan(COUNTED.unsigned_abs()),
            _ => RowCount::NotCounted,
        };
        return Ok(Answer::Rows(rows, count));
    }
    let Some(doubt) = query.doubt() else { return Ok(Answer::Nothing) };
    let doubtful = read(connection, &doubt, timeout).await?;
    Ok(if doubtful.is_empty() { Answer::Nothing } else { Answer::Doubt })
}

/// Runs one query in a transaction of its own, so that no lock and no snapshot outlives it.
async fn read(
    connection: &DatabaseConnection,
    query: &str,
    timeout: Duration,
) -> Result<Vec<Vec<Option<String>>>, DbErr> {
    let backend = connection.get_database_backend();
    let system = backend::of(backend)?;
    let deadline = Arc::new(Deadline::new(Some(timeout)));
    if backend == DbBackend::Sqlite {
        system.enforce_deadline(connection, Some(&deadline)).await?;
    }
    let access = (backend != DbBackend::Sqlite).then_some(AccessMode::ReadOnly);
    let transaction = connection.begin_with_config(None, access).await?;
    deadline.start();
    let rows = limited(&transaction, query, timeout).await;
    deadline.stop();
    if backend == DbBackend::Sqlite && rows.is_err() {
        system.before_rollback(&transaction).await;
    }
    transaction.rollback().await?;
    if backend == DbBackend::Sqlite {
        system.enforce_deadline(connection, None).await?;
    }
    rows
}

async fn limited(
    transaction: &DatabaseTransaction,
    query: &str,
    timeout: Duration,
) -> Result<Vec<Vec<Option<String>>>, DbErr> {
    let backend = transaction.get_database_backend();
    let milliseconds = timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
    let query = match backend {
        DbBackend::Postgres => {
            // Rows that a policy hides would not be found, so a query that a policy concerns has to be refused.
            let settings = format!("SET LOCAL statement_timeout = {milliseconds}; SET LOCAL row_security = off");
            transaction.execute_unprepared(&settings).await?;
            query.to_owned()
        }
        DbBackend::MySql if is_mariadb(transaction).await? => {
            let seconds = timeout.as_secs_f64().max(0.001);
            format!("SET STATEMENT max_statement_time = {seconds:.3} FOR {query}")
        }
        DbBackend::MySql => query.replacen("SELECT", &format!("SELECT /*+ MAX_EXECUTION_TIME({milliseconds}) */"), 1),
        _ => query.to_owned(),
    };
    let rows = transaction.query_all_raw(Statement::from_string(backend, query)).await?;
    rows.iter()
        .map(|row| {
            let cells = 0..row.column_names().len();
            cells.map(|at| text(row, at)).collect()
        })
        .collect()
}

/// A cell that is a text or a count.
fn text(row: &sea_orm::QueryResult, at: usize) -> Result<Option<String>, DbErr> {
    match row.try_get_by_index::<Option<String>>(at) {
        Ok(text) => Ok(text),
        Err(_) => Ok(row.try_get_by_index::<Option<i64>>(at)?.map(|count| count.to_string())),
    }
}
