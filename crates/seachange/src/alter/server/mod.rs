//! Alters tables on PostgreSQL, MySQL and MariaDB, which have an `ALTER TABLE` for every change.

mod implicit_index;
mod left_to_server;
mod statements;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::TableName;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use self::implicit_index::{Fates, implicit_indexes};
use self::statements::statements;
use super::error::AlterError;
use super::operation::Operation;
use super::script_scope::is_written_down;

/// Makes the changes in order.
pub(super) async fn alter(
    connection: &impl ConnectionTrait,
    backend: DbBackend,
    table: &TableName,
    operations: &[Operation],
) -> Result<(), AlterError> {
    let indexes = match backend {
        DbBackend::MySql if is_written_down() => left_to_server::fates(operations),
        DbBackend::MySql => implicit_indexes(connection, table, operations).await?,
        _ => Fates::new(),
    };
    let statements = statements(backend, table, operations, &indexes)?;
    for statement in statements.iter().flat_map(|statement| left_to_server::statements(table, &indexes, statement)) {
        // Not `execute_unprepared`, whose statements nobody sees: an error has to name the one that was refused.
        connection.execute_raw(Statement::from_string(backend, statement)).await?;
    }
    Ok(())
}
