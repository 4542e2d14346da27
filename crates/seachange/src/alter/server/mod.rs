//! Alters tables on PostgreSQL, MySQL and MariaDB, which have an `ALTER TABLE` for every change.

mod column_checks;
mod deferred_names;
mod generated_names;
mod implicit_index;
pub(crate) mod losses;
mod modify_column;
mod statements;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::TableName;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::SchemaManagerConnection;

#[cfg(feature = "mysql")]
pub(crate) use self::column_checks::columns_with_checks;
#[cfg(any(feature = "cli", feature = "mysql"))]
pub(crate) use self::column_checks::is_mariadb;
#[cfg(feature = "mysql")]
pub(crate) use self::deferred_names::finds_checks;
use self::generated_names::GeneratedNames;
use self::statements::statements;
use super::error::AlterError;
use super::offline_scope::recording;
use super::operation::AlterOperation;

/// Makes the changes in order. With `counts_losses`, nothing is changed if a change would not keep all values.
pub(super) async fn alter(
    connection: &SchemaManagerConnection<'_>,
    backend: DbBackend,
    table: &TableName,
    operations: &[AlterOperation],
    counts_losses: bool,
) -> Result<(), AlterError> {
    let recording = recording();
    if counts_losses && recording.is_none() {
        let is_in_transaction = matches!(connection, SchemaManagerConnection::Transaction(_));
        losses::require_values_kept(connection, backend, table, operations, is_in_transaction).await?;
    }
    let names = match (backend, recording) {
        (DbBackend::MySql, Some(recording)) => GeneratedNames::left_to_server(table, operations, recording),
        (DbBackend::MySql, None) => GeneratedNames::read(connection, table, operations).await?,
        _ => GeneratedNames::default(),
    };
    let written = statements(backend, table, operations, &names)?;
    let mut statements: Vec<String> =
        written.iter().flat_map(|one| deferred_names::statements(table, &names.indexes, one)).collect();
    if counts_losses && recording.is_some() {
        if backend == DbBackend::Postgres {
            statements.splice(..0, losses::script_guards(table, operations));
        } else if let Some(first) = statements.first_mut() {
            first.insert_str(0, &losses::script_remarks(operations));
        }
    }
    for statement in statements {
        // Not `execute_unprepared`, which does not report its statement: an error has to name the refused statement.
        connection.execute_raw(Statement::from_string(backend, statement)).await?;
    }
    Ok(())
}
