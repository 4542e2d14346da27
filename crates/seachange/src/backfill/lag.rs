//! How far replicas are behind.
//!
//! A named replica is asked how many rows the backfill has passed there: the place of a backfill is a heartbeat, for
//! which no clocks are compared and no rights are needed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::backend::Backend;
use crate::connection::connect_to_read;
use crate::error::BackfillError;
use crate::limits::BackfillOptions;
use crate::sql::SqlDialect;
use crate::store::RevisionStore;

/// How many commits are remembered in the time of the limit, and how often.
const COMMITS: u32 = 64;

/// Watches replicas.
pub(super) struct LagWatch {
    limit: Option<Duration>,
    backend: &'static dyn Backend,
    store: RevisionStore,
    name: String,
    /// Each replica with its name for messages, without a password.
    replicas: Vec<(String, DatabaseConnection)>,
    /// The number of passed rows at each commit of this run, and its time.
    commits: VecDeque<(u64, Instant)>,
}

impl LagWatch {
    pub(super) async fn new(
        backend: &'static dyn Backend,
        options: &BackfillOptions,
        store: RevisionStore,
        name: &str,
    ) -> Result<Self, BackfillError> {
        let limit = options.max_lag;
        if limit.is_some() && options.replicas.is_empty() && backend.sql_dialect() != SqlDialect::Postgres {
            let what = format!("{} does not show it to the primary; name each replica (`--replica`)", backend.name());
            return Err(BackfillError::Lag(what));
        }
        let mut replicas = Vec::new();
        for settings in options.replicas.iter().filter(|_| limit.is_some()) {
            let connected = connect_to_read(settings).await;
            let connection = connected.map_err(|error| BackfillError::Lag(error.to_string()))?;
            replicas.push((settings.to_string(), connection));
        }
        let name = name.to_owned();
        Ok(Self { limit, backend, store, name, replicas, commits: VecDeque::new() })
    }

    /// Remembers a commit, after which the backfill has passed so many rows.
    pub(super) fn committed(&mut self, passed: u64) {
        if let Some(limit) = self.limit {
            remember(&mut self.commits, limit, (passed, Instant::now()));
        }
    }

    /// Whether a replica is further behind than the limit.
    pub(super) async fn is_behind(&mut self, primary: &DatabaseConnection) -> Result<bool, BackfillError> {
        let Some(limit) = self.limit else { return Ok(false) };
        if self.replicas.is_empty() {
            return Ok(shown_by_primary(primary).await? > limit);
        }
        for (name, replica) in &self.replicas {
            let known = self.store.backfill(replica, self.backend, &self.name).await;
            let known = known.map_err(|error| BackfillError::Lag(format!("{name}: {error}")))?;
            let passed = known.map_or(0, |known| known.rows_passed);
            if lag(&self.commits, passed) > limit {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Remembers a commit. Others close to it are not needed, and the oldest ones are so old that a replica without them is
/// too far behind.
fn remember(commits: &mut VecDeque<(u64, Instant)>, limit: Duration, (passed, time): (u64, Instant)) {
    if commits.back().is_some_and(|(_, last)| time.duration_since(*last) < limit / COMMITS) {
        return;
    }
    commits.push_back((passed, time));
    while commits.get(1).is_some_and(|(_, second)| time.duration_since(*second) > limit) {
        commits.pop_front();
    }
}

/// How long ago the first commit was that a replica does not have.
fn lag(commits: &VecDeque<(u64, Instant)>, passed: u64) -> Duration {
    let missing = commits.iter().find(|(rows, _)| *rows > passed);
    missing.map_or(Duration::ZERO, |(_, time)| time.elapsed())
}

/// What the primary of PostgreSQL knows of its replicas.
async fn shown_by_primary(primary: &DatabaseConnection) -> Result<Duration, BackfillError> {
    const LAG: &str = "SELECT COALESCE(MAX(EXTRACT(EPOCH FROM replay_lag)), 0)::float8 AS lag,
            COUNT(*) FILTER (WHERE state IS NULL) AS hidden FROM pg_catalog.pg_stat_replication";
    let row = primary.query_one_raw(Statement::from_string(primary.get_database_backend(), LAG)).await?;
    let Some(row) = row else { return Ok(Duration::ZERO) };
    if row.try_get::<i64>("", "hidden")? > 0 {
        let what =
            "this user may not see `pg_stat_replication`; grant it `pg_monitor`, or name each replica (`--replica`)";
        return Err(BackfillError::Lag(what.to_owned()));
    }
    let seconds: f64 = row.try_get("", "lag")?;
    Ok(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_is_as_late_as_the_first_commit_that_it_lacks() {
        let long_ago = Instant::now().checked_sub(Duration::from_secs(60)).unwrap_or_else(Instant::now);
        let commits = VecDeque::from([(100, long_ago), (200, Instant::now())]);
        assert!(lag(&commits, 0) >= Duration::from_secs(59));
        assert!(lag(&commits, 100) < Duration::from_secs(1));
        assert_eq!(lag(&commits, 200), Duration::ZERO);
        assert_eq!(lag(&VecDeque::new(), 0), Duration::ZERO);
    }

    /// However many batches there are in the time of the limit, a replica that stands still is seen.
    #[test]
    fn a_long_limit_is_exceeded_too() {
        let (limit, now) = (Duration::from_secs(600), Instant::now());
        let Some(begun) = now.checked_sub(Duration::from_secs(620)) else { return };
        let mut commits = VecDeque::new();
        for batch in 0..62_000 {
            remember(&mut commits, limit, (batch * 10, begun + Duration::from_millis(10 * batch)));
        }
        assert!(lag(&commits, 0) > limit, "{:?}", lag(&commits, 0));
        assert!(commits.len() < 100, "{}", commits.len());
    }
}
