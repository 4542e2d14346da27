//! How backfills run.

use std::time::Duration;

use crate::settings::DatabaseSettings;

/// How long a batch takes if nothing else is asked for.
const TARGET: Duration = Duration::from_millis(100);

/// How backfills run: how fast, and what they wait for.
///
/// ```
/// use std::time::Duration;
///
/// use seachange::RunOptions;
/// use seachange::backfill::BackfillOptions;
///
/// let slowly = BackfillOptions::new().rows_per_second(2_000).target_time(Duration::from_millis(20));
/// let options = RunOptions::new().backfills(slowly);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct BackfillOptions {
    pub(crate) target: Option<Duration>,
    pub(crate) rows_per_second: Option<u64>,
    pub(crate) max_lag: Option<Duration>,
    pub(crate) replicas: Vec<DatabaseSettings>,
    pub(crate) registers: bool,
}

impl Default for BackfillOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl BackfillOptions {
    /// The default options: batches of about 100 ms, one after the other.
    pub fn new() -> Self {
        Self { target: None, rows_per_second: None, max_lag: None, replicas: Vec::new(), registers: false }
    }

    /// These options where they say something, and `others` elsewhere.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            target: self.target.or(others.target),
            rows_per_second: self.rows_per_second.or(others.rows_per_second),
            max_lag: self.max_lag.or(others.max_lag),
            replicas: if self.replicas.is_empty() { others.replicas } else { self.replicas },
            registers: self.registers || others.registers,
        }
    }

    /// How long a batch should take.
    pub(crate) fn target(&self) -> Duration {
        self.target.unwrap_or(TARGET)
    }

    /// How long a batch should take, and so how long another session waits at most for one of its rows, or on SQLite
    /// for any write. The size of batches adapts to it.
    pub fn target_time(self, target: Duration) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The most rows a second that batches pass, on average; zero means no limit.
    pub fn rows_per_second(self, rows: u64) -> Self {
        Self { rows_per_second: (rows > 0).then_some(rows), ..self }
    }

    /// Waits before a batch while a replica is further behind than this. On PostgreSQL, the primary says how far its
    /// replicas are behind, if the user may see `pg_stat_replication`. Elsewhere, and if replicas are
    /// [named](Self::replica), each replica is asked how many batches it has.
    pub fn max_lag(self, lag: Duration) -> Self {
        Self { max_lag: Some(lag), ..self }
    }

    /// A replica for [`max_lag`](Self::max_lag). Call it once for each.
    pub fn replica(mut self, settings: DatabaseSettings) -> Self {
        self.replicas.push(settings);
        self
    }

    /// Whether a revision only registers its backfills of expressions, so that `backfill run` or a service runs them
    /// while the service serves. A backfill of code runs in its revision in any case.
    pub fn register(self, registers: bool) -> Self {
        Self { registers, ..self }
    }
}
