//! Passes the rows of a table in batches. Each batch reads and locks the row of its backfill, changes the rows of a range
//! of keys, and writes the place that it has reached, in one transaction. So each row is passed once, whatever ends the
//! program or the server, and programs that run the same backfill take turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};

use super::definition::Definition;
use super::lag::LagWatch;
use super::pace::{BatchSize, FIRST_ROWS, Pace};
use super::table::{Key, Place, TableShape, counted, same_name};
use super::work::BatchWork;
use crate::backend::Backend;
use crate::database_error::is_lost_connection;
use crate::error::BackfillError;
use crate::event::{BackfillPhase, BackfillProgress, Event, EventHandler};
use crate::intercept::{BatchCaller, in_batch};
use crate::limits::BackfillOptions;
use crate::lock::Backoff;
use crate::sql::SqlDialect;
use crate::store::{BackfillState, BackfillStatus, BatchEnd, RevisionStore};

/// How often a batch that another session disturbs is tried.
const ATTEMPTS: u32 = 30;

/// How often a paused backfill looks whether it may go on.
const PAUSE: Duration = Duration::from_millis(500);

/// How often a pause looks whether the run is asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// How often progress is reported.
const REPORT: Duration = Duration::from_secs(1);

/// What a backfill did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackfillReport {
    /// Its name.
    pub name: String,
    /// How many rows its batches have passed, in all runs.
    pub rows_passed: u64,
    /// How many of these they have changed.
    pub rows_changed: u64,
    /// How long this run took.
    pub elapsed: Duration,
    /// Whether it has passed all rows; otherwise it is registered, and runs later.
    pub is_complete: bool,
}

impl BackfillReport {
    /// A backfill that was recorded as one statement.
    pub(super) fn recorded(name: String, rows_changed: u64) -> Self {
        Self { name, rows_passed: rows_changed, rows_changed, elapsed: Duration::ZERO, is_complete: true }
    }
}

/// What happens while a backfill is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhilePaused {
    /// The run waits: it holds a revision that is not finished.
    Wait,
    /// The run ends.
    End,
}

/// A backfill that runs.
pub(super) struct Batches<'b> {
    pub(super) connection: &'b DatabaseConnection,
    pub(super) backend: &'static dyn Backend,
    pub(super) store: RevisionStore,
    pub(super) name: String,
    pub(super) revision: Option<String>,
    pub(super) definition: Definition,
    pub(super) wanted_key: Option<Vec<String>>,
    pub(super) options: BackfillOptions,
    pub(super) handler: EventHandler,
    pub(super) stop: Option<Arc<AtomicBool>>,
    pub(super) while_paused: WhilePaused,
}

/// A batch, for the work that it does.
pub(super) struct Batch<'b> {
    pub(super) transaction: &'b DatabaseTransaction,
    pub(super) backend: &'static dyn Backend,
    pub(super) definition: &'b Definition,
    pub(super) shape: &'b TableShape,
    pub(super) key: &'b Key,
    pub(super) name: &'b str,
    /// The condition for the rows of the range, and the values of its placeholders; for a statement that the driver need
    /// not prepare.
    pub(super) range: (String, Vec<Value>),
    /// The same with placeholders, for queries.
    pub(super) bound: (String, Vec<Value>),
}

/// How an attempt at a batch ended.
enum BatchOutcome {
    Passed { status: BackfillStatus, passed: u64, is_last: bool },
    Paused(BackfillStatus),
    Complete(BackfillStatus),
}

impl Batches<'_> {
    fn dialect(&self) -> SqlDialect {
        self.backend.sql_dialect()
    }

    /// Registers the backfill, unless that was done before.
    pub(super) async fn register(&self) -> Result<BackfillReport, BackfillError> {
        let status = match self.open().await {
            Ok((_, _, status)) => status,
            Err(error) => return Ok(self.report(&self.complete_or(error).await?, Instant::now())),
        };
        self.emit(&status, BackfillPhase::Registered, None);
        Ok(self.report(&status, Instant::now()))
    }

    /// Passes all rows that are left.
    pub(super) async fn run<W: BatchWork + Send>(&self, mut work: W) -> Result<BackfillReport, BackfillError> {
        let outcome = self.run_to_end(&mut work).await;
        if let Err(error) = &outcome {
            self.note(error).await;
            self.tell_of_stop().await;
        }
        outcome
    }

    async fn run_to_end<W: BatchWork + Send>(&self, work: &mut W) -> Result<BackfillReport, BackfillError> {
        let start = Instant::now();
        let (shape, key, mut status) = match self.open().await {
            Ok(opened) => opened,
            Err(error) => return Ok(self.report(&self.complete_or(error).await?, start)),
        };
        let pace =
            Pace { target: self.options.target(), most: W::MOST_ROWS, rows_per_second: self.options.rows_per_second };
        let mut lag = LagWatch::new(self.backend, &self.options, self.store.clone(), &self.name).await?;
        if status.state == BackfillState::Complete {
            return Ok(self.report(&status, start));
        }
        self.emit(&status, BackfillPhase::Running, None);
        let (mut passed, mut told, mut is_paused) = (0, start, false);
        let mut size = BatchSize::new(pace, status.batch_rows);
        // When the rows that were passed were due, and since when rows are passed, without the time of pauses.
        let (mut due, mut since) = (start, start);
        loop {
            self.check_stop(&status)?;
            since += self.wait_for_replicas(&mut lag, &status, since, passed).await?;
            let begun = Instant::now();
            match self.batch_with_retries(&shape, &key, work, &mut size).await? {
                BatchOutcome::Paused(now) => {
                    if !is_paused {
                        self.emit(&now, BackfillPhase::Paused, Some((since, passed)));
                    }
                    if self.while_paused == WhilePaused::End {
                        return Ok(self.report(&now, start));
                    }
                    is_paused = true;
                    let begun = Instant::now();
                    self.sleep(PAUSE, &now).await?;
                    since += begun.elapsed();
                }
                BatchOutcome::Complete(now) => return Ok(self.finish(&now, start)),
                BatchOutcome::Passed { status: now, is_last: true, .. } => return Ok(self.finish(&now, start)),
                BatchOutcome::Passed { status: now, passed: more, is_last: false } => {
                    size.saw_batch(begun.elapsed());
                    is_paused = false;
                    passed += more;
                    lag.committed(now.rows_passed);
                    if told.elapsed() >= REPORT {
                        told = Instant::now();
                        self.emit(&now, BackfillPhase::Running, Some((since, passed)));
                    }
                    let end = Instant::now();
                    due = pace.due(due, end, more);
                    let pause = due.saturating_duration_since(end);
                    let for_others = match self.dialect() {
                        SqlDialect::Sqlite => Pace::pause_of_sqlite(end - begun),
                        SqlDialect::Postgres | SqlDialect::MySql => Duration::ZERO,
                    };
                    self.sleep(pause.max(for_others), &now).await?;
                    status = now;
                }
            }
        }
    }

    /// The statements of the next batch, each with the plan of the database. Nothing is changed.
    pub(super) async fn explain(&self, status: &BackfillStatus) -> Result<Vec<(String, String)>, BackfillError> {
        self.check(status)?;
        let (dialect, table) = (self.dialect(), self.definition.table());
        let shape = TableShape::read(self.connection, self.backend, &table).await?;
        let key = shape.key(dialect, &table, Some(&status.key), &self.definition.columns())?;
        let transaction = self.begin(&shape).await?;
        let planned = self.plans(&transaction, &key, status).await;
        let _ = transaction.rollback().await;
        planned
    }

    async fn plans(
        &self,
        transaction: &DatabaseTransaction,
        key: &Key,
        status: &BackfillStatus,
    ) -> Result<Vec<(String, String)>, BackfillError> {
        let after = status.place.as_ref();
        let rest = key.between(self.backend, after, None)?;
        let last = status.batch_rows.saturating_sub(1);
        let find = self.place_query(key, &rest, &format!("{} LIMIT 1 OFFSET {last}", key.list()));
        let up_to = self.place_at(transaction, key, after, status.batch_rows).await?;
        let range = key.between(self.backend, after, up_to.as_ref())?;
        let mut plans = Vec::new();
        for sql in [find, self.definition.update(self.dialect(), &range)] {
            let explain = match self.dialect() {
                SqlDialect::Sqlite => format!("EXPLAIN QUERY PLAN {sql}"),
                SqlDialect::Postgres | SqlDialect::MySql => format!("EXPLAIN {sql}"),
            };
            let system = transaction.get_database_backend();
            let rows = transaction.query_all_raw(Statement::from_string(system, explain)).await?;
            let lines: Vec<String> = rows.iter().map(|row| plan_line(self.dialect(), row)).collect();
            plans.push((sql, lines.join("\n")));
        }
        Ok(plans)
    }

    /// The backfill if it is complete, and otherwise `error`: what the code did after it may have dropped its table.
    async fn complete_or(&self, error: BackfillError) -> Result<BackfillStatus, BackfillError> {
        let is_gone = matches!(
            error,
            BackfillError::NoSuchTable { .. } | BackfillError::OtherTable { .. } | BackfillError::KeyGone { .. }
        );
        if !is_gone {
            return Err(error);
        }
        let own = in_batch(BatchCaller::Engine, self.store.backfill(self.connection, self.backend, &self.name)).await?;
        let status = own.filter(|status| status.state == BackfillState::Complete).ok_or(error)?;
        self.check(&status)?;
        Ok(status)
    }

    /// Reads the row of the backfill, or begins it.
    async fn open(&self) -> Result<(TableShape, Key, BackfillStatus), BackfillError> {
        let table = self.definition.table();
        let shape = in_batch(BatchCaller::Engine, TableShape::read(self.connection, self.backend, &table)).await?;
        if shape.hides_rows {
            return Err(BackfillError::RowSecurity { table: table.to_string() });
        }
        if let Some(engine) = shape.engine_without_transactions.clone() {
            return Err(BackfillError::NoTransactions { table: table.to_string(), engine });
        }
        let found = self.read_or_begin(&shape).await?;
        let here = self.found_table(&shape);
        if found.table != here {
            return Err(BackfillError::OtherTable { name: self.name.clone(), begun: found.table, here });
        }
        let key = match shape.key(self.dialect(), &table, Some(&found.key), &self.definition.columns()) {
            Ok(key) => key,
            Err(_) => {
                let (name, table) = (self.name.clone(), table.to_string());
                return Err(BackfillError::KeyGone { name, table, key: found.key });
            }
        };
        if key.is_nullable && found.state != BackfillState::Complete {
            in_batch(BatchCaller::Engine, self.check_nulls(self.connection, &key)).await?;
        }
        Ok((shape, key, found))
    }

    /// The name of the table, with its schema where the definition names one, or where the session finds the table in
    /// another schema than that of the record.
    fn found_table(&self, shape: &TableShape) -> String {
        let mut table = self.definition.table();
        if let (None, Some(found), Some(of_record)) = (&table.schema, &shape.schema, self.store.schema()) {
            table.schema = (!same_name(self.dialect(), found, of_record)).then(|| found.clone());
        }
        table.to_string()
    }

    async fn read_or_begin(&self, shape: &TableShape) -> Result<BackfillStatus, BackfillError> {
        let mut pause = Backoff::for_retry();
        let mut attempts = 0;
        loop {
            let transaction = self.begin(shape).await?;
            let outcome = in_batch(BatchCaller::Engine, self.read_or_insert(&transaction, shape)).await;
            match outcome {
                Ok(found) => {
                    transaction.commit().await?;
                    return Ok(found);
                }
                // Another session holds a lock, or another program began the backfill at the same time.
                Err(BackfillError::Database(error)) if attempts < ATTEMPTS && !is_lost_connection(&error) => {
                    let _ = transaction.rollback().await;
                    if !self.backend.is_lock_conflict(&error) && attempts > 2 {
                        return Err(error.into());
                    }
                    pause.sleep(Duration::MAX, self.stop.as_deref().unwrap_or(&AtomicBool::new(false))).await;
                    attempts += 1;
                }
                Err(error) => {
                    let _ = transaction.rollback().await;
                    return Err(error);
                }
            }
        }
    }

    async fn read_or_insert(
        &self,
        transaction: &DatabaseTransaction,
        shape: &TableShape,
    ) -> Result<BackfillStatus, BackfillError> {
        if let Some(found) = self.store.lock_backfill(transaction, &self.name).await? {
            self.check(&found)?;
            return Ok(found);
        }
        let (table, columns) = (self.definition.table(), self.definition.columns());
        let key = shape.key(self.dialect(), &table, self.wanted_key.as_deref(), &columns)?;
        let is_of_values = !self.definition.values.is_empty();
        let begun = BackfillStatus {
            name: self.name.clone(),
            revision: self.revision.clone(),
            table: self.found_table(shape),
            system: self.backend.name().to_owned(),
            state: BackfillState::Active,
            rows_passed: 0,
            rows_changed: 0,
            rows_expected: shape.expected_rows(transaction, self.dialect(), &table).await?,
            started_at: Utc::now(),
            updated_at: None,
            finished_at: None,
            problem: None,
            is_registered: is_of_values,
            definition_hash: self.definition.hash(),
            definition: is_of_values.then(|| self.definition.json()),
            key: key.names(),
            place: None,
            batch_rows: FIRST_ROWS,
        };
        self.store.insert_backfill(transaction, &begun).await?;
        Ok(begun)
    }

    /// Refuses to go on where another definition began.
    fn check(&self, found: &BackfillStatus) -> Result<(), BackfillError> {
        let name = self.name.clone();
        if found.system != self.backend.name() {
            let (system, here) = (found.system.clone(), self.backend.name().to_owned());
            return Err(BackfillError::OtherSystem { name, system, here });
        }
        if found.definition_hash != self.definition.hash() {
            return Err(BackfillError::Edited { name, passed: found.rows_passed });
        }
        if found.state == BackfillState::Cancelled {
            return Err(BackfillError::Cancelled { name });
        }
        Ok(())
    }

    async fn check_nulls(&self, connection: &impl ConnectionTrait, key: &Key) -> Result<(), BackfillError> {
        let table = self.definition.table();
        let sql = format!("SELECT 1 FROM {} WHERE {} LIMIT 1", table.quoted_for(self.dialect()), key.is_null());
        let found =
            connection.query_one_raw(Statement::from_string(self.connection.get_database_backend(), sql)).await?;
        match found {
            Some(_) => Err(BackfillError::NullKey { table: table.to_string(), key: key.names() }),
            None => Ok(()),
        }
    }

    /// Begins the transaction of a batch. On MySQL and MariaDB it locks rows, and not the gaps between them, where new
    /// rows are inserted; but a session that logs statements for replicas is not allowed to do that.
    async fn begin(&self, shape: &TableShape) -> Result<DatabaseTransaction, DbErr> {
        let options = match self.dialect() {
            SqlDialect::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            SqlDialect::MySql if shape.logs_statements => TransactionOptions::default(),
            SqlDialect::Postgres | SqlDialect::MySql => TransactionOptions {
                isolation_level: Some(IsolationLevel::ReadCommitted),
                ..TransactionOptions::default()
            },
        };
        self.connection.begin_with_options(options).await
    }

    /// Makes attempts at a batch, with fewer rows each time, while another session holds locks.
    async fn batch_with_retries<W: BatchWork + Send>(
        &self,
        shape: &TableShape,
        key: &Key,
        work: &mut W,
        size: &mut BatchSize,
    ) -> Result<BatchOutcome, BackfillError> {
        let mut pause = Backoff::for_retry();
        let never = AtomicBool::new(false);
        let stop = self.stop.as_deref().unwrap_or(&never);
        for _ in 1..ATTEMPTS {
            let error = match self.batch(shape, key, work, size).await {
                Err(error) => error,
                outcome => return outcome,
            };
            match &error {
                BackfillError::Database(error) if self.backend.is_lock_conflict(error) => {
                    size.shrink();
                    pause.sleep(Duration::MAX, stop).await;
                }
                BackfillError::RowsAdded { .. } => size.shrink(),
                // A statement limit that is shorter than a batch.
                BackfillError::Database(error) if self.backend.is_timed_out(error) && size.rows > 1 => size.slow_down(),
                _ => return Err(error),
            }
            if stop.load(Ordering::Relaxed) {
                return Err(error);
            }
        }
        self.batch(shape, key, work, size).await
    }

    async fn batch<W: BatchWork + Send>(
        &self,
        shape: &TableShape,
        key: &Key,
        work: &mut W,
        size: &mut BatchSize,
    ) -> Result<BatchOutcome, BackfillError> {
        let transaction = self.begin(shape).await?;
        match self.batch_in(&transaction, shape, key, work, size).await {
            Ok(outcome) => {
                transaction.commit().await?;
                Ok(outcome)
            }
            Err(error) => {
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    async fn batch_in<W: BatchWork + Send>(
        &self,
        transaction: &DatabaseTransaction,
        shape: &TableShape,
        key: &Key,
        work: &mut W,
        size: &mut BatchSize,
    ) -> Result<BatchOutcome, BackfillError> {
        let engine = BatchCaller::Engine;
        let rows = size.rows;
        let begun = Instant::now();
        let found = in_batch(engine, self.store.lock_backfill(transaction, &self.name)).await?;
        size.saw_round_trip(begun.elapsed());
        let found = found.ok_or_else(|| BackfillError::Lost { name: self.name.clone() })?;
        match found.state {
            BackfillState::Active => self.check(&found)?,
            BackfillState::Paused => return Ok(BatchOutcome::Paused(found)),
            BackfillState::Cancelled => return Err(BackfillError::Cancelled { name: self.name.clone() }),
            BackfillState::Complete => return Ok(BatchOutcome::Complete(found)),
        }
        let after = found.place.as_ref();
        let end = in_batch(engine, self.place_at(transaction, key, after, rows)).await?;
        // The last batch has no end: it takes what is left, up to the last row that it sees.
        let (up_to, passed) = match end {
            Some(place) => (Some(place), Some(rows)),
            None => (in_batch(engine, self.last_place(transaction, key, after)).await?, None),
        };
        let is_last = passed.is_none();
        if is_last && key.is_nullable {
            in_batch(engine, self.check_nulls(transaction, key)).await?;
        }
        let mut work_time = Duration::ZERO;
        let (passed, changed) = match &up_to {
            None => (0, 0),
            Some(place) => {
                if after == Some(place) {
                    return Err(BackfillError::KeyChanged { name: self.name.clone(), key: key.names() });
                }
                let bound = key.bound(self.backend, after, Some(place))?;
                let range = match self.dialect() {
                    SqlDialect::Sqlite => bound.clone(),
                    SqlDialect::Postgres | SqlDialect::MySql => {
                        (key.between(self.backend, after, Some(place))?, Vec::new())
                    }
                };
                let passed = match passed {
                    Some(passed) => passed,
                    None => {
                        let (range, values) = bound.clone();
                        let rows = format!("{} WHERE {range}", self.definition.table().quoted_for(self.dialect()));
                        in_batch(engine, counted(transaction, rows, values)).await?
                    }
                };
                let Self { backend, definition, name, .. } = self;
                let batch = Batch { transaction, backend: *backend, definition, shape, key, name, range, bound };
                let begun = Instant::now();
                let changed = work.change(batch).await?;
                work_time = begun.elapsed();
                (passed, changed)
            }
        };
        let batch_rows = size.next(work_time);
        let end = BatchEnd { place: up_to, passed, changed, batch_rows, is_last };
        in_batch(engine, self.store.end_batch(transaction, &found, &end)).await?;
        let status = BackfillStatus {
            rows_passed: found.rows_passed + passed,
            rows_changed: found.rows_changed + changed,
            place: end.place.or(found.place),
            batch_rows,
            ..found
        };
        Ok(BatchOutcome::Passed { status, passed, is_last })
    }

    /// The key of the last row of a batch; `None` where fewer rows are left.
    async fn place_at(
        &self,
        transaction: &DatabaseTransaction,
        key: &Key,
        after: Option<&Place>,
        rows: u64,
    ) -> Result<Option<Place>, DbErr> {
        self.find_place(transaction, key, after, (&key.list(), Some(rows.saturating_sub(1)))).await
    }

    /// The key of the last row; `None` where no row is left.
    async fn last_place(
        &self,
        transaction: &DatabaseTransaction,
        key: &Key,
        after: Option<&Place>,
    ) -> Result<Option<Place>, DbErr> {
        self.find_place(transaction, key, after, (&key.descending(), None)).await
    }

    async fn find_place(
        &self,
        transaction: &DatabaseTransaction,
        key: &Key,
        after: Option<&Place>,
        (order, offset): (&str, Option<u64>),
    ) -> Result<Option<Place>, DbErr> {
        let (range, mut values) = key.bound(self.backend, after, None)?;
        let tail = match offset {
            // The driver prepares each text.
            Some(offset) if self.dialect() == SqlDialect::MySql => {
                values.push(offset.into());
                format!("{order} LIMIT 1 OFFSET ?")
            }
            Some(offset) => format!("{order} LIMIT 1 OFFSET {offset}"),
            None => format!("{order} LIMIT 1"),
        };
        let sql = self.place_query(key, &range, &tail);
        let system = transaction.get_database_backend();
        let row = transaction.query_one_raw(Statement::from_sql_and_values(system, sql, values)).await?;
        row.map(|row| key.place(&row)).transpose()
    }

    /// A query for the key of a row of a range, which comes first in this order.
    fn place_query(&self, key: &Key, range: &str, order: &str) -> String {
        let table = self.definition.table().quoted_for(self.dialect());
        format!("SELECT {} FROM {table} WHERE {range} ORDER BY {order}", key.selected())
    }

    fn check_stop(&self, status: &BackfillStatus) -> Result<(), BackfillError> {
        match &self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => {
                Err(BackfillError::Stopped { name: self.name.clone(), passed: status.rows_passed })
            }
            _ => Ok(()),
        }
    }

    async fn sleep(&self, time: Duration, status: &BackfillStatus) -> Result<(), BackfillError> {
        let end = Instant::now() + time.min(Duration::from_secs(3600));
        while Instant::now() < end {
            self.check_stop(status)?;
            tokio::time::sleep(LOOK.min(end - Instant::now())).await;
        }
        Ok(())
    }

    /// Waits while replicas are too far behind, and returns for how long.
    async fn wait_for_replicas(
        &self,
        lag: &mut LagWatch,
        status: &BackfillStatus,
        since: Instant,
        passed: u64,
    ) -> Result<Duration, BackfillError> {
        let begun = Instant::now();
        let mut is_told = false;
        while in_batch(BatchCaller::Engine, lag.is_behind(self.connection)).await? {
            if !is_told {
                self.emit(status, BackfillPhase::WaitingForReplicas, Some((since, passed)));
                is_told = true;
            }
            self.sleep(LOOK * 4, status).await?;
        }
        Ok(if is_told { begun.elapsed() } else { Duration::ZERO })
    }

    /// Keeps the reason for which the backfill stopped, where the database can still be written.
    async fn note(&self, error: &BackfillError) {
        let is_of_rows = match error {
            BackfillError::Database(error) => !is_lost_connection(error),
            BackfillError::RowsKept { .. }
            | BackfillError::RowsAdded { .. }
            | BackfillError::ValuesChanged { .. }
            | BackfillError::KeyChanged { .. }
            | BackfillError::NullKey { .. } => true,
            _ => false,
        };
        if is_of_rows {
            let text = error.to_string();
            let _ = in_batch(BatchCaller::Engine, self.store.set_backfill_problem(self.connection, &self.name, &text))
                .await;
        }
    }

    /// Sends the event that it stopped, with the place where it goes on.
    async fn tell_of_stop(&self) {
        let own = self.store.backfill(self.connection, self.backend, &self.name);
        if let Ok(Some(status)) = in_batch(BatchCaller::Engine, own).await {
            self.emit(&status, BackfillPhase::Stopped, None);
        }
    }

    fn finish(&self, status: &BackfillStatus, start: Instant) -> BackfillReport {
        self.emit(status, BackfillPhase::Complete, Some((start, 0)));
        BackfillReport { is_complete: true, ..self.report(status, start) }
    }

    fn report(&self, status: &BackfillStatus, start: Instant) -> BackfillReport {
        BackfillReport {
            name: self.name.clone(),
            rows_passed: status.rows_passed,
            rows_changed: status.rows_changed,
            elapsed: start.elapsed(),
            is_complete: status.state == BackfillState::Complete,
        }
    }

    /// Sends an event; `since` is when this run began, and how many rows it has passed.
    fn emit(&self, status: &BackfillStatus, phase: BackfillPhase, since: Option<(Instant, u64)>) {
        let elapsed = since.map(|(start, _)| start.elapsed()).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a rate does not need every row")]
        let rate = since
            .filter(|(_, passed)| *passed > 0 && !elapsed.is_zero())
            .map(|(_, passed)| passed as f64 / elapsed.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a remaining time does not need every row")]
        let remaining = status.rows_expected.zip(rate).and_then(|(all, rate)| {
            Duration::try_from_secs_f64(all.saturating_sub(status.rows_passed) as f64 / rate).ok()
        });
        let progress = BackfillProgress {
            name: self.name.clone(),
            table: status.table.clone(),
            phase,
            rows_passed: status.rows_passed,
            rows_changed: status.rows_changed,
            rows_expected: status.rows_expected,
            rows_per_second: rate,
            remaining,
            elapsed,
        };
        (self.handler)(&Event::Backfill { progress: &progress });
    }
}

/// A line of a plan.
fn plan_line(dialect: SqlDialect, row: &QueryResult) -> String {
    let column = |name: &str| row.try_get::<Option<String>>("", name).ok().flatten();
    match dialect {
        SqlDialect::Postgres => column("QUERY PLAN").unwrap_or_default(),
        SqlDialect::Sqlite => column("detail").unwrap_or_default(),
        SqlDialect::MySql => {
            let shown = ["table", "type", "key", "Extra", "EXPLAIN"].into_iter().filter_map(|name| {
                column(name)
                    .map(|value| if name == "EXPLAIN" { value } else { format!("{} {value}", name.to_lowercase()) })
            });
            shown.collect::<Vec<_>>().join(", ")
        }
    }
}
