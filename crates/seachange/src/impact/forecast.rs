//! How long statements will take on the tables of the connected database: from the time that each takes on filled copies
//! of two sizes.
//!
//! The copies are filled with rows of the average width of the real ones. A statement of which nothing is measured, whose
//! time depends on values, or that fails on the rows of the copy, has no forecast.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::measured::{RevisionImpact, StatementImpact, TableCost};
use super::sizes::{TableSize, TableSizes, connected_name};
use crate::autogenerate::replay::{Replay, ReplayTransaction};
use crate::autogenerate::{AutogenerateError, DatabaseState, TableFilter, fill_many};
use crate::backend::dialect::Dialect;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::offline::with_values;
use crate::revision::RegisteredRevision;
use crate::schema::TableName;
use crate::session::DirectSession;
use crate::settings::DatabaseSettings;
use crate::sql::{self, StatementKind};

/// The smaller copy has this part of the rows of the larger one.
const PART: u64 = 4;

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
    sizes: &TableSizes,
    rows: u64,
) -> Result<Forecasts, AutogenerateError> {
    let few = Box::pin(times(below, measured, scratch, sizes, (rows / PART).max(1))).await?;
    let many = Box::pin(times(below, measured, scratch, sizes, rows)).await?;
    let mut forecasts = Vec::new();
    for (revision, impact) in measured.iter().enumerate() {
        let statements = impact.statements.iter().enumerate().map(|(number, statement)| {
            let timed = few[revision][number].clone().and_then(|few| Ok((few, many[revision][number].clone()?)));
            let size = |table: &str| sizes.of(measured, revision, number, table);
            match (unforeseeable(statement), timed) {
                (Some(reason), _) | (None, Err(reason)) => Forecast::Unknown(reason),
                (None, Ok((few, many))) => forecast(statement, few, many, size),
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

fn forecast(statement: &StatementImpact, few: Timed, many: Timed, size: impl Fn(&str) -> TableSize) -> Forecast {
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
            Err(_) => return Forecast::PerMillionRows(seconds(few, many, 1_000_000)),
        }
    }
    Forecast::Seconds { seconds: seconds(few, many, rows), is_upper_bound }
}

/// The time for a number of rows, on the line through both times. A line that falls is noise: then the time grows with
/// the rows.
fn seconds(few: Timed, many: Timed, rows: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
    let [few_rows, many_rows, rows] = [few.rows, many.rows, rows].map(|rows| rows as f64);
    let [few, many] = [few.time.as_secs_f64(), many.time.as_secs_f64()];
    if many_rows <= 0.0 {
        return many;
    }
    let slope = if many_rows > few_rows { (many - few) / (many_rows - few_rows) } else { 0.0 };
    let slope = if slope > 0.0 { slope } else { many / many_rows };
    (many + slope * (rows - many_rows)).max(0.0)
}

type Times = Vec<Vec<Result<Timed, String>>>;

/// The time of each statement on a copy with so many rows, or why it has none.
async fn times(
    below: &[&'static RegisteredRevision],
    measured: &[RevisionImpact],
    scratch: (&DatabaseSettings, &Path),
    sizes: &TableSizes,
    rows: u64,
) -> Result<Times, AutogenerateError> {
    let (settings, folder) = scratch;
    let replay = Replay::open_for_rows(settings, folder).await?;
    let times = Box::pin(times_on(&replay, below, measured, sizes, rows)).await;
    replay.close().await?;
    times
}

async fn times_on(
    replay: &Replay,
    below: &[&'static RegisteredRevision],
    measured: &[RevisionImpact],
    sizes: &TableSizes,
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
    let touched = touched_tables(measured, sizes);
    let by_name = |name: &str| state.schema.tables.keys().find(|own| own.to_string() == name).cloned();
    let wanted: BTreeSet<TableName> = touched.keys().filter_map(|name| by_name(name)).collect();
    let widths: BTreeMap<TableName, u64> =
        touched.iter().filter_map(|(name, width)| Some((by_name(name)?, (*width)?))).collect();
    let made =
        fill_many(connection, &state.schema, &wanted, rows, &widths).await.map_err(AutogenerateError::Inspect)?;
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
        let expected: Vec<String> = impact.statements.iter().map(|statement| statement.text.clone()).collect();
        let session =
            |live| TimingSession { live, dialect: replay.dialect(), expected: expected.clone(), times: Vec::new() };
        // Outside of a transaction a statement takes the time of its commit too.
        let ended = replay.run(impact.script, ReplayTransaction::EachStatement, session).await;
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

/// The tables that statements read or write as a whole, by their names before the first revision, each with the average
/// bytes of a row if they are known.
fn touched_tables(measured: &[RevisionImpact], sizes: &TableSizes) -> BTreeMap<String, Option<u64>> {
    let mut touched = BTreeMap::new();
    for (revision, impact) in measured.iter().enumerate() {
        for (number, statement) in impact.statements.iter().enumerate() {
            for table in statement.tables.iter().filter(|table| table.cost != Some(TableCost::Catalogue)) {
                let width = sizes.of(measured, revision, number, &table.table).row_width();
                touched.insert(connected_name(measured, revision, number, &table.table), width);
            }
        }
    }
    touched
}

/// A session that measures the time of each statement. It refuses a statement that was not measured before, because
/// nothing is known of what that does.
struct TimingSession {
    live: DirectSession,
    dialect: &'static dyn Dialect,
    /// The texts of the statements.
    expected: Vec<String>,
    times: Vec<Duration>,
}

impl TimingSession {
    fn admit(&self, text: &str) -> Result<(), DbErr> {
        match self.expected.get(self.times.len()) {
            Some(expected) if expected == text => Ok(()),
            _ => Err(DbErr::Custom("it sends other statements than before".to_owned())),
        }
    }
}

#[async_trait]
impl StatementHandler for TimingSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let text = with_values(self.dialect, &statement).unwrap_or_else(|_| statement.sql.clone());
        self.admit(&text)?;
        let start = Instant::now();
        let outcome = self.live.execute(statement).await?;
        self.times.push(start.elapsed());
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
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Timed, seconds};

    fn check(few: (u64, u64), many: (u64, u64), rows: u64, expected: f64) {
        let timed = |(millis, rows)| Timed { time: Duration::from_millis(millis), rows };
        let found = seconds(timed(few), timed(many), rows);
        assert!((found - expected).abs() < 0.001, "{found} is not {expected}");
    }

    #[test]
    fn times_are_on_a_line() {
        check((30, 25_000), (60, 100_000), 5_000_000, 2.02);
        check((30, 25_000), (60, 100_000), 0, 0.02);
        // Noise: the time grows with the rows.
        check((50, 25_000), (40, 100_000), 1_000_000, 0.4);
        // A key of few values leaves both copies with the same rows.
        check((3, 100), (3, 100), 100, 0.003);
        check((3, 0), (5, 0), 1_000, 0.005);
    }
}
