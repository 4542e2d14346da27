//! What PostgreSQL tells about the running statement of another session.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement};

use super::super::{Blocker, StatementProgress, query_scalar};
use crate::sql::SqlDialect;

/// The sessions and prepared transactions for whose locks a session waits. `pg_blocking_pids` stops the lock manager
/// for a moment, so it is only called for a session that waits for a lock. It returns 0 for a prepared transaction.
pub(super) async fn blockers(connection: &DatabaseConnection, session: i64) -> Result<Option<Vec<Blocker>>, DbErr> {
    let sql = format!(
        "SELECT b.pid::bigint AS session, a.usename::text AS owner,
            coalesce(nullif(a.application_name, ''), nullif(a.backend_type, 'client backend')) AS program,
            a.state::text AS state,
            greatest(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), 0)::bigint AS seconds,
            pg_catalog.left(a.query, 1000) AS statement
        FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS pid
            FROM pg_catalog.pg_stat_activity AS w
            WHERE w.pid = {session} AND w.wait_event_type = 'Lock') AS b
        LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
        WHERE b.pid <> pg_catalog.pg_backend_pid() ORDER BY b.pid"
    );
    let mut blockers = read(connection, sql).await?;
    if blockers.iter().any(|blocker| blocker.session == 0) {
        let prepared = prepared(connection, session).await?;
        if !prepared.is_empty() {
            blockers.retain(|blocker| blocker.session != 0);
            blockers.extend(prepared);
        }
    }
    Ok(Some(blockers).filter(|blockers| !blockers.is_empty()))
}

/// The prepared transactions that have a lock for which a session waits. No process has their locks; the lock of a
/// transaction on its own number shows which locks are those of one transaction.
async fn prepared(connection: &DatabaseConnection, session: i64) -> Result<Vec<Blocker>, DbErr> {
    let sql = format!(
        "SELECT DISTINCT 0::bigint AS session, p.gid::text AS name, p.owner::text AS owner, NULL::text AS program,
            'prepared'::text AS state,
            greatest(extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared), 0)::bigint AS seconds,
            NULL::text AS statement
        FROM pg_catalog.pg_locks AS w
        JOIN pg_catalog.pg_locks AS h ON h.pid IS NULL AND h.granted
            AND (h.locktype, h.database, h.relation, h.page, h.tuple, h.virtualxid, h.transactionid::text,
                h.classid, h.objid, h.objsubid) IS NOT DISTINCT FROM
                (w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid::text,
                w.classid, w.objid, w.objsubid)
        JOIN pg_catalog.pg_locks AS own ON own.pid IS NULL AND own.locktype = 'transactionid'
            AND own.virtualtransaction = h.virtualtransaction
        JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction = own.transactionid
        WHERE w.pid = {session} AND NOT w.granted ORDER BY name"
    );
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let named = |row: &QueryResult| {
        let blocker = Blocker::from_row(row, SqlDialect::Postgres)?;
        Ok(Blocker { prepared: row.try_get("", "name")?, ..blocker })
    };
    rows.iter().map(named).collect()
}

async fn read(connection: &DatabaseConnection, sql: String) -> Result<Vec<Blocker>, DbErr> {
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    rows.iter().map(|row| Blocker::from_row(row, SqlDialect::Postgres)).collect()
}

/// The views that report a statement that a revision may contain, and the counters of each in the order of
/// [`COUNTERS`]. PostgreSQL 10 and 11 have only that of `VACUUM`, PostgreSQL 12 has no `ANALYZE`.
const REPORTS: [(&str, &str); 4] = [
    (
        "pg_stat_progress_create_index",
        "blocks_done, blocks_total, tuples_done, tuples_total, lockers_done, lockers_total",
    ),
    ("pg_stat_progress_cluster", "heap_blks_scanned, heap_blks_total, 0, 0, 0, 0"),
    ("pg_stat_progress_vacuum", "heap_blks_scanned, heap_blks_total, 0, 0, 0, 0"),
    ("pg_stat_progress_analyze", "sample_blks_scanned, sample_blks_total, 0, 0, 0, 0"),
];

const COUNTERS: &str = "pid, phase, blocks_done, blocks_total, tuples_done, tuples_total, lockers_done, lockers_total";

/// How far a statement of a session is, from the first of the views that has it.
pub(super) async fn progress(
    connection: &DatabaseConnection,
    session: i64,
) -> Result<Option<StatementProgress>, DbErr> {
    let names = REPORTS.map(|(name, _)| format!("('{name}')")).join(", ");
    let existing = format!(
        "SELECT coalesce(pg_catalog.string_agg(v.name, ' '), '') AS answer FROM (VALUES {names}) AS v (name)
        WHERE pg_catalog.to_regclass('pg_catalog.' || v.name) IS NOT NULL"
    );
    let existing: String = query_scalar(connection, &existing, []).await?;
    let existing: Vec<&str> = existing.split(' ').collect();
    let reports = REPORTS.iter().filter(|(name, _)| existing.contains(name));
    let reports = reports.map(|(name, counters)| format!("SELECT pid, phase, {counters} FROM pg_catalog.{name}"));
    let reports = reports.collect::<Vec<_>>().join(" UNION ALL ");
    if reports.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT * FROM ({reports}) AS r ({COUNTERS}) WHERE r.pid = {session} LIMIT 1");
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    let Some(row) = row else { return Ok(None) };
    let Some(phase) = row.try_get::<Option<String>>("", "phase")? else { return Ok(None) };
    // The numbers of an earlier phase may remain.
    let units: &[_] = if phase.starts_with("waiting") { &["lockers"] } else { &["blocks", "tuples"] };
    for unit in units {
        let read = |what| row.try_get::<Option<i64>>("", &format!("{unit}_{what}"));
        let (done, total) = (read("done")?.unwrap_or_default(), read("total")?.unwrap_or_default());
        if total > 0 {
            let (done, total) = (done.unsigned_abs(), total.unsigned_abs());
            return Ok(Some(StatementProgress { phase, stage: None, unit: Some(unit), done, total }));
        }
    }
    Ok(Some(StatementProgress { phase, stage: None, unit: None, done: 0, total: 0 }))
}
