//! MySQL and MariaDB.

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseExecutor, DbErr, ExecResult, SqlxMySqlError, Value};
use sqlparser::dialect::MySqlDialect;

use super::{Backend, answer, drop_listed};
use crate::database_error::{database_error, has_code};
use crate::journal::Presence;
use crate::journal::trace::{self, Object, ObjectKind, Trace};
use crate::store::Store;

/// MySQL and MariaDB: every change of a table commits what came before it, and none rolls back.
pub(super) struct MySql;

const OBJECTS: &str = "SELECT CASE table_type WHEN 'BASE TABLE' THEN 'table' ELSE LOWER(table_type) END AS kind,
        table_name AS name
    FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'VIEW', 'SEQUENCE')";

/// The name of the lock: a hash, because a name may have 64 characters. Locks are the server's, so that the database is
/// part of it.
const LOCK: &str = "CONCAT('seachange ', MD5(CONCAT(COALESCE(?, DATABASE()), '.', ?)))";

/// How many tables or views of this name the database has, which is the current one unless it is named.
const TABLE: &str = "SELECT COUNT(*) AS answer FROM information_schema.tables
    WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?";

const INDEX: &str = "SELECT COUNT(*) AS answer FROM information_schema.statistics
    WHERE table_schema = COALESCE(?, DATABASE()) AND index_name = ? AND table_name = ?";

const COLUMN: &str = "SELECT COUNT(*) AS answer FROM information_schema.columns
    WHERE table_schema = COALESCE(?, DATABASE()) AND column_name = ? AND table_name = ?";

const CONSTRAINT: &str = "SELECT COUNT(*) AS answer FROM information_schema.table_constraints
    WHERE table_schema = COALESCE(?, DATABASE()) AND constraint_name = ? AND table_name = ?";

fn lock_values(store: &Store) -> [Value; 2] {
    [store.schema().into(), store.table_name().into()]
}

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

    fn long_text<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.custom("longtext")
    }

    /// GET_LOCK gives 1 for the lock, 0 when another session has it, and nothing when it failed.
    async fn try_lock(&self, connection: &DatabaseConnection, store: &Store) -> Result<bool, DbErr> {
        let got: Option<i64> =
            answer(connection, &format!("SELECT GET_LOCK({LOCK}, 0) AS answer"), lock_values(store)).await?;
        match got {
            Some(got) => Ok(got == 1),
            None => Err(DbErr::Custom("GET_LOCK failed: the server is out of memory, or ended the wait".to_owned())),
        }
    }

    async fn unlock(&self, connection: &DatabaseConnection, store: &Store) -> Result<(), DbErr> {
        let sql = format!("SELECT RELEASE_LOCK({LOCK}) AS answer");
        answer::<Option<i64>>(connection, &sql, lock_values(store)).await.map(drop)
    }

    async fn holds_lock(&self, executor: &DatabaseExecutor<'_>, store: &Store) -> Result<bool, DbErr> {
        let sql = format!("SELECT IS_USED_LOCK({LOCK}) = CONNECTION_ID() AS answer");
        Ok(answer::<Option<i64>>(executor, &sql, lock_values(store)).await? == Some(1))
    }

    fn last_insert_id(&self, result: &ExecResult) -> u64 {
        result.last_insert_id()
    }

    /// Errors 1205, `lock wait timeout`, and 1213, `deadlock`.
    fn is_kept_waiting(&self, error: &DbErr) -> bool {
        let number = database_error(error).and_then(|error| error.try_downcast_ref::<SqlxMySqlError>());
        number.is_some_and(|error| [1205, 1213].contains(&error.number()))
    }

    fn traces(&self, sql: &str) -> Vec<Trace> {
        trace::traces(sql, &MySqlDialect {}, false)
    }

    async fn presence(&self, connection: &DatabaseConnection, object: &Object) -> Result<Presence, DbErr> {
        let sql = match object.kind {
            ObjectKind::Table => TABLE,
            ObjectKind::Index => INDEX,
            ObjectKind::Column => COLUMN,
            ObjectKind::Constraint => CONSTRAINT,
        };
        let texts = [object.schema.clone(), Some(object.name.clone()), object.table.clone()];
        let count: i64 =
            answer(connection, sql, texts.map(Value::from).into_iter().take(sql.matches('?').count())).await?;
        Ok(if count > 0 { Presence::Present } else { Presence::Absent })
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
