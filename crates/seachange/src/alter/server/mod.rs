//! Alters tables on PostgreSQL, MySQL and MariaDB, which have an `ALTER TABLE` for every change.

mod implicit_index;
mod statements;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::TableName;
use sea_orm::{ConnectionTrait, DbBackend};

use self::implicit_index::{Fates, implicit_indexes};
use self::statements::statements;
use super::error::AlterError;
use super::operation::Operation;

/// Makes the changes in order.
pub(super) async fn alter(
    connection: &impl ConnectionTrait,
    backend: DbBackend,
    table: &TableName,
    operations: &[Operation],
) -> Result<(), AlterError> {
    let indexes = match backend {
        DbBackend::MySql => implicit_indexes(connection, table, operations).await?,
        _ => Fates::new(),
    };
    for statement in statements(backend, table, operations, &indexes)? {
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}
