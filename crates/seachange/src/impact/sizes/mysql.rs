//! Sizes on MySQL and MariaDB: `information_schema.TABLES`, whose numbers are estimates of the storage engine.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, TransactionTrait};

use super::{RowEstimate, TableSize};
use crate::alter::is_mariadb;

const TABLES: &str = "SELECT CAST(TABLE_NAME AS CHAR) AS name, CAST(TABLE_ROWS AS SIGNED) AS table_rows,
        CAST(DATA_LENGTH AS SIGNED) AS bytes, CAST(INDEX_LENGTH AS SIGNED) AS index_bytes
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'";

/// The bytes of a table that has one page.
const PAGE: u64 = 16_384;

pub(super) async fn sizes(
    connection: &DatabaseConnection,
    names: &[String],
) -> Result<BTreeMap<String, TableSize>, DbErr> {
    let transaction = connection.begin().await?;
    if !is_mariadb(&transaction).await? {
        // MySQL answers with numbers that are up to a day old, unless it is told to ask the storage engine.
        transaction.execute_unprepared("SET SESSION information_schema_stats_expiry = 0").await?;
    }
    let rows = transaction.query_all_raw(Statement::from_string(DbBackend::MySql, TABLES)).await;
    transaction.rollback().await?;
    let sizes: Result<BTreeMap<String, TableSize>, DbErr> =
        rows?.iter().map(|row| Ok((row.try_get("", "name")?, size(row)?))).collect();
    Ok(sizes?.into_iter().filter(|(name, _)| names.contains(name)).collect())
}

fn size(row: &QueryResult) -> Result<TableSize, DbErr> {
    let number = |name: &str| {
        let number: Option<i64> = row.try_get("", name)?;
        Ok::<_, DbErr>(number.and_then(|number| u64::try_from(number).ok()))
    };
    let bytes = number("bytes")?;
    let rows = match number("table_rows")? {
        // The engine counts the rows that are inserted, and learns of the pages when it gathers statistics.
        Some(0) if bytes.is_some_and(|bytes| bytes > PAGE) => {
            Err("the statistics are out of date: run `ANALYZE TABLE`".to_owned())
        }
        Some(rows) => Ok(RowEstimate { rows, is_upper_bound: false }),
        None => Err("the server has no statistics of it".to_owned()),
    };
    Ok(TableSize { rows, bytes, index_bytes: number("index_bytes")? })
}
