//! Sizes on PostgreSQL: `pg_class`, and the files of each table.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, TransactionTrait};

use super::{RowEstimate, TableSize};
use crate::alter::clause;

/// The tables of a list, each with its partitions. A size waits for a lock if a session holds the table exclusively.
fn query(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| clause::literal(DbBackend::Postgres, name)).collect();
    format!(
        "WITH RECURSIVE named AS (
            SELECT c.oid, c.relkind,
                CASE WHEN pg_table_is_visible(c.oid) THEN c.relname::text ELSE n.nspname || '.' || c.relname END AS name
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
        ), part AS (
            SELECT name, oid, relkind FROM named WHERE name IN ({})
            UNION ALL
            SELECT part.name, c.oid, c.relkind FROM part
                JOIN pg_inherits i ON i.inhparent = part.oid JOIN pg_class c ON c.oid = i.inhrelid
            WHERE part.relkind = 'p'
        )
        SELECT part.name, part.relkind::text AS kind, c.relname::text AS own, c.reltuples::float8 AS tuples,
            c.relpages::bigint AS pages,
            pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages_now,
            pg_table_size(c.oid) AS bytes, pg_indexes_size(c.oid) AS index_bytes
        FROM part JOIN pg_class c ON c.oid = part.oid",
        names.join(", ")
    )
}

pub(super) async fn sizes(
    connection: &DatabaseConnection,
    names: &[String],
) -> Result<BTreeMap<String, TableSize>, DbErr> {
    let transaction = connection.begin().await?;
    transaction.execute_unprepared("SET LOCAL lock_timeout = '2s'").await?;
    let rows = transaction.query_all_raw(Statement::from_string(DbBackend::Postgres, query(names))).await;
    transaction.rollback().await?;
    let mut sizes: BTreeMap<String, TableSize> = BTreeMap::new();
    for row in rows? {
        let part = part(&row)?;
        let empty = TableSize {
            rows: Ok(RowEstimate { rows: 0, is_upper_bound: false }),
            bytes: Some(0),
            index_bytes: Some(0),
        };
        let sum = sizes.entry(row.try_get("", "name")?).or_insert(empty);
        sum.rows = match (sum.rows.clone(), part.rows) {
            (Ok(sum), Ok(part)) => Ok(RowEstimate { rows: sum.rows.saturating_add(part.rows), ..sum }),
            (Err(reason), _) | (_, Err(reason)) => Err(reason),
        };
        sum.bytes = sum.bytes.zip(part.bytes).map(|(sum, part)| sum + part);
        sum.index_bytes = sum.index_bytes.zip(part.index_bytes).map(|(sum, part)| sum + part);
    }
    Ok(sizes)
}

/// The size of a table that is not partitioned, or of a partition.
fn part(row: &QueryResult) -> Result<TableSize, DbErr> {
    let kind: String = row.try_get("", "kind")?;
    let own: String = row.try_get("", "own")?;
    let bytes = |name: &str| row.try_get::<i64>("", name).map(|bytes| u64::try_from(bytes).ok());
    if kind == "p" {
        return Ok(TableSize {
            rows: Ok(RowEstimate { rows: 0, is_upper_bound: false }),
            bytes: Some(0),
            index_bytes: Some(0),
        });
    }
    if kind == "f" {
        return Ok(TableSize::unknown(format!("the partition `{own}` is on another server")));
    }
    let (tuples, pages, pages_now): (f64, i64, i64) =
        (row.try_get("", "tuples")?, row.try_get("", "pages")?, row.try_get("", "pages_now")?);
    let rows = rows(tuples, pages, pages_now)
        .map(|rows| RowEstimate { rows, is_upper_bound: false })
        .ok_or_else(|| format!("the statistics of `{own}` were never gathered: run `ANALYZE`"));
    Ok(TableSize { rows, bytes: bytes("bytes")?, index_bytes: bytes("index_bytes")? })
}

/// The rows by the statistics, and by the pages that were added since; `None` if there are no statistics. Before
/// version 14, 0 rows in 0 pages mean that too.
fn rows(tuples: f64, pages: i64, pages_now: i64) -> Option<u64> {
    if pages_now == 0 && tuples <= 0.0 {
        return Some(0);
    }
    if tuples < 0.0 || tuples == 0.0 && pages == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
    let growth = if pages > 0 && pages_now > pages { pages_now as f64 / pages as f64 } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative, and saturates")]
    let rows = (tuples * growth).round() as u64;
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn rows_are_those_of_the_statistics_and_of_pages_since() {
        for (tuples, pages, pages_now, expected) in [
            (-1.0, 0, 0, Some(0)),
            (-1.0, 0, 5, None),
            (0.0, 0, 5, None),
            (0.0, 5, 5, Some(0)),
            (100.0, 10, 10, Some(100)),
            (100.0, 10, 20, Some(200)),
            // Pages that became free keep the estimate: it is not too small.
            (100.0, 10, 5, Some(100)),
            (1e9, 0, 0, Some(1_000_000_000)),
        ] {
            assert_eq!(rows(tuples, pages, pages_now), expected, "{tuples} {pages} {pages_now}");
        }
    }
}
