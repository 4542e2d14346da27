//! Measures a statement on PostgreSQL: its locks in `pg_locks`, the file of each table before and after it, and the
//! scans that the server counts.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::measure::DEPENDS_ON_ROWS;
use super::measured::{StatementImpact, TableCost, TableImpact};
use super::sending::Sending;
use crate::database_error::has_code;
use crate::session::DirectSession;
use crate::sql::{self, SqlDialect, StatementFacts, StatementKind, Token};

/// The tables, partitions and materialized views of users, and their indexes, each with the number of its file and of the
/// scans by this session. An index has the name of its table.
const RELATIONS: &str = "SELECT c.oid::bigint AS oid, c.relname::text AS own, i.indexrelid IS NOT NULL AS is_index,
        t.relkind = 'm' AS is_view,
        CASE WHEN pg_table_is_visible(t.oid) THEN t.relname::text ELSE n.nspname || '.' || t.relname END AS name,
        c.relfilenode::bigint AS file, COALESCE(pg_stat_get_xact_numscans(c.oid), 0) AS scans
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_class t ON t.oid = COALESCE(i.indrelid, c.oid)
        JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE t.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
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

/// The mode of a statement that changes rows.
const CHANGES_ROWS: usize = 2;
/// The weakest mode that a plain query or a change of rows does not take.
const SHARE_UPDATE_EXCLUSIVE: usize = 3;
/// The weakest mode that keeps other sessions from writing.
const BLOCKS_WRITES: usize = 4;
const BLOCKS_READS: usize = 7;

/// The code of an error: the statement cannot be in a transaction.
const IN_TRANSACTION: &str = "25001";

struct Relation {
    /// The name of the table; of an index, that of its table.
    name: String,
    own: String,
    is_index: bool,
    /// Whether it is a materialized view, to which other sessions do not write, or an index of one.
    is_view: bool,
    file: i64,
    scans: i64,
}

/// The names of all tables, partitions and materialized views.
pub(super) async fn names(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    Ok(relations(connection).await?.into_values().map(|relation| relation.name).collect())
}

/// Sends a statement in a transaction of its own, and records its locks. One that cannot be in a transaction is sent
/// without one, and its locks are those that the manual states ("Explicit Locking").
pub(super) async fn send<S: Sending>(
    live: &mut DirectSession,
    connection: &DatabaseConnection,
    statement: Statement,
    facts: &[StatementFacts],
    known: &[String],
    impact: &mut StatementImpact,
) -> Result<S::Answer, DbErr> {
    if !facts.iter().any(needs_no_transaction) {
        connection.execute_unprepared("BEGIN").await?;
        let measured = in_transaction::<S>(live, connection, statement.clone(), facts, known, impact).await;
        connection.execute_unprepared(if measured.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        if !measured.as_ref().is_err_and(|error| has_code(error, IN_TRANSACTION)) {
            return measured;
        }
    }
    let before = relations(connection).await?;
    let answer = S::send(live, statement).await?;
    outside_of_a_transaction(facts, &before, known, impact);
    Ok(answer)
}

async fn in_transaction<S: Sending>(
    live: &mut DirectSession,
    connection: &DatabaseConnection,
    statement: Statement,
    facts: &[StatementFacts],
    known: &[String],
    impact: &mut StatementImpact,
) -> Result<S::Answer, DbErr> {
    let before = relations(connection).await?;
    let answer = S::send(live, statement).await?;
    let locks = locks(connection).await?;
    let after = relations(connection).await?;
    let words: Vec<Vec<String>> = facts.iter().map(words).collect();
    let begins = |word: &str| words.len() == 1 && words[0].first().is_some_and(|first| first == word);
    let mut strongest: BTreeMap<&str, (usize, TableCost, bool)> = BTreeMap::new();
    for (oid, mode) in locks {
        let Some(relation) = before.get(&oid).filter(|own| known.contains(&own.name)) else { continue };
        let cost = match after.get(&oid) {
            // A new file without rows.
            Some(now) if now.file != relation.file && begins("TRUNCATE") => TableCost::Catalogue,
            Some(now) if now.file != relation.file && !relation.is_index => TableCost::Rewrite,
            // An index is built from all rows.
            Some(now) if now.file != relation.file => TableCost::Scan,
            Some(now) if now.scans > relation.scans && !relation.is_index => TableCost::Scan,
            // It reads a sample of the rows, which the server does not count.
            _ if begins("ANALYZE") => TableCost::Scan,
            _ => TableCost::Catalogue,
        };
        if mode == CHANGES_ROWS && !relation.is_index && !impact.changes_rows && !begins("LOCK") {
            impact.unknown = Some(DEPENDS_ON_ROWS.to_owned());
        }
        // Each plan of a query on a table locks all indexes of the table.
        let is_noteworthy = match relation.is_index {
            true => mode >= BLOCKS_READS,
            false => mode >= SHARE_UPDATE_EXCLUSIVE || cost != TableCost::Catalogue && !impact.changes_rows,
        };
        if is_noteworthy {
            let own = strongest.entry(&relation.name).or_insert((mode, cost, relation.is_view));
            *own = (own.0.max(mode), costlier(own.1, cost), relation.is_view);
        }
    }
    let tables = strongest.into_iter().map(|(table, (mode, cost, is_view))| {
        let own = locked(table, mode, cost);
        TableImpact { blocks_writes: own.blocks_writes && (own.blocks_reads || !is_view), ..own }
    });
    impact.tables.extend(tables);
    Ok(answer)
}

fn locked(table: &str, mode: usize, cost: TableCost) -> TableImpact {
    TableImpact {
        table: table.to_owned(),
        lock: MODES[mode].1.to_owned(),
        blocks_reads: mode >= BLOCKS_READS,
        blocks_writes: mode >= BLOCKS_WRITES,
        cost: Some(cost),
    }
}

fn costlier(left: TableCost, right: TableCost) -> TableCost {
    match (left, right) {
        (TableCost::Rewrite, _) | (_, TableCost::Rewrite) => TableCost::Rewrite,
        (TableCost::Scan, _) | (_, TableCost::Scan) => TableCost::Scan,
        (TableCost::Catalogue, TableCost::Catalogue) => TableCost::Catalogue,
    }
}

async fn relations(connection: &DatabaseConnection) -> Result<BTreeMap<i64, Relation>, DbErr> {
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, RELATIONS)).await?;
    let relation = |row: sea_orm::QueryResult| {
        let relation = Relation {
            name: row.try_get("", "name")?,
            own: row.try_get("", "own")?,
            is_index: row.try_get("", "is_index")?,
            is_view: row.try_get("", "is_view")?,
            file: row.try_get("", "file")?,
            scans: row.try_get("", "scans")?,
        };
        Ok((row.try_get("", "oid")?, relation))
    };
    rows.into_iter().map(relation).collect()
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

/// Whether a statement is refused inside of a transaction, or runs otherwise there.
fn needs_no_transaction(facts: &StatementFacts) -> bool {
    let words = words(facts);
    let first = words.first().map_or("", String::as_str);
    is_concurrent(&words)
        || first == "VACUUM"
        || matches!(first, "CREATE" | "DROP")
            && words.get(1).is_some_and(|word| matches!(word.as_str(), "DATABASE" | "TABLESPACE"))
        || facts.kind == StatementKind::Control
}

fn is_concurrent(words: &[String]) -> bool {
    let first = words.first().map_or("", String::as_str);
    words.iter().any(|word| word == "CONCURRENTLY") && matches!(first, "CREATE" | "DROP" | "REINDEX" | "ALTER")
}

/// Records the locks of a statement from its text. Concurrent work on an index, and `VACUUM` without `FULL`, hold `SHARE
/// UPDATE EXCLUSIVE`, which stops neither readers nor writers. The locks of other statements are unknown.
fn outside_of_a_transaction(
    facts: &[StatementFacts],
    before: &BTreeMap<i64, Relation>,
    known: &[String],
    impact: &mut StatementImpact,
) {
    impact.unknown = None;
    for facts in facts {
        let words = words(facts);
        let first = words.first().map_or("", String::as_str);
        let has = |word: &str| words.iter().any(|own| own == word);
        let (mode, cost) = match first {
            "CREATE" | "REINDEX" if is_concurrent(&words) && (has("INDEX") || has("TABLE")) => {
                (SHARE_UPDATE_EXCLUSIVE, TableCost::Scan)
            }
            "DROP" if is_concurrent(&words) => (SHARE_UPDATE_EXCLUSIVE, TableCost::Catalogue),
            "VACUUM" if has("FULL") => (BLOCKS_READS, TableCost::Rewrite),
            "VACUUM" => (SHARE_UPDATE_EXCLUSIVE, TableCost::Scan),
            // A new value of an enumerated type, before PostgreSQL 12.
            "ALTER" if words.get(1).is_some_and(|word| word == "TYPE") => continue,
            _ => {
                impact.unknown = Some("a statement that cannot be in a transaction is not measured".to_owned());
                continue;
            }
        };
        let tokens = sql::tokens(&facts.text, SqlDialect::Postgres);
        let named: Vec<_> = tokens.iter().filter_map(Token::name).collect();
        // A name without quotes is folded to lower case.
        let is_named = |own: &str| named.iter().any(|name| *name == own || name.to_lowercase() == own);
        let mut tables: Vec<&str> =
            before.values().filter(|relation| is_named(&relation.own)).map(|relation| relation.name.as_str()).collect();
        tables.sort_unstable();
        tables.dedup();
        if tables.is_empty() {
            impact.unknown = Some("it names no table: it may work on all of them".to_owned());
        }
        let tables = tables.into_iter().filter(|table| known.iter().any(|own| own == table));
        impact.tables.extend(tables.map(|table| locked(table, mode, cost)));
    }
}

/// The words of a statement in upper case.
fn words(facts: &StatementFacts) -> Vec<String> {
    sql::words(&facts.text, SqlDialect::Postgres)
}
