//! Alters tables on SQLite, which supports some changes itself and needs a rebuild of the table for the others.

mod content;
mod conversion;
mod copy_columns;
mod dependents;
mod edit;
mod find_constraint;
mod plan;
mod primary_key;
mod rebuild;
mod row_counts;
mod script_guard;
mod snapshot;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::{SchemaName, TableName};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseConnectionType, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::SchemaManagerConnection;

pub(crate) use self::content::values_kept as values_kept_on_sqlite;
use self::plan::{AlterStrategy, plan};
use self::rebuild::{rebuild, run};
use self::snapshot::Snapshot;
use super::error::AlterError;
use super::foreign_keys::{foreign_keys_on, set_foreign_keys};
use super::operation::{AlterOperation, text};
use crate::alter::offline_scope::check;
use crate::database_error::reason;

/// Makes either all changes or none. With `counts_losses`, a change that would not keep all values is refused.
pub(super) async fn alter(
    connection: &SchemaManagerConnection<'_>,
    table: &TableName,
    operations: &[AlterOperation],
    counts_losses: bool,
) -> Result<(), AlterError> {
    let table = unqualified(table)?;
    match connection {
        SchemaManagerConnection::Connection(connection) => {
            in_own_transaction(connection, &table, operations, counts_losses).await
        }
        transaction => in_savepoint(transaction, &table, operations, counts_losses).await,
    }
}

fn unqualified(TableName(schema, table): &TableName) -> Result<String, AlterError> {
    match schema {
        Some(SchemaName(_, schema)) if !text(schema).eq_ignore_ascii_case("main") => {
            Err(AlterError::Qualified { table: text(table), schema: text(schema), database: "sqlite" })
        }
        _ => Ok(text(table)),
    }
}

/// Makes the changes in a transaction that has begun. If one fails, rolls back to the state before the first. A single
/// statement needs that too: SQLite undoes what it wrote, and keeps the new table in the memory of the connection.
async fn in_savepoint(
    transaction: &impl ConnectionTrait,
    table: &str,
    operations: &[AlterOperation],
    counts_losses: bool,
) -> Result<(), AlterError> {
    check(run(transaction, "SAVEPOINT seachange_alter")).await?;
    let made = make(transaction, table, operations, counts_losses).await;
    if made.is_err() {
        check(run(transaction, "ROLLBACK TO seachange_alter")).await?;
    }
    check(run(transaction, "RELEASE seachange_alter")).await?;
    made
}

/// Makes the changes in a transaction of their own. Foreign keys are off around this transaction.
async fn in_own_transaction(
    connection: &DatabaseConnection,
    table: &str,
    operations: &[AlterOperation],
    counts_losses: bool,
) -> Result<(), AlterError> {
    let switch = has_one_connection(connection) && foreign_keys_on(connection).await?;
    if switch {
        set_foreign_keys(connection, false).await?;
    }
    let made = commit(connection, table, operations, counts_losses).await;
    if switch {
        set_foreign_keys(connection, true).await?;
    }
    match made {
        // With several connections, it is unknown which of them runs a PRAGMA.
        Err(AlterError::ForeignKeysOn { table }) if !has_one_connection(connection) => {
            Err(AlterError::SeveralConnections { table })
        }
        made => made,
    }
}

async fn commit(
    connection: &DatabaseConnection,
    table: &str,
    operations: &[AlterOperation],
    counts_losses: bool,
) -> Result<(), AlterError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = match connection.begin_with_options(options).await {
        // The caller has sent a BEGIN as a statement, so only the database knows of the transaction.
        Err(error) if has_one_connection(connection) && reason(&error).contains("within a transaction") => {
            return in_savepoint(connection, table, operations, counts_losses).await;
        }
        begun => begun?,
    };
    match make(&transaction, table, operations, counts_losses).await {
        Ok(()) => Ok(transaction.commit().await?),
        Err(error) => {
            transaction.rollback().await?;
            Err(error)
        }
    }
}

/// Makes the changes in order. Renames run one by one, because SQLite follows them into all other objects; the changes
/// between two renames run together.
async fn make(
    connection: &impl ConnectionTrait,
    table: &str,
    operations: &[AlterOperation],
    counts_losses: bool,
) -> Result<(), AlterError> {
    let is_rename = |operation: &AlterOperation| matches!(operation, AlterOperation::RenameColumn { .. });
    for run_of in operations.chunk_by(|left, right| !is_rename(left) && !is_rename(right)) {
        let snapshot = Snapshot::read(connection, table).await?;
        match plan(&snapshot, run_of)? {
            AlterStrategy::Native(statements) => {
                for statement in statements {
                    run(connection, &statement).await?;
                }
            }
            AlterStrategy::Rebuild(new) => rebuild(connection, &snapshot, &new, counts_losses).await?,
        }
    }
    Ok(())
}

/// Returns whether every statement reaches the same connection.
fn has_one_connection(connection: &DatabaseConnection) -> bool {
    #[cfg(feature = "sqlite")]
    if let DatabaseConnectionType::SqlxSqlitePoolConnection(_) = &connection.inner {
        return connection.get_sqlite_connection_pool().options().get_max_connections() == 1;
    }
    // The intercepting connection passes every statement to one connection.
    matches!(connection.inner, DatabaseConnectionType::MockDatabaseConnection(_))
}
