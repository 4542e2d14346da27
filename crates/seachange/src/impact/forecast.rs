//! How long statements will take on the tables of the connected database: from the time that each takes on filled copies
//! of two sizes.
//!
//! The copies are filled with rows of the average width of the real ones. A statement of which nothing is measured, whose
//! time depends on values, or that fails on the rows of the copy, has no forecast.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sea_orm::{DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::filled_copy::{add_new_foreign_keys, new_foreign_keys, wanted_rows};
use super::measured::{RevisionImpact, StatementImpact, TableCost, TableImpact};
use super::samples::TableSamples;
use super::sending::is_lock;
use super::sizes::{TableSize, TableSizes, connected_name};
use crate::autogenerate::replay::{Replay, ReplayTransaction};
use crate::autogenerate::{AutogenerateError, DatabaseState, TableFilter, WantedRows, fill_many};
use crate::backend::dialect::Dialect;
use crate::backend::dialect::with_values;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::revision::RegisteredRevision;
use crate::schema::TableName;
use crate::session::DirectSession;
use crate::settings::DatabaseSettings;
use crate::sql::{self, SqlDialect, StatementKind};

/// The smaller copy has this part of the rows of the larger one. It is small, so that the line through both times is long.
const PART: u64 = 100;

/// A join of many rows takes this many times as long for each row as one of so few that they fit into the caches of the
/// processor: measured on PostgreSQL at one and five million rows.
const JOIN: f64 = 2.0;

/// A lookup takes this many times as long while the table is copied: a page that is read may take the place of one that the
/// copy has changed, which is written first. Measured on MariaDB and MySQL at one and five million rows.
const LOOKUP: f64 = 1.5;

/// A copy whose rows are inserted into its indexes one by one takes this many times as long for each row if the table is at
/// least as large as the memory of the server: measured on MySQL with tables of about five and 25 times the memory.
const COPY: f64 = 2.3;

/// The least memory for maintenance that PostgreSQL accepts, in kilobytes.
const LEAST_MEMORY: i64 = 1_024;

/// How long a statement will take.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Forecast {
    /// On the rows that the connected database has.
    Seconds {
        seconds: f64,
        /// Whether the number of rows is an upper bound.
        is_upper_bound: bool,
    },
    /// For each million rows: how many there are is unknown.
    PerMillionRows(f64),
    /// Unknown, with the reason.
    Unknown(String),
}

impl Forecast {
    /// The seconds on the rows that there are.
    pub(crate) fn seconds(&self) -> Option<f64> {
        if let Self::Seconds { seconds, .. } = self { Some(*seconds) } else { None }
    }

    /// The seconds for each million rows, if it is unknown how many there are.
    pub(crate) fn per_million_rows(&self) -> Option<f64> {
        if let Self::PerMillionRows(seconds) = self { Some(*seconds) } else { None }
    }

    /// Why it is unknown.
    pub(crate) fn unknown(&self) -> Option<&str> {
        if let Self::Unknown(reason) = self { Some(reason) } else { None }
    }
}

/// The forecasts of the statements of measured revisions.
pub(crate) type Forecasts = Vec<Vec<Forecast>>;

/// Runs measured revisions on two filled scratch databases, with `rows` rows in each table that they read or write as a
/// whole. On SQLite they are files in `folder`.
///
/// # Errors
///
/// The scratch database cannot be used, or one of the revisions below fails there.
pub(crate) async fn forecasts(
    below: &[&'static RegisteredRevision],
    measured: &[RevisionImpact],
    scratch: (&DatabaseSettings, &Path),
    (sizes, samples): (&TableSizes, &TableSamples),
    rows: u64,
) -> Result<Forecasts, AutogenerateError> {
    let connected = (sizes, samples);
    let few = Box::pin(times(below, measured, scratch, connected, (rows / PART).max(1))).await?;
    let many = Box::pin(times(below, measured, scratch, connected, rows)).await?;
    let mut forecasts = Vec::new();
    for (revision, impact) in measured.iter().enumerate() {
        let statements = impact.statements.iter().enumerate().map(|(number, statement)| {
            let timed = few[revision][number].clone().and_then(|few| Ok((few, many[revision][number].clone()?)));
            let size = |table: &str| sizes.of(measured, revision, number, table);
            match (unforeseeable(statement), timed) {
                (Some(reason), _) | (None, Err(reason)) => Forecast::Unknown(reason),
                (None, Ok((few, many))) => {
                    let cost = RowCost::of(measured, (revision, number), sizes, samples);
                    forecast(statement, few, many, cost, size)
                }
            }
        });
        forecasts.push(statements.collect());
    }
    Ok(forecasts)
}

/// Why the time of a statement on other rows says nothing.
fn unforeseeable(statement: &StatementImpact) -> Option<String> {
    statement
        .unknown
        .clone()
        .or_else(|| statement.changes_rows.then(|| "which rows it changes depends on the rows".to_owned()))
}

/// The time that a statement took, and the rows of the largest table that it read or wrote.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Timed {
    time: Duration,
    rows: u64,
}

/// What a row of a large table costs more than one of the copy, which fits into memory.
#[derive(Debug, Clone, Copy, Default)]
struct RowCost {
    /// The wait for the disk, where the server looks up the row to which it refers.
    lookup: Duration,
    /// Whether the statement joins two tables.
    is_join: bool,
    /// Whether the statement sorts the rows, for an index.
    is_sort: bool,
    /// How many times as large as the memory of the server the table is, if the statement copies it and inserts each row
    /// into its indexes (MySQL, MariaDB); otherwise 0.
    copied: f64,
}

impl RowCost {
    /// Of a statement. For a foreign key, MySQL and MariaDB look each row up, and PostgreSQL joins.
    fn of(
        measured: &[RevisionImpact],
        (revision, statement): (usize, usize),
        sizes: &TableSizes,
        samples: &TableSamples,
    ) -> Self {
        let impact = &measured[revision];
        let own = &impact.statements[statement];
        let grammar = SqlDialect::of(impact.backend);
        if !validates_key(&own.text, grammar) {
            let words = sql::words(&own.text, grammar);
            let is_sort = words.iter().any(|word| matches!(word.as_str(), "INDEX" | "UNIQUE" | "PRIMARY"));
            let is_copied = |own: &&TableImpact| own.cost == Some(TableCost::Rewrite) && own.blocks_writes;
            let bytes = |own: &TableImpact| sizes.of(measured, revision, statement, &own.table).bytes;
            let copied = own.tables.iter().filter(is_copied).filter(|own| has_indexes(impact, &own.table));
            let copied = copied.map(|own| samples.copied(bytes(own))).fold(0.0, f64::max);
            return Self { is_sort, copied, ..Self::default() };
        }
        if impact.backend == DbBackend::Postgres {
            return Self { is_join: true, ..Self::default() };
        }
        let Some(states) = &impact.states else { return Self::default() };
        let is_named = |name: &TableName| own.tables.iter().any(|table| table.table == name.to_string());
        let new = new_foreign_keys(&states.0.schema, &states.1.schema).into_iter();
        let new = new.filter(|(table, key)| is_named(table) && is_named(&key.referenced_table));
        let lookups = new.map(|(_, key)| {
            let table = key.referenced_table.to_string();
            let bytes = sizes.of(measured, revision, statement, &table).bytes;
            samples.lookup(&connected_name(measured, revision, statement, &table), bytes)
        });
        Self { lookup: lookups.sum::<Duration>().mul_f64(LOOKUP), ..Self::default() }
    }
}

/// Whether a table has an index beside its primary key, before or after a revision.
fn has_indexes(impact: &RevisionImpact, table: &str) -> bool {
    let states = impact.states.iter().flat_map(|states| [&states.0.schema, &states.1.schema]);
    let mut tables = states.flat_map(|schema| &schema.tables).filter(|(name, _)| name.to_string() == table);
    tables.any(|(_, own)| !own.indexes.is_empty() || !own.uniques.is_empty())
}

/// Whether a statement adds or validates a foreign key.
fn validates_key(text: &str, grammar: SqlDialect) -> bool {
    sql::words(text, grammar).iter().any(|word| matches!(word.as_str(), "REFERENCES" | "VALIDATE"))
}

fn forecast(
    statement: &StatementImpact,
    few: Timed,
    many: Timed,
    cost: RowCost,
    size: impl Fn(&str) -> TableSize,
) -> Forecast {
    let large: Vec<_> = statement.tables.iter().filter(|table| table.cost != Some(TableCost::Catalogue)).collect();
    if large.is_empty() {
        return Forecast::Seconds { seconds: many.time.as_secs_f64(), is_upper_bound: false };
    }
    let mut rows = 0;
    let mut is_upper_bound = false;
    for table in large {
        match size(&table.table).rows {
            Ok(own) if own.rows >= rows => (rows, is_upper_bound) = (own.rows, own.is_upper_bound),
            Ok(_) => {}
            Err(_) => return Forecast::PerMillionRows(seconds(few, many, cost, 1_000_000)),
        }
    }
    Forecast::Seconds { seconds: seconds(few, many, cost, rows), is_upper_bound }
}

/// The time for a number of rows, on the line through both times. A line that falls is noise: then the time grows with
/// the rows.
fn seconds(few: Timed, many: Timed, cost: RowCost, rows: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
    let [few_rows, many_rows, rows] = [few.rows, many.rows, rows].map(|rows| rows as f64);
    let [few, many] = [few.time.as_secs_f64(), many.time.as_secs_f64()];
    if many_rows <= 0.0 {
        return many;
    }
    let slope = if many_rows > few_rows { (many - few) / (many_rows - few_rows) } else { 0.0 };
    let slope = if slope > 0.0 { slope } else { many / many_rows };
    let times = match cost {
        _ if rows <= many_rows || many_rows < 2.0 => 1.0,
        RowCost { is_join: true, .. } => 1.0 + (rows / many_rows).log10().min(1.0) * (JOIN - 1.0),
        RowCost { is_sort: true, .. } => rows.ln() / many_rows.ln(),
        // With its indexes a table takes up to twice the space.
        RowCost { copied, .. } => 1.0 + (2.0 * copied - 1.0).clamp(0.0, 1.0) * (COPY - 1.0),
    };
    (many + slope * (rows - many_rows)).max(0.0) * times + cost.lookup.as_secs_f64() * rows
}

type Times = Vec<Vec<Result<Timed, String>>>;

/// The time of each statement on a copy with so many rows, or why it has none.
async fn times(
    below: &[&'static RegisteredRevision],
    measured: &[RevisionImpact],
    scratch: (&DatabaseSettings, &Path),
    connected: (&TableSizes, &TableSamples),
    rows: u64,
) -> Result<Times, AutogenerateError> {
    let (settings, folder) = scratch;
    let replay = Replay::open_for_rows(settings, folder).await?;
    let times = Box::pin(times_on(&replay, below, measured, connected, rows)).await;
    replay.close().await?;
    times
}

async fn times_on(
    replay: &Replay,
    below: &[&'static RegisteredRevision],
    measured: &[RevisionImpact],
    (sizes, samples): (&TableSizes, &TableSamples),
    rows: u64,
) -> Result<Times, AutogenerateError> {
    for script in below {
        let ended = replay.run(script, ReplayTransaction::AsInARun, |live| live).await;
        if let Some(reason) = ended.map_err(AutogenerateError::Inspect)?.failure {
            return Err(AutogenerateError::Copy { reason: format!("`{}` fails on it: {reason}", script.revision.id) });
        }
    }
    let connection = replay.connection();
    let state = DatabaseState::read(connection, &TableFilter::default()).await.map_err(AutogenerateError::Inspect)?;
    let mut schema = state.schema;
    add_new_foreign_keys(&mut schema, measured);
    let by_name = |name: &str| schema.tables.keys().find(|own| own.to_string() == name).cloned();
    let wanted = wanted_rows(measured, sizes, samples, rows);
    let wanted = wanted.into_iter().filter_map(|(name, wanted)| Some((by_name(&name)?, wanted)));
    let wanted: BTreeMap<TableName, WantedRows> = wanted.collect();
    let made = fill_many(connection, &schema, &wanted, rows).await.map_err(AutogenerateError::Inspect)?;
    let mut times: Times = Vec::new();
    let mut stopped: Option<String> = None;
    for (revision, impact) in measured.iter().enumerate() {
        let count = impact.statements.len();
        if stopped.is_none() {
            let id = impact.script.revision.id;
            stopped = impact.unknown.as_ref().map(|reason| format!("`{id}` is not measured on rows: {reason}"));
        }
        if let Some(reason) = &stopped {
            times.push(vec![Err(reason.clone()); count]);
            continue;
        }
        let expected = impact.statements.iter().enumerate().map(|(number, statement)| {
            let size = |table: &str| sizes.of(measured, revision, number, table);
            ExpectedStatement { text: statement.text.clone(), part: part_of_rows(statement, rows, size) }
        });
        let expected: Vec<ExpectedStatement> = expected.collect();
        let session =
            |live| TimingSession { live, dialect: replay.dialect(), expected: expected.clone(), times: Vec::new() };
        // Outside of a transaction a statement takes the time of its commit too.
        let transaction =
            ReplayTransaction::EachStatement { has_foreign_keys_off: !impact.server.enforces_foreign_keys };
        let ended = replay.run(impact.script, transaction, session).await;
        let ended = ended.map_err(AutogenerateError::Inspect)?;
        let failure = ended.failure.map(|reason| format!("it fails on the filled copy: {reason}"));
        let mut own: Vec<Result<Timed, String>> = Vec::new();
        for (number, statement) in impact.statements.iter().enumerate() {
            let large = statement.tables.iter().filter(|table| table.cost != Some(TableCost::Catalogue));
            let names: Vec<String> =
                large.map(|table| connected_name(measured, revision, number, &table.table)).collect();
            let rows = names.iter().filter_map(|name| made.filled.get(&by_name(name)?)).max();
            let empty = names.iter().find_map(|name| Some((name, made.failed.get(&by_name(name)?)?)));
            own.push(match (ended.session.times.get(number), empty) {
                (_, Some((name, reason))) => Err(format!("`{name}` cannot be filled: {reason}")),
                (Some(time), None) => Ok(Timed { time: *time, rows: rows.copied().unwrap_or(0) }),
                (None, None) => Err(failure.clone().unwrap_or_else(|| "it was not sent to the filled copy".to_owned())),
            });
        }
        stopped = failure;
        times.push(own);
    }
    Ok(times)
}

/// A statement that was measured before.
#[derive(Clone)]
struct ExpectedStatement {
    text: String,
    /// The rows of the copy, as a part of those of the connected database.
    part: f64,
}

/// The rows of the largest table that a statement reads or writes as a whole, as a part of the rows of the connected
/// database. A table whose rows are unknown counts as one of a million.
fn part_of_rows(statement: &StatementImpact, rows: u64, size: impl Fn(&str) -> TableSize) -> f64 {
    let large = statement.tables.iter().filter(|table| table.cost != Some(TableCost::Catalogue));
    let largest = large.map(|table| size(&table.table).rows.map_or(1_000_000, |own| own.rows)).max();
    #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
    largest.map_or(1.0, |largest| (rows as f64 / largest.max(1) as f64).min(1.0))
}

/// A session that measures the time of each statement. It refuses a statement that was not measured before, because
/// nothing is known of what that does.
struct TimingSession {
    live: DirectSession,
    dialect: &'static dyn Dialect,
    expected: Vec<ExpectedStatement>,
    times: Vec<Duration>,
}

impl TimingSession {
    fn admit(&self, text: &str) -> Result<(), DbErr> {
        match self.expected.get(self.times.len()) {
            Some(expected) if expected.text == text => Ok(()),
            _ => Err(DbErr::Custom("it sends other statements than before".to_owned())),
        }
    }

    /// On PostgreSQL, the next statement gets a part of the memory for maintenance if it validates a foreign key: it joins
    /// both tables, in several passes if they do not fit into that memory. Returns what restores the setting.
    async fn limit_memory(&mut self, text: &str) -> Result<Option<String>, DbErr> {
        const SETTING: &str =
            "SELECT setting::bigint AS kilobytes FROM pg_settings WHERE name = 'maintenance_work_mem'";
        let part = self.expected.get(self.times.len()).map_or(1.0, |expected| expected.part);
        let is_join = validates_key(text, self.dialect.grammar());
        if self.dialect.backend() != DbBackend::Postgres || !is_join || part >= 1.0 {
            return Ok(None);
        }
        let setting = Statement::from_string(DbBackend::Postgres, SETTING);
        let rows = self.live.query_check(setting).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let kilobytes: i64 = row.try_get("", "kilobytes")?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is an estimate")]
        let limited = ((kilobytes as f64 * part) as i64).max(LEAST_MEMORY);
        self.set(format!("SET maintenance_work_mem = {limited}")).await?;
        Ok(Some(format!("SET maintenance_work_mem = {kilobytes}")))
    }

    async fn set(&mut self, text: String) -> Result<(), DbErr> {
        self.live.execute_check(Statement::from_string(self.dialect.backend(), text)).await.map(drop)
    }
}

#[async_trait]
impl StatementHandler for TimingSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let text = with_values(self.dialect, &statement).unwrap_or_else(|_| statement.sql.clone());
        self.admit(&text)?;
        let restore = self.limit_memory(&text).await?;
        let start = Instant::now();
        let outcome = self.live.execute(statement).await?;
        self.times.push(start.elapsed());
        if let Some(restore) = restore {
            self.set(restore).await?;
        }
        Ok(outcome)
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let facts = sql::read(&statement.sql, self.dialect.grammar());
        let is_counted = facts.iter().any(|facts| facts.kind != StatementKind::Query);
        if is_counted {
            self.admit(&statement.sql)?;
        }
        let start = Instant::now();
        let rows = self.live.query(statement).await?;
        if is_counted {
            self.times.push(start.elapsed());
        }
        Ok(rows)
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.live.begin(begin).await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute_check(statement).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query_check(statement).await
    }

    async fn query_precondition(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if is_lock(&statement) { Ok(Vec::new()) } else { self.live.query(statement).await }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RowCost, Timed, seconds};

    fn check(few: (u64, u64), many: (u64, u64), cost: RowCost, rows: u64, expected: f64) {
        let timed = |(millis, rows)| Timed { time: Duration::from_millis(millis), rows };
        let found = seconds(timed(few), timed(many), cost, rows);
        assert!((found - expected).abs() < 0.001, "{found} is not {expected}");
    }

    #[test]
    fn times_are_on_a_line() {
        let cost = RowCost::default();
        check((30, 25_000), (60, 100_000), cost, 5_000_000, 2.02);
        check((30, 25_000), (60, 100_000), cost, 0, 0.02);
        // Noise: the time grows with the rows.
        check((50, 25_000), (40, 100_000), cost, 1_000_000, 0.4);
        // A key of few values leaves both copies with the same rows.
        check((3, 100), (3, 100), cost, 100, 0.003);
        check((3, 0), (5, 0), cost, 1_000, 0.005);
    }

    #[test]
    fn what_does_not_fit_into_memory_takes_longer() {
        let lookup = RowCost { lookup: Duration::from_micros(80), ..RowCost::default() };
        check((10, 1_000), (109, 100_000), lookup, 1_000_000, 81.009);
        let join = RowCost { is_join: true, ..RowCost::default() };
        check((10, 1_000), (109, 100_000), join, 100_000, 0.109);
        check((10, 1_000), (109, 100_000), join, 1_000_000, 2.018);
        check((10, 1_000), (109, 100_000), join, 5_000_000, 10.018);
        let sort = RowCost { is_sort: true, ..RowCost::default() };
        check((10, 1_000), (109, 100_000), sort, 100_000, 0.109);
        check((10, 1_000), (109, 100_000), sort, 1_000_000, 1.211);
        for (copied, expected) in [(0.0, 1.009), (0.5, 1.009), (1.0, 2.3207), (50.0, 2.3207)] {
            let copy = RowCost { copied, ..RowCost::default() };
            check((10, 1_000), (109, 100_000), copy, 1_000_000, expected);
        }
    }
}
