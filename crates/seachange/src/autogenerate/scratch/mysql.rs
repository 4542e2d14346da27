//! The scratch schema on MySQL and MariaDB: a database that is dropped at the end.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::database::{MARK, TABLE, new_name};
use super::database::{drop_database, drop_listed};
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
    Ok(ScratchSchema { connection, transaction: None, database: Some(database), own_database: None, scope })
}

/// Takes the lock on the name of a scratch database. The lock shows other sessions that the database is in use. The
/// server releases it when the session ends.
pub(super) async fn claim(connection: &DatabaseConnection, database: &str) -> Result<(), DbErr> {
    query_scalar::<Option<i32>>(connection, "SELECT GET_LOCK(?, 0) AS answer", [database.into()]).await.map(drop)
}

/// Creates a scratch database with the character set and the collation of the current database, and switches to it.
async fn create(connection: &DatabaseConnection, database: &str) -> Result<(), ScratchError> {
    const OPTIONS: &str =
        "SELECT CONCAT('CHARACTER SET ', @@character_set_database, ' COLLATE ', @@collation_database) AS answer";
    let options: String = query_scalar(connection, OPTIONS, []).await?;
    create_marked(connection, database, &options).await?;
    let name = clause::quoted(connection.get_database_backend(), database);
    connection.execute_unprepared(&format!("USE {name}")).await?;
    Ok(())
}

/// Creates a database with its mark. Both statements are one text, so that the server executes both even if the program
/// is killed.
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
    // The first statement may have succeeded, unless a database of this name existed.
    if mysql_number(&error) != Some(DATABASE_EXISTS) {
        let _ = drop_database(connection, database).await;
    }
    Err(ScratchError::of_making("database", error))
}

/// Drops the scratch databases of programs that ended without dropping them. A database that a session uses is kept,
/// and so is the database of this connection.
pub(super) async fn drop_abandoned(connection: &DatabaseConnection) -> Result<(), DbErr> {
    const ABANDONED: &str = "SELECT t.table_schema AS name FROM information_schema.tables t
        WHERE t.table_name = ? AND t.table_comment = ? AND NOT t.table_schema <=> DATABASE()
            AND IS_FREE_LOCK(t.table_schema) = 1
            AND NOT EXISTS (SELECT 1 FROM information_schema.processlist p WHERE p.db = t.table_schema)";
    drop_listed(connection, ABANDONED, [TABLE.into(), MARK.into()]).await
}
