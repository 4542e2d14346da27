//! Measures a statement on PostgreSQL: its locks in `pg_locks`, the file of each table before and after it, and the
//! scans that the server counts.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, Statement};

use super::measured::{StatementImpact, TableCost, TableImpact};
use crate::intercept::StatementHandler;
use crate::session::DirectSession;
use crate::sql::{self, SqlDialect, StatementFacts, StatementKind};

/// The tables of users, each with the number of its file and of the scans by this session.
const TABLES: &str = "SELECT c.oid::bigint AS oid,
        CASE WHEN pg_table_is_visible(c.oid) THEN c.relname::text ELSE n.nspname || '.' || c.relname END AS name,
        c.relfilenode::bigint AS file, COALESCE(pg_stat_get_xact_numscans(c.oid), 0) AS scans
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'";

/// The locks of this session on relations.
const LOCKS: &str = "SELECT relation::bigint AS oid, mode FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// The modes, from the weakest to the strongest, each with its name in SQL.
const MODES: [(&str, &str); 8] = [
    ("AccessShareLock", "ACCESS SHARE"),
    ("RowShareLock", "ROW SHARE"),
    ("RowExclusiveLock", "ROW EXCLUSIVE"),
    ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
    ("ShareLock", "SHARE"),
    ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
    ("ExclusiveLock", "EXCLUSIVE"),
    ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
];

/// The weakest mode that keeps other sessions from writing.
const BLOCKS_WRITES: usize = 4;
const BLOCKS_READS: usize = 7;
/// The weakest mode that a plain query or a change of rows does not take.
const NOTEWORTHY: usize = 3;

struct TableFile {
    name: String,
    file: i64,
    scans: i64,
}

/// Executes a statement in a transaction of its own, and records its locks. A statement that cannot be in a transaction
/// is executed without one, and is not measured.
pub(super) async fn execute(
    live: &mut DirectSession,
    connection: &DatabaseConnection,
    statement: Statement,
    facts: &[StatementFacts],
    known: &[String],
    impact: &mut StatementImpact,
) -> Result<ExecResult, DbErr> {
    if facts.iter().any(needs_no_transaction) {
        let outcome = live.execute(statement).await?;
        outside_of_a_transaction(facts, known, impact);
        return Ok(outcome);
    }
    connection.execute_unprepared("BEGIN").await?;
    let measured = in_transaction(live, connection, statement, known, impact).await;
    connection.execute_unprepared(if measured.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    measured
}

async fn in_transaction(
    live: &mut DirectSession,
    connection: &DatabaseConnection,
    statement: Statement,
    known: &[String],
    impact: &mut StatementImpact,
) -> Result<ExecResult, DbErr> {
    let before = files(connection).await?;
    let outcome = live.execute(statement).await?;
    let locks = locks(connection).await?;
    let after = files(connection).await?;
    for (oid, mode) in locks {
        let Some(table) = before.get(&oid).filter(|table| known.contains(&table.name)) else { continue };
        if mode < NOTEWORTHY {
            continue;
        }
        let cost = match after.get(&oid) {
            Some(now) if now.file != table.file => TableCost::Rewrite,
            Some(now) if now.scans > table.scans => TableCost::Scan,
            _ => TableCost::Catalogue,
        };
        impact.tables.push(TableImpact {
            table: table.name.clone(),
            lock: MODES[mode].1.to_owned(),
            blocks_reads: mode >= BLOCKS_READS,
            blocks_writes: mode >= BLOCKS_WRITES,
            cost: Some(cost),
        });
    }
    impact.tables.sort_by(|left, right| left.table.cmp(&right.table));
    Ok(outcome)
}

async fn files(connection: &DatabaseConnection) -> Result<BTreeMap<i64, TableFile>, DbErr> {
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, TABLES)).await?;
    let file = |row: sea_orm::QueryResult| {
        let file = TableFile {
            name: row.try_get("", "name")?,
            file: row.try_get("", "file")?,
            scans: row.try_get("", "scans")?,
        };
        Ok((row.try_get("", "oid")?, file))
    };
    rows.into_iter().map(file).collect()
}

/// The strongest lock on each relation.
async fn locks(connection: &DatabaseConnection) -> Result<BTreeMap<i64, usize>, DbErr> {
    let mut strongest = BTreeMap::new();
    for row in connection.query_all_raw(Statement::from_string(DbBackend::Postgres, LOCKS)).await? {
        let mode: String = row.try_get("", "mode")?;
        let mode = MODES.iter().position(|(name, _)| *name == mode).unwrap_or(MODES.len() - 1);
        let held: &mut usize = strongest.entry(row.try_get("", "oid")?).or_default();
        *held = (*held).max(mode);
    }
    Ok(strongest)
}

/// Whether a statement is refused inside of a transaction.
fn needs_no_transaction(facts: &StatementFacts) -> bool {
    let words = words(facts);
    let first = words.first().map_or("", String::as_str);
    words.iter().any(|word| word == "CONCURRENTLY") && matches!(first, "CREATE" | "DROP" | "REINDEX" | "ALTER")
        || matches!(first, "VACUUM" | "CLUSTER")
        || matches!(first, "CREATE" | "DROP")
            && words.get(1).is_some_and(|word| matches!(word.as_str(), "DATABASE" | "TABLESPACE"))
        || facts.kind == StatementKind::Control
}

/// Concurrent work on an index holds `SHARE UPDATE EXCLUSIVE` (the manual of PostgreSQL, "Explicit Locking"), which
/// stops neither readers nor writers. The locks of other statements are unknown.
fn outside_of_a_transaction(facts: &[StatementFacts], known: &[String], impact: &mut StatementImpact) {
    let concurrently = |facts: &StatementFacts| {
        let words = words(facts);
        matches!(words.first().map(String::as_str), Some("CREATE" | "DROP" | "REINDEX"))
            && words.iter().any(|word| word == "INDEX")
            && words.iter().any(|word| word == "CONCURRENTLY")
    };
    if !facts.iter().all(concurrently) {
        impact.unknown = Some("a statement that cannot be in a transaction is not measured".to_owned());
        return;
    }
    let tables = facts.iter().flat_map(|facts| facts.reads.iter().chain(&facts.writes));
    let mut tables: Vec<&String> = tables.filter(|table| known.contains(table)).collect();
    tables.sort();
    tables.dedup();
    impact.tables.extend(tables.into_iter().map(|table| TableImpact {
        table: table.clone(),
        lock: "SHARE UPDATE EXCLUSIVE".to_owned(),
        blocks_reads: false,
        blocks_writes: false,
        cost: Some(TableCost::Scan),
    }));
}

/// The words of a statement in upper case.
fn words(facts: &StatementFacts) -> Vec<String> {
    sql::words(&facts.text, SqlDialect::Postgres)
}
