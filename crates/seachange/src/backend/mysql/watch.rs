//! What MySQL and MariaDB tell about the running statement of another session.
//!
//! Every user can see the state of the own sessions. Only some may read the transactions of InnoDB (the right
//! PROCESS) and the performance schema, which MariaDB has switched off by default: there, the holder of the lock of a
//! table cannot be named.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, Value};

use super::super::{Blocker, StatementProgress, query_scalar};
use crate::alter::is_mariadb;
use crate::sql::SqlDialect;

/// Whether a session waits for a lock outside of InnoDB.
const WAITS_FOR_TABLE: &str = "SELECT COUNT(*) AS answer FROM information_schema.processlist p
    WHERE p.id = ? AND (p.state LIKE 'Waiting for % lock' OR p.state = 'User lock')";

/// Whether a session waits for a lock of InnoDB's.
const WAITS_FOR_ROW: &str = "SELECT COUNT(*) AS answer FROM information_schema.innodb_trx t
    WHERE t.trx_mysql_thread_id = ? AND t.trx_state = 'LOCK WAIT'";

/// The sessions that have a lock of a table, or of another object, which keeps a session waiting. A lock that only
/// keeps changes of the table away does not keep a reader or writer waiting.
const HOLDERS_OF_TABLE: &str = "SELECT DISTINCT holder.processlist_id
    FROM performance_schema.threads waiter
    JOIN performance_schema.metadata_locks w ON w.owner_thread_id = waiter.thread_id AND w.lock_status = 'PENDING'
    JOIN performance_schema.metadata_locks h ON h.object_type = w.object_type
        AND h.object_schema <=> w.object_schema AND h.object_name <=> w.object_name
        AND h.owner_thread_id <> w.owner_thread_id
        AND CASE
            WHEN w.lock_type = 'INTENTION_EXCLUSIVE'
                THEN h.lock_status = 'GRANTED' AND h.lock_type <> 'INTENTION_EXCLUSIVE'
            WHEN w.lock_type IN ('EXCLUSIVE', 'SHARED_NO_READ_WRITE') THEN h.lock_status = 'GRANTED'
            WHEN w.lock_type IN ('SHARED_NO_WRITE', 'SHARED_UPGRADABLE', 'SHARED_READ_ONLY')
                THEN h.lock_status = 'GRANTED' AND h.lock_type NOT IN ('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ')
            ELSE h.lock_type IN ('EXCLUSIVE', 'SHARED_NO_READ_WRITE') OR h.lock_status = 'GRANTED'
                AND w.lock_type LIKE 'SHARED_WRITE%' AND h.lock_type IN ('SHARED_NO_WRITE', 'SHARED_READ_ONLY')
        END
    JOIN performance_schema.threads holder ON holder.thread_id = h.owner_thread_id
    WHERE waiter.processlist_id = ?";

/// The sessions that have a lock of InnoDB's for which a session waits: on MySQL 8.0 and later.
const HOLDERS_OF_ROW: &str = "SELECT DISTINCT b.trx_mysql_thread_id FROM performance_schema.data_lock_waits w
    JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_engine_transaction_id
    JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_engine_transaction_id
    WHERE r.trx_mysql_thread_id = ?";

/// The same on MariaDB, and on MySQL 5.7.
const HOLDERS_OF_ROW_BEFORE: &str = "SELECT DISTINCT b.trx_mysql_thread_id FROM information_schema.innodb_lock_waits w
    JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id
    JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id
    WHERE r.trx_mysql_thread_id = ?";

/// The age of the transaction of a session, in seconds.
const AGE: &str = "(SELECT MAX(TIMESTAMPDIFF(SECOND, t.trx_started, NOW())) FROM information_schema.innodb_trx t
    WHERE t.trx_mysql_thread_id = p.id)";

/// The sessions for whose locks a session waits. The list is empty where this user may not see them.
pub(super) async fn blockers(connection: &DatabaseConnection, session: i64) -> Result<Option<Vec<Blocker>>, DbErr> {
    let waits = async |sql| query_scalar::<i64>(connection, sql, [session.into()]).await.map(|count| count > 0);
    let queries: &[&str] = if waits(WAITS_FOR_TABLE).await? {
        &[HOLDERS_OF_TABLE]
    } else if waits(WAITS_FOR_ROW).await.unwrap_or(false) {
        &[HOLDERS_OF_ROW, HOLDERS_OF_ROW_BEFORE]
    } else {
        return Ok(None);
    };
    for query in queries {
        // A user who may not read the transactions may still read the sessions.
        for age in [AGE, "NULL"] {
            if let Ok(blockers) = sessions(connection, query, age, session).await {
                return Ok(Some(blockers));
            }
        }
    }
    Ok(Some(Vec::new()))
}

/// The sessions whose ids a query returns.
async fn sessions(connection: &DatabaseConnection, ids: &str, age: &str, session: i64) -> Result<Vec<Blocker>, DbErr> {
    let sql = format!(
        "SELECT CAST(p.id AS SIGNED) AS session, p.user AS owner, NULL AS program, p.command AS state,
            CAST({age} AS SIGNED) AS seconds, CAST(LEFT(p.info, 1000) AS CHAR) AS statement
        FROM information_schema.processlist p WHERE p.id IN ({ids}) AND p.id <> ? ORDER BY p.id"
    );
    let rows = query(connection, &sql, [session.into(), session.into()]).await?;
    rows.iter().map(|row| Blocker::from_row(row, SqlDialect::MySql)).collect()
}

/// How far a statement of a session is: MariaDB counts stages in its list of processes, MySQL in the performance schema
/// where its administrator has enabled that.
pub(super) async fn progress(
    connection: &DatabaseConnection,
    session: i64,
) -> Result<Option<StatementProgress>, DbErr> {
    if is_mariadb(connection).await? {
        return stage_of_mariadb(connection, session).await;
    }
    Ok(stage_of_mysql(connection, session).await.unwrap_or(None))
}

async fn stage_of_mariadb(connection: &DatabaseConnection, session: i64) -> Result<Option<StatementProgress>, DbErr> {
    let sql = "SELECT p.state AS phase, CAST(p.stage AS SIGNED) AS stage, CAST(p.max_stage AS SIGNED) AS stages,
            CAST(FLOOR(p.progress) AS SIGNED) AS done
        FROM information_schema.processlist p WHERE p.id = ? AND p.max_stage > 0 AND p.state <> ''";
    let rows = query(connection, sql, [session.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (stage, stages) = (count(row, "stage")?, count(row, "stages")?);
    let phase = row.try_get("", "phase")?;
    let (unit, done, total) = (Some("percent"), count(row, "done")?, 100);
    Ok(Some(StatementProgress { phase, stage: Some((stage, stages)), unit, done, total }))
}

async fn stage_of_mysql(connection: &DatabaseConnection, session: i64) -> Result<Option<StatementProgress>, DbErr> {
    let sql = "SELECT SUBSTRING_INDEX(s.event_name, '/', -1) AS phase, CAST(s.work_completed AS SIGNED) AS done,
            CAST(s.work_estimated AS SIGNED) AS total
        FROM performance_schema.events_stages_current s
        JOIN performance_schema.threads t ON t.thread_id = s.thread_id
        WHERE t.processlist_id = ? AND s.work_estimated > 0 LIMIT 1";
    let rows = query(connection, sql, [session.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (done, total) = (count(row, "done")?, count(row, "total")?);
    Ok(Some(StatementProgress { phase: row.try_get("", "phase")?, stage: None, unit: Some("work"), done, total }))
}

fn count(row: &QueryResult, name: &str) -> Result<u64, DbErr> {
    row.try_get::<i64>("", name).map(i64::unsigned_abs)
}

async fn query(
    connection: &DatabaseConnection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    connection.query_all_raw(Statement::from_sql_and_values(DbBackend::MySql, sql, values)).await
}
