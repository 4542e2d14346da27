//! A database of its own, which is dropped at the end.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::database::{drop_database, drop_listed};
use super::mark::{MARK, TABLE, new_name};
use super::{ScratchError, ScratchSchema};
use crate::alter::clause;
use crate::backend::query_scalar;
use crate::connection;
use crate::database_error::mysql_number;
use crate::inspect::InspectScope;
use crate::settings::DatabaseSettings;

/// `ER_DB_CREATE_EXISTS`
const DATABASE_EXISTS: u16 = 1007;

pub(super) async fn open(settings: &DatabaseSettings) -> Result<ScratchSchema, ScratchError> {
    let connection = connection::connect(settings).await?;
    drop_abandoned(&connection).await?;
    let database = new_name();
    claim(&connection, &database).await?;
    create(&connection, &database).await?;
    let scope = InspectScope { schema: Some(database.clone()), others: Vec::new() };
    Ok(ScratchSchema { connection, transaction: None, database: Some(database), scope })
}

/// Tells others that the database is in use: whoever holds the lock of its name uses it, and the lock goes with the session.
pub(super) async fn claim(connection: &DatabaseConnection, database: &str) -> Result<(), DbErr> {
    query_scalar::<Option<i32>>(connection, "SELECT GET_LOCK(?, 0) AS answer", [database.into()]).await.map(drop)
}

/// Texts are compared and sorted there as in the database beside it.
async fn create(connection: &DatabaseConnection, database: &str) -> Result<(), ScratchError> {
    const OPTIONS: &str =
        "SELECT CONCAT('CHARACTER SET ', @@character_set_database, ' COLLATE ', @@collation_database) AS answer";
    let options: String = query_scalar(connection, OPTIONS, []).await?;
    create_marked(connection, database, &options).await?;
    let name = clause::quoted(connection.get_database_backend(), database);
    connection.execute_unprepared(&format!("USE {name}")).await?;
    Ok(())
}

/// Creates a database with its mark. The text is one, so that the server executes both statements.
pub(super) async fn create_marked(
    connection: &DatabaseConnection,
    database: &str,
    options: &str,
) -> Result<(), ScratchError> {
    let backend = connection.get_database_backend();
    let [name, table] = [database, TABLE].map(|name| clause::quoted(backend, name));
    let mark = clause::literal(backend, MARK);
    let text = format!(
        "CREATE DATABASE {name} {options};\n\
         CREATE TABLE {name}.{table} (id int NOT NULL PRIMARY KEY) ENGINE = InnoDB COMMENT = {mark}"
    );
    let Err(error) = connection.execute_unprepared(&text).await else { return Ok(()) };
    // The first statement may have succeeded, but not if there was a database of this name.
    if mysql_number(&error) != Some(DATABASE_EXISTS) {
        let _ = drop_database(connection, database).await;
    }
    Err(ScratchError::of_making("database", error))
}

/// Drops the scratch databases of programs that did not come to their end. One that a session works in is not dropped, nor is the
/// database of this connection.
pub(super) async fn drop_abandoned(connection: &DatabaseConnection) -> Result<(), DbErr> {
    const ABANDONED: &str = "SELECT t.table_schema AS name FROM information_schema.tables t
        WHERE t.table_name = ? AND t.table_comment = ? AND NOT t.table_schema <=> DATABASE()
            AND IS_FREE_LOCK(t.table_schema) = 1
            AND NOT EXISTS (SELECT 1 FROM information_schema.processlist p WHERE p.db = t.table_schema)";
    drop_listed(connection, ABANDONED, [TABLE.into(), MARK.into()]).await
}
