//! Alters tables on PostgreSQL, MySQL and MariaDB, which have an `ALTER TABLE` for every change.

mod implicit_index;
mod left_to_server;
mod modify_column;
mod own_names;
mod statements;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::TableName;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use self::own_names::OwnNames;
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
    let names = match backend {
        DbBackend::MySql if is_written_down() => OwnNames::left_to_server(table, operations),
        DbBackend::MySql => OwnNames::read(connection, table, operations).await?,
        _ => OwnNames::default(),
    };
    let statements = statements(backend, table, operations, &names)?;
    let dropped = &names.indexes;
    for statement in statements.iter().flat_map(|statement| left_to_server::statements(table, dropped, statement)) {
        // Not `execute_unprepared`, whose statements nobody sees: an error has to name the one that was refused.
        connection.execute_raw(Statement::from_string(backend, statement)).await?;
    }
    Ok(())
}
