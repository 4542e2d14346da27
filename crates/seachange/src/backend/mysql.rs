//! MySQL and MariaDB.

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::{Backend, drop_listed};
use crate::database_error::has_code;

/// MySQL and MariaDB: every change of a table commits what came before it, and none rolls back.
pub(super) struct MySql;

const OBJECTS: &str = "SELECT CASE table_type WHEN 'BASE TABLE' THEN 'table' ELSE LOWER(table_type) END AS kind,
        table_name AS name
    FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'VIEW', 'SEQUENCE')";

#[async_trait]
impl Backend for MySql {
    fn name(&self) -> &'static str {
        "MySQL/MariaDB"
    }

    fn rolls_back_ddl(&self) -> bool {
        false
    }

    /// DATETIME, because a TIMESTAMP ends in 2038 and is rewritten by updates unless told otherwise.
    fn moment<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.custom("datetime(3)")
    }

    /// SQLSTATE 42S02, `no such table`.
    fn is_missing_table(&self, error: &DbErr) -> bool {
        has_code(error, "42S02")
    }

    /// SQLSTATE 42S22, `no such column`.
    fn is_missing_column(&self, error: &DbErr) -> bool {
        has_code(error, "42S22")
    }

    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        connection.execute_unprepared("SET FOREIGN_KEY_CHECKS = 0").await?;
        let dropped = drop_listed(connection, OBJECTS, '`', "").await;
        connection.execute_unprepared("SET FOREIGN_KEY_CHECKS = 1").await?;
        dropped
    }
}
