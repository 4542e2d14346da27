//! Counts the values that a change of a column's type would not keep, before anything is changed.

mod mysql;
mod mysql_catalog;
mod mysql_type;
mod postgres;
mod postgres_catalog;
#[cfg(test)]
mod tests;

#[cfg(feature = "cli")]
pub(crate) use self::mysql_type::{DefinedType, TextType, ValueType, charset_of_collation};
#[cfg(feature = "cli")]
pub(crate) use self::postgres::PostgresType;
use sea_orm::sea_query::{ColumnDef, TableName};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::alter::clause::{quoted, quoted_table};
use crate::alter::error::AlterError;
use crate::alter::offline_scope::{LostValues, counting, precondition};
use crate::alter::operation::{AlterOperation, text};
use crate::alter::values_not_kept::{NAMED, ValuesNotKept, shortened};

/// A column that gets another definition, under the name that it has now.
struct ModifiedColumn<'a> {
    name: String,
    new: &'a ColumnDef,
    /// Whether the change keeps the type, and the definition repeats it only where it has to.
    keeps_type: bool,
}

/// The rows of a table whose values in a column would not be kept.
struct LostRows {
    column: String,
    from: String,
    to: String,
    /// The condition for such a row.
    condition: String,
}

/// A table with the conditions, and how to name its rows.
struct LossQueries {
    rows: Vec<LostRows>,
    /// The columns of the primary key.
    key: Vec<String>,
    /// The expression that writes the key of a row, if the table has one.
    shown_key: Option<String>,
    database: &'static str,
}

/// Refuses changes that would not keep all values. `is_in_transaction` says whether the code has a transaction.
pub(super) async fn require_values_kept(
    connection: &impl ConnectionTrait,
    backend: DbBackend,
    table: &TableName,
    operations: &[AlterOperation],
    is_in_transaction: bool,
) -> Result<(), AlterError> {
    let modified = modified(operations);
    if modified.is_empty() {
        return Ok(());
    }
    precondition(async {
        let queries = match backend {
            DbBackend::Postgres => postgres_catalog::read(connection, table, &modified).await?,
            _ => mysql_catalog::read(connection, table, &modified).await?,
        };
        let table_sql = quoted_table(backend, table);
        if backend == DbBackend::Postgres && is_in_transaction && !queries.rows.is_empty() {
            // The change takes this lock anyway. With it, no row is added between the count and the change.
            let lock = format!("LOCK TABLE {table_sql} IN ACCESS EXCLUSIVE MODE");
            connection.query_all_raw(Statement::from_string(backend, lock)).await?;
        }
        for rows in &queries.rows {
            count(connection, backend, table, &queries, rows).await?;
        }
        Ok(())
    })
    .await
}

/// The columns that get another definition, under the names that they have before the first change. A column that one of
/// the changes adds has no values to lose.
fn modified(operations: &[AlterOperation]) -> Vec<ModifiedColumn<'_>> {
    let mut found = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let AlterOperation::ModifyColumn { new, keeps_type } = operation else { continue };
        let mut name = Some(new.get_column_name());
        for earlier in operations[..at].iter().rev() {
            name = name.and_then(|name| match earlier {
                AlterOperation::RenameColumn { from, to } if *to == name => Some(from.clone()),
                AlterOperation::AddColumn(added) if added.get_column_name() == name => None,
                _ => Some(name),
            });
        }
        found.extend(name.map(|name| ModifiedColumn { name, new, keeps_type: *keeps_type }));
    }
    found
}

async fn count(
    connection: &impl ConnectionTrait,
    backend: DbBackend,
    table: &TableName,
    queries: &LossQueries,
    lost: &LostRows,
) -> Result<(), AlterError> {
    let from = format!("FROM {} WHERE {}", quoted_table(backend, table), lost.condition);
    let counted = Statement::from_string(backend, format!("SELECT COUNT(*) {from}"));
    let values = LostValues {
        table: (table.0.as_ref().map(|schema| text(&schema.1)), text(&table.1)),
        column: lost.column.clone(),
        condition: lost.condition.clone(),
    };
    let row = counting(values, connection.query_one_raw(counted)).await?;
    let rows: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    if rows == 0 {
        return Ok(());
    }
    let (key, shown) = match &queries.shown_key {
        Some(shown) => (queries.key.clone(), shown.clone()),
        None => (vec![lost.column.clone()], shown_value(backend, &lost.column)),
    };
    let order: Vec<String> = key.iter().map(|name| quoted(backend, name)).collect();
    let named = format!("SELECT {shown} {from} ORDER BY {} LIMIT {NAMED}", order.join(", "));
    let named = connection.query_all_raw(Statement::from_string(backend, named)).await?;
    let keys: Vec<Option<String>> = named.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?;
    Err(AlterError::ValuesNotKept(Box::new(ValuesNotKept {
        table: text(&table.1),
        column: lost.column.clone(),
        from: lost.from.clone(),
        to: lost.to.clone(),
        rows,
        key,
        keys: keys.iter().map(|key| shortened(key.as_deref().unwrap_or("NULL"))).collect(),
        is_converted: false,
        database: queries.database,
    })))
}

fn shown_value(backend: DbBackend, column: &str) -> String {
    let column = quoted(backend, column);
    match backend {
        DbBackend::Postgres => format!("quote_literal({column}::text)"),
        _ => format!("QUOTE(CONVERT({column} USING utf8mb4))"),
    }
}

/// Statements for an offline script, which cannot count, before the changes: on PostgreSQL they stop the script where
/// values are not kept.
pub(super) fn script_guards(table: &TableName, operations: &[AlterOperation]) -> Vec<String> {
    modified(operations).iter().filter_map(|column| postgres_catalog::guard_of(table, column)).collect()
}

/// Comments for an offline script for MySQL or MariaDB. It cannot count and has no statement that would stop it.
pub(super) fn script_remarks(operations: &[AlterOperation]) -> String {
    modified(operations).iter().filter_map(mysql_catalog::remark).collect()
}
