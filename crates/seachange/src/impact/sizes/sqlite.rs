//! Sizes on SQLite: `sqlite_stat1` if `ANALYZE` has written it, else the range of the row ids.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::{RowEstimate, TableSize};
use crate::alter::clause;

/// Up to this number the rows are counted.
const COUNTED: u64 = 10_000;

/// The largest file of which each page is read, to find the pages of a table.
const READ: u64 = 64 << 20;

/// A row takes this number of bytes at least.
const SMALLEST_ROW: u64 = 4;

pub(super) async fn sizes(
    connection: &DatabaseConnection,
    names: &[String],
) -> Result<BTreeMap<String, TableSize>, DbErr> {
    let ask = |query: &str| number(connection, query.to_owned());
    let file = ask("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").await?.unwrap_or(0);
    let has_statistics = ask("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").await?.is_some();
    let mut sizes = BTreeMap::new();
    for name in names {
        let literal = clause::literal(DbBackend::Sqlite, name);
        let exists = format!("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = {literal} COLLATE NOCASE");
        if number(connection, exists).await?.is_none() {
            continue;
        }
        let rows = rows(connection, name, file, has_statistics).await?;
        let bytes = |condition: &str| {
            let query = format!(
                "SELECT SUM(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN
                    (SELECT name FROM sqlite_master WHERE tbl_name = {literal} COLLATE NOCASE AND type = '{condition}')"
            );
            // A library may be built without the table `dbstat`.
            async move { if file > READ { None } else { number(connection, query).await.unwrap_or(None) } }
        };
        let index_bytes = bytes("index").await.or((file <= READ).then_some(0));
        let bytes = bytes("table").await;
        let index_bytes = bytes.and(index_bytes);
        sizes.insert(name.clone(), TableSize { rows, bytes, index_bytes });
    }
    Ok(sizes)
}

async fn rows(
    connection: &DatabaseConnection,
    name: &str,
    file: u64,
    has_statistics: bool,
) -> Result<Result<RowEstimate, String>, DbErr> {
    let table = clause::quoted(DbBackend::Sqlite, name);
    let count = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {})", COUNTED + 1);
    if let Some(rows) = number(connection, count).await?.filter(|rows| *rows <= COUNTED) {
        return Ok(Ok(RowEstimate { rows, is_upper_bound: false }));
    }
    if has_statistics {
        let literal = clause::literal(DbBackend::Sqlite, name);
        let query = format!(
            "SELECT MAX(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = {literal} COLLATE NOCASE
                AND (idx IS NULL OR idx IN (SELECT name FROM sqlite_master WHERE sql NOT LIKE '% WHERE %' OR sql IS NULL))"
        );
        // Statistics of fewer rows than were counted are out of date.
        if let Some(rows) = number(connection, query).await?.filter(|rows| *rows > COUNTED) {
            return Ok(Ok(RowEstimate { rows, is_upper_bound: false }));
        }
    }
    let range = format!("SELECT MAX(rowid) - MIN(rowid) + 1 FROM {table}");
    Ok(match number(connection, range).await {
        Ok(Some(rows)) => Ok(RowEstimate { rows: rows.min(file / SMALLEST_ROW), is_upper_bound: true }),
        // A table without row ids, or a column that took the name.
        _ => Err("it has more than 10,000 rows, and statistics were never gathered: run `ANALYZE`".to_owned()),
    })
}

/// The number that a query returns; `None` for no row, or no number.
async fn number(connection: &DatabaseConnection, query: String) -> Result<Option<u64>, DbErr> {
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, query)).await?;
    let number: Option<Option<i64>> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(number.flatten().and_then(|number| u64::try_from(number).ok()))
}
