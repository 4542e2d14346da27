//! What a batch does with its rows: the database sets columns, or code changes them.

use std::collections::HashSet;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Statement};

use super::batches::Batch;
use super::pace::{MOST_ROWS, MOST_ROWS_FOR_CODE};
use super::table::{Place, counted};
use crate::alter::values_kept_on_sqlite;
use crate::error::BackfillError;
use crate::intercept::{BatchCaller, in_batch};
use crate::sql::{SqlDialect, quoted_name};

/// The work of a batch.
#[async_trait]
pub(super) trait BatchWork {
    /// The most rows of a batch.
    const MOST_ROWS: u64;

    /// Changes the rows of a batch, and returns how many.
    async fn change(&mut self, batch: Batch<'_>) -> Result<u64, BackfillError>;
}

/// The database sets columns.
pub(super) struct SetValues;

#[async_trait]
impl BatchWork for SetValues {
    const MOST_ROWS: u64 = MOST_ROWS;

    async fn change(&mut self, batch: Batch<'_>) -> Result<u64, BackfillError> {
        in_batch(BatchCaller::Engine, set_values(&batch)).await
    }
}

async fn set_values(batch: &Batch<'_>) -> Result<u64, BackfillError> {
    let dialect = batch.backend.sql_dialect();
    let expected = match batch.shape.may_keep_rows {
        true => Some(count(batch).await?),
        false => None,
    };
    if dialect == SqlDialect::Sqlite {
        check_types(batch).await?;
    }
    let (range, values) = batch.range.clone();
    let update = batch.definition.update(dialect, &range);
    let changed = match values.is_empty() {
        true => strictly(batch, batch.transaction.execute_unprepared(&update)).await?,
        false => {
            let system = batch.transaction.get_database_backend();
            batch.transaction.execute_raw(Statement::from_sql_and_values(system, update, values)).await?
        }
    };
    let changed = changed.rows_affected();
    let table = || batch.definition.table().to_string();
    match expected {
        Some(expected) if changed < expected => Err(BackfillError::RowsKept { table: table(), expected, changed }),
        // Rows that another session has inserted meanwhile could hide as many that were kept: the batch is tried again.
        Some(expected) if changed > expected => Err(BackfillError::RowsAdded { table: table(), expected, changed }),
        _ => Ok(changed),
    }
}

/// How many rows the batch is to change; other sessions cannot change them before it does.
async fn count(batch: &Batch<'_>) -> Result<u64, DbErr> {
    let dialect = batch.backend.sql_dialect();
    let (range, values) = batch.range.clone();
    let (table, condition) = (batch.definition.table().quoted_for(dialect), batch.definition.condition(&range));
    let rows = match dialect {
        SqlDialect::Postgres => format!("(SELECT 1 FROM {table} WHERE {condition} FOR UPDATE) locked"),
        SqlDialect::MySql | SqlDialect::Sqlite => format!("{table} WHERE {condition}"),
    };
    counted(batch.transaction, rows, values).await
}

/// SQLite stores a value of any type in any column. A value that the type of its column does not hold would be read
/// wrongly, or not at all.
async fn check_types(batch: &Batch<'_>) -> Result<(), BackfillError> {
    let table = batch.definition.table();
    let name = table.quoted_for(SqlDialect::Sqlite);
    for (column, value) in &batch.definition.values {
        let Some((_, declared)) = batch.shape.declared.iter().find(|(name, _)| name.eq_ignore_ascii_case(column))
        else {
            continue;
        };
        let Some(is_kept) = values_kept_on_sqlite(declared, &format!("(+{value})")) else { continue };
        let (range, values) = batch.range.clone();
        let condition = batch.definition.condition(&range);
        let rows = format!("{name} WHERE {condition} AND ({is_kept}) IS NOT 1");
        let lost = counted(batch.transaction, rows, values).await?;
        if lost > 0 {
            let column = quoted_name(SqlDialect::Sqlite, column);
            let what = format!("{lost} rows would get a value in {column} that its type `{declared}` does not hold");
            return Err(BackfillError::ValuesChanged { table: table.to_string(), what });
        }
    }
    Ok(())
}

/// Without a strict mode, MySQL and MariaDB cut values: the statement runs in one.
async fn strictly<T>(batch: &Batch<'_>, statement: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    const STRICT: &str = "SET @seachange_sql_mode = @@SESSION.sql_mode;
        SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')";
    if !batch.shape.is_lax {
        return statement.await;
    }
    batch.transaction.execute_unprepared(STRICT).await?;
    let outcome = statement.await;
    batch.transaction.execute_unprepared("SET SESSION sql_mode = @seachange_sql_mode").await?;
    outcome
}

/// Code changes the rows.
pub(super) struct RunCode<F>(pub(super) F);

#[async_trait]
impl<F> BatchWork for RunCode<F>
where
    F: for<'t> FnMut(&'t DatabaseTransaction, Vec<QueryResult>) -> BoxFuture<'t, Result<(), DbErr>> + Send,
{
    const MOST_ROWS: u64 = MOST_ROWS_FOR_CODE;

    async fn change(&mut self, batch: Batch<'_>) -> Result<u64, BackfillError> {
        let (rows, before) = in_batch(BatchCaller::Engine, read_rows(&batch)).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let changed = rows.len() as u64;
        in_batch(BatchCaller::Code, (self.0)(batch.transaction, rows)).await?;
        let after = in_batch(BatchCaller::Engine, places(&batch)).await?;
        if has_moved(&before, &after) {
            return Err(BackfillError::KeyChanged { name: batch.name.to_owned(), key: batch.key.names() });
        }
        Ok(changed)
    }
}

/// Whether a row that the code had, whose key is among these, got another key in the range of the batch. A key that is
/// new there may be that of a row that another session has inserted, and one that is gone that of a row that the code has
/// deleted.
fn has_moved(before: &[Place], after: &[Place]) -> bool {
    let (before, after): (HashSet<&Place>, HashSet<&Place>) = (before.iter().collect(), after.iter().collect());
    before.difference(&after).next().is_some() && after.difference(&before).next().is_some()
}

/// The rows of the batch, which other sessions cannot change before it ends, and the keys of all rows of the range.
async fn read_rows(batch: &Batch<'_>) -> Result<(Vec<QueryResult>, Vec<Place>), DbErr> {
    let dialect = batch.backend.sql_dialect();
    let (range, values) = batch.bound.clone();
    let (table, condition) = (batch.definition.table().quoted_for(dialect), batch.definition.condition(&range));
    let lock = if dialect == SqlDialect::Sqlite { "" } else { " FOR UPDATE" };
    let sql = format!("SELECT * FROM {table} WHERE {condition} ORDER BY {}{lock}", batch.key.list());
    let system = batch.transaction.get_database_backend();
    let rows = batch.transaction.query_all_raw(Statement::from_sql_and_values(system, sql, values)).await?;
    let before = places(batch).await?;
    Ok((rows, before))
}

/// The keys of all rows of the range.
async fn places(batch: &Batch<'_>) -> Result<Vec<Place>, DbErr> {
    let table = batch.definition.table().quoted_for(batch.backend.sql_dialect());
    let (range, values) = batch.bound.clone();
    let sql = format!("SELECT {} FROM {table} WHERE {range}", batch.key.selected());
    let system = batch.transaction.get_database_backend();
    let rows = batch.transaction.query_all_raw(Statement::from_sql_and_values(system, sql, values)).await?;
    rows.iter().map(|row| batch.key.place(row)).collect()
}
