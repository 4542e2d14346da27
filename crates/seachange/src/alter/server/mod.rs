//! Alters tables on PostgreSQL, MySQL and MariaDB, which have an `ALTER TABLE` for every change.

mod column_checks;
mod deferred_names;
mod generated_names;
mod implicit_index;
mod modify_column;
mod statements;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::TableName;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use self::generated_names::GeneratedNames;
use self::statements::statements;
use super::error::AlterError;
use super::offline_scope::is_written_down;
use super::operation::AlterOperation;

/// Makes the changes in order.
pub(super) async fn alter(
    connection: &impl ConnectionTrait,
    backend: DbBackend,
    table: &TableName,
    operations: &[AlterOperation],
) -> Result<(), AlterError> {
    let names = match backend {
        DbBackend::MySql if is_written_down() => GeneratedNames::left_to_server(table, operations),
        DbBackend::MySql => GeneratedNames::read(connection, table, operations).await?,
        _ => GeneratedNames::default(),
    };
    let statements = statements(backend, table, operations, &names)?;
    let dropped = &names.indexes;
    for statement in statements.iter().flat_map(|statement| deferred_names::statements(table, dropped, statement)) {
        // Not `execute_unprepared`, which does not report its statement: an error has to name the refused statement.
        connection.execute_raw(Statement::from_string(backend, statement)).await?;
    }
    Ok(())
}
