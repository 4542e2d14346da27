//! Backfills: how far each has come. A batch of a backfill commits together with the place that it has reached.
//!
//! | column | holds |
//! | --- | --- |
//! | `name` | the name of the backfill |
//! | `revision` | the id of the revision that began or registered it; nothing if a service began it |
//! | `table_name` | the table whose rows it changes |
//! | `database_system` | the system for which its definition was written |
//! | `definition_hash` | the SHA-256 of what it does |
//! | `definition` | what it does, as JSON; nothing if only code knows it |
//! | `key_columns` | the columns of the key that gives the order of the rows, as JSON |
//! | `place` | the key of the last row of the last batch, as JSON; nothing before the first batch |
//! | `state` | `active`, `paused`, `cancelled` or `complete` |
//! | `rows_passed` | how many rows of the table its batches have passed |
//! | `rows_changed` | how many of these it has changed |
//! | `rows_expected` | how many rows the table had at the beginning, as far as the statistics say |
//! | `batch_rows` | how many rows the next batch takes |
//! | `started_at`, `updated_at`, `finished_at` | when it began, when its last batch committed, when it was complete, in UTC |
//! | `problem` | why it stopped |

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Asterisk, ColumnDef, DeleteStatement, Expr, ExprTrait, Index, LockType, Order, Query, SelectStatement,
    TableCreateStatement,
};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, QueryResult, Value};
use seachange_graph::MAX_ID_LENGTH;

use super::table::check_one;
use super::{RevisionStore, moment, table_text};
use crate::backend::Backend;
use crate::sql::SqlDialect;

/// The most characters that the name of a backfill has.
pub(crate) const MAX_BACKFILL_NAME: u32 = 190;

#[derive(DeriveIden, Clone, Copy)]
enum BackfillColumn {
    Name,
    Revision,
    TableName,
    DatabaseSystem,
    DefinitionHash,
    Definition,
    KeyColumns,
    Place,
    State,
    RowsPassed,
    RowsChanged,
    RowsExpected,
    BatchRows,
    StartedAt,
    UpdatedAt,
    FinishedAt,
    Problem,
}

/// The state of a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackfillState {
    /// It is running, or can continue.
    Active,
    /// It waits until it is resumed.
    Paused,
    /// It was given up.
    Cancelled,
    /// It has passed all rows.
    Complete,
}

impl BackfillState {
    /// The state as it stands in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Complete => "complete",
        }
    }

    fn parse(text: &str) -> Result<Self, DbErr> {
        [Self::Active, Self::Paused, Self::Cancelled, Self::Complete]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| {
                DbErr::Custom(format!("the state of a backfill is `{text}`, which this version does not know"))
            })
    }
}

/// A backfill, as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackfillStatus {
    /// Its name.
    pub name: String,
    /// The id of the revision that began or registered it; `None` if a service began it.
    pub revision: Option<String>,
    /// The table whose rows it changes, with its schema where the definition names one.
    pub table: String,
    /// The database system for which its definition was written.
    pub system: String,
    /// Its state.
    pub state: BackfillState,
    /// How many rows of the table its batches have passed.
    pub rows_passed: u64,
    /// How many of these it has changed.
    pub rows_changed: u64,
    /// How many rows the table had at the beginning, as far as the statistics say.
    pub rows_expected: Option<u64>,
    /// When it began, or was registered.
    pub started_at: DateTime<Utc>,
    /// When its last batch committed.
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was complete.
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it stopped the last time, if a batch failed.
    pub problem: Option<String>,
    /// Whether the database knows what it does, so that `backfill run` can run it. Otherwise only its code knows it.
    pub is_registered: bool,
    pub(crate) definition_hash: String,
    pub(crate) definition: Option<String>,
    pub(crate) key: Vec<String>,
    pub(crate) place: Option<Vec<String>>,
    pub(crate) batch_rows: u64,
}

/// What a batch changes in the row of its backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchEnd {
    /// The key of its last row; `None` where there is no row.
    pub(crate) place: Option<Vec<String>>,
    /// How many rows it has passed.
    pub(crate) passed: u64,
    /// How many of these it has changed.
    pub(crate) changed: u64,
    /// How many rows the next batch takes.
    pub(crate) batch_rows: u64,
    /// Whether it was the last one.
    pub(crate) is_last: bool,
}

impl RevisionStore {
    /// The table of backfills: the name of the record's table with `_backfill` appended.
    pub(super) fn backfill_store(&self) -> Self {
        self.beside("backfill")
    }

    /// Creates the table of backfills if it is missing.
    pub(crate) async fn prepare_backfills(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<(), DbErr> {
        let definition = self.backfill_store().backfill_definition(backend);
        let create = table_text(&definition, backend.sql_dialect());
        // A revision may have set another role, which may not create tables.
        connection.execute_unprepared(&backend.under_own_role(&create)).await.map(drop)
    }

    /// Reads all backfills, in the order in which they began; empty when the table does not exist.
    pub(crate) async fn backfills(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<Vec<BackfillStatus>, DbErr> {
        let select = Query::select()
            .column(Asterisk)
            .from(self.backfill_store().table())
            .order_by(BackfillColumn::StartedAt, Order::Asc)
            .order_by(BackfillColumn::Name, Order::Asc)
            .take();
        match connection.query_all(&select).await {
            Ok(rows) => rows.iter().map(read).collect(),
            Err(error) if backend.is_missing_table(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Reads a backfill; `None` also when the table does not exist.
    pub(crate) async fn backfill(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
        name: &str,
    ) -> Result<Option<BackfillStatus>, DbErr> {
        match connection.query_one(&self.selection_of(name)).await {
            Ok(row) => row.as_ref().map(read).transpose(),
            Err(error) if backend.is_missing_table(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn selection_of(&self, name: &str) -> SelectStatement {
        Query::select()
            .column(Asterisk)
            .from(self.backfill_store().table())
            .and_where(Expr::col(BackfillColumn::Name).eq(name))
            .take()
    }

    /// Reads a backfill, and locks its row until the transaction ends: two programs that run it take turns.
    pub(crate) async fn lock_backfill(
        &self,
        connection: &impl ConnectionTrait,
        name: &str,
    ) -> Result<Option<BackfillStatus>, DbErr> {
        if SqlDialect::of(connection.get_database_backend()) == SqlDialect::Sqlite {
            // A transaction that begins with a read may not write any more after another session has written.
            let touch = Query::update()
                .table(self.backfill_store().table())
                .value(BackfillColumn::State, Expr::col(BackfillColumn::State))
                .and_where(Expr::col(BackfillColumn::Name).eq(name))
                .take();
            connection.execute(&touch).await?;
        }
        let select = self.selection_of(name).lock(LockType::Update).take();
        connection.query_one(&select).await?.as_ref().map(read).transpose()
    }

    /// Inserts a backfill that begins.
    pub(crate) async fn insert_backfill(
        &self,
        connection: &impl ConnectionTrait,
        backfill: &BackfillStatus,
    ) -> Result<(), DbErr> {
        let dialect = SqlDialect::of(connection.get_database_backend());
        let insert = Query::insert()
            .into_table(self.backfill_store().table())
            .columns([
                BackfillColumn::Name,
                BackfillColumn::Revision,
                BackfillColumn::TableName,
                BackfillColumn::DatabaseSystem,
                BackfillColumn::DefinitionHash,
                BackfillColumn::Definition,
                BackfillColumn::KeyColumns,
                BackfillColumn::State,
                BackfillColumn::RowsPassed,
                BackfillColumn::RowsChanged,
                BackfillColumn::RowsExpected,
                BackfillColumn::BatchRows,
                BackfillColumn::StartedAt,
            ])
            .values_panic([
                backfill.name.clone().into(),
                backfill.revision.clone().into(),
                backfill.table.clone().into(),
                backfill.system.clone().into(),
                backfill.definition_hash.clone().into(),
                backfill.definition.clone().into(),
                json(&backfill.key).into(),
                backfill.state.as_str().into(),
                count(backfill.rows_passed).into(),
                count(backfill.rows_changed).into(),
                backfill.rows_expected.map(count).into(),
                count(backfill.batch_rows).into(),
                moment(dialect, backfill.started_at).into(),
            ])
            .take();
        check_one(connection.execute(&insert).await?.rows_affected())
    }

    /// Records the end of a batch.
    pub(crate) async fn end_batch(
        &self,
        connection: &impl ConnectionTrait,
        before: &BackfillStatus,
        end: &BatchEnd,
    ) -> Result<(), DbErr> {
        let dialect = SqlDialect::of(connection.get_database_backend());
        let now = moment(dialect, Utc::now());
        let place = end.place.as_deref().or(before.place.as_deref()).map(json);
        let mut update = Query::update();
        update
            .table(self.backfill_store().table())
            .value(BackfillColumn::Place, place)
            .value(BackfillColumn::RowsPassed, count(before.rows_passed + end.passed))
            .value(BackfillColumn::RowsChanged, count(before.rows_changed + end.changed))
            .value(BackfillColumn::BatchRows, count(end.batch_rows))
            .value(BackfillColumn::UpdatedAt, now.clone())
            .value(BackfillColumn::Problem, Value::String(None))
            .and_where(Expr::col(BackfillColumn::Name).eq(before.name.as_str()));
        if end.is_last {
            update
                .value(BackfillColumn::State, BackfillState::Complete.as_str())
                .value(BackfillColumn::FinishedAt, now);
        }
        check_one(connection.execute(&update).await?.rows_affected())
    }

    /// Gives a backfill another state, if it has one of the states in `from`. Returns whether it had.
    pub(crate) async fn set_backfill_state(
        &self,
        connection: &impl ConnectionTrait,
        name: &str,
        from: &[BackfillState],
        to: BackfillState,
    ) -> Result<bool, DbErr> {
        let update = Query::update()
            .table(self.backfill_store().table())
            .value(BackfillColumn::State, to.as_str())
            .and_where(Expr::col(BackfillColumn::Name).eq(name))
            .and_where(Expr::col(BackfillColumn::State).is_in(from.iter().map(|state| state.as_str())))
            .take();
        Ok(connection.execute(&update).await?.rows_affected() > 0)
    }

    /// Records why a backfill stopped.
    pub(crate) async fn set_backfill_problem(
        &self,
        connection: &impl ConnectionTrait,
        name: &str,
        problem: &str,
    ) -> Result<(), DbErr> {
        let update = Query::update()
            .table(self.backfill_store().table())
            .value(BackfillColumn::Problem, problem)
            .and_where(Expr::col(BackfillColumn::Name).eq(name))
            .take();
        connection.execute(&update).await.map(drop)
    }

    pub(super) fn backfill_deletion(&self, revision: &str) -> DeleteStatement {
        let table = self.backfill_store().table();
        Query::delete().from_table(table).and_where(Expr::col(BackfillColumn::Revision).eq(revision)).take()
    }

    pub(super) fn backfill_definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        let id_length = u32::try_from(MAX_ID_LENGTH).unwrap_or(u32::MAX);
        let mut table = self.new_table(backend);
        if backend.sql_dialect() == SqlDialect::MySql {
            // A server in safe update mode deletes only by a key.
            table.index(Index::create().name("of_revision").col(BackfillColumn::Revision));
        }
        table
            .col(ColumnDef::new(BackfillColumn::Name).string_len(MAX_BACKFILL_NAME).not_null())
            .col(ColumnDef::new(BackfillColumn::Revision).string_len(id_length))
            .col(backend.long_text(&mut ColumnDef::new(BackfillColumn::TableName)).not_null())
            .col(ColumnDef::new(BackfillColumn::DatabaseSystem).string_len(32).not_null())
            .col(ColumnDef::new(BackfillColumn::DefinitionHash).string_len(64).not_null())
            .col(backend.long_text(&mut ColumnDef::new(BackfillColumn::Definition)))
            .col(backend.long_text(&mut ColumnDef::new(BackfillColumn::KeyColumns)).not_null())
            .col(backend.long_text(&mut ColumnDef::new(BackfillColumn::Place)))
            .col(ColumnDef::new(BackfillColumn::State).string_len(16).not_null())
            .col(ColumnDef::new(BackfillColumn::RowsPassed).big_integer().not_null())
            .col(ColumnDef::new(BackfillColumn::RowsChanged).big_integer().not_null())
            .col(ColumnDef::new(BackfillColumn::RowsExpected).big_integer())
            .col(ColumnDef::new(BackfillColumn::BatchRows).big_integer().not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(BackfillColumn::StartedAt)).not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(BackfillColumn::UpdatedAt)))
            .col(backend.timestamp_column(&mut ColumnDef::new(BackfillColumn::FinishedAt)))
            .col(backend.long_text(&mut ColumnDef::new(BackfillColumn::Problem)))
            .primary_key(Index::create().col(BackfillColumn::Name))
            .take()
    }
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A list of texts as JSON.
fn json(texts: &[String]) -> String {
    // A list of strings can always be written as JSON.
    serde_json::to_string(texts).unwrap_or_default()
}

fn read(result: &QueryResult) -> Result<BackfillStatus, DbErr> {
    let rows = |column: &str| result.try_get::<i64>("", column).map(i64::unsigned_abs);
    let list = |text: &str| {
        serde_json::from_str(text)
            .map_err(|_| DbErr::Custom(format!("the row of a backfill has `{text}` where a list is expected")))
    };
    let (state, key): (String, String) = (result.try_get("", "state")?, result.try_get("", "key_columns")?);
    let place: Option<String> = result.try_get("", "place")?;
    let definition: Option<String> = result.try_get("", "definition")?;
    Ok(BackfillStatus {
        name: result.try_get("", "name")?,
        revision: result.try_get("", "revision")?,
        table: result.try_get("", "table_name")?,
        system: result.try_get("", "database_system")?,
        state: BackfillState::parse(&state)?,
        rows_passed: rows("rows_passed")?,
        rows_changed: rows("rows_changed")?,
        rows_expected: result.try_get::<Option<i64>>("", "rows_expected")?.map(i64::unsigned_abs),
        started_at: result.try_get("", "started_at")?,
        updated_at: result.try_get("", "updated_at")?,
        finished_at: result.try_get("", "finished_at")?,
        problem: result.try_get("", "problem")?,
        is_registered: definition.is_some(),
        definition_hash: result.try_get("", "definition_hash")?,
        definition,
        key: list(&key)?,
        place: place.as_deref().map(list).transpose()?,
        batch_rows: rows("batch_rows")?,
    })
}
