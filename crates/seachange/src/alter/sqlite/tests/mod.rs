//! Alterations of real SQLite databases.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod convert;
mod keep;
mod keys;
mod names;
mod operations;
mod random;
mod refuse;
mod rows;
mod transaction;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use sea_orm_migration::SchemaManager;

use super::super::{Alter, AlterError, alter, foreign_keys_on};
use super::copy_columns::COPY_COLUMNS;
use super::rebuild::rebuild_facts;
use super::snapshot::DEFINITION;
use crate::sql::{self, SqlDialect};

/// Opens an empty database and runs `script` in it.
async fn database(script: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.unwrap();
    connection.execute_unprepared(script).await.unwrap();
    connection
}

/// Alters a table with the connection's own transaction.
async fn change(
    connection: &DatabaseConnection,
    table: &'static str,
    changes: impl for<'m, 'c> FnOnce(Alter<'m, 'c>) -> Alter<'m, 'c>,
) -> Result<(), AlterError> {
    let manager = SchemaManager::new(connection);
    changes(alter(&manager, table)).apply().await
}

/// Returns the text of every object, in a fixed order, one a line.
async fn schema(connection: &DatabaseConnection) -> String {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' \
               ORDER BY type = 'table' DESC, tbl_name, name";
    column(connection, sql).await.join("\n")
}

/// Returns the text of a table.
async fn table(connection: &DatabaseConnection, name: &str) -> String {
    column(connection, &format!("SELECT sql FROM sqlite_schema WHERE name = '{name}'")).await.join("")
}

/// Runs a query of one text column.
async fn column(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Runs a query of one text value.
async fn value(connection: &DatabaseConnection, sql: &str) -> String {
    column(connection, sql).await.join("|")
}

/// Asserts that foreign keys are enforced and nothing is left of a rebuild.
async fn check_left_clean(connection: &DatabaseConnection) {
    assert!(foreign_keys_on(connection).await.unwrap(), "foreign keys are on again");
    let left = "SELECT name FROM sqlite_schema WHERE name LIKE '%seachange%'";
    assert_eq!(column(connection, left).await, Vec::<String>::new());
    assert_eq!(value(connection, "PRAGMA integrity_check").await, "ok");
    assert_eq!(value(connection, "SELECT legacy_alter_table || '' FROM pragma_legacy_alter_table").await, "0");
}

/// The journal and `lint` take a query that is not understood, or that reads a table of the user, for something else.
#[test]
fn what_an_alteration_asks_is_understood() {
    let copy_columns = format!("SELECT {COPY_COLUMNS}");
    for question in [DEFINITION.to_owned(), rebuild_facts(), copy_columns] {
        for facts in sql::read(&question, SqlDialect::Sqlite) {
            assert!(facts.is_understood && !facts.may_write, "{facts:?}");
            let of_user = facts
                .reads
                .iter()
                .find(|table| !sql::is_catalogue_table(table, SqlDialect::Sqlite) && *table != "sqlite_temp_schema");
            assert_eq!(of_user, None, "{facts:?}");
        }
    }
}
