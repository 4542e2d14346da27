//! A database of its own, which is dropped at the end.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::database::drop_listed;
use super::{PREFIX, Scratch, ScratchError, new_name};
use crate::alter::clause;
use crate::backend::answer;
use crate::connection;
use crate::inspect::Scope;
use crate::settings::DatabaseSettings;

pub(super) async fn open(settings: &DatabaseSettings) -> Result<Scratch, ScratchError> {
    let connection = connection::connect(settings).await?;
    drop_abandoned(&connection).await?;
    let database = new_name();
    claim(&connection, &database).await?;
    create(&connection, &database).await?;
    let scope = Scope { schema: Some(database.clone()), others: Vec::new() };
    Ok(Scratch { connection, transaction: None, database: Some(database), scope })
}

/// Tells others that the database is in use: whoever holds the lock of its name uses it, and the lock goes with the session.
pub(super) async fn claim(connection: &DatabaseConnection, database: &str) -> Result<(), DbErr> {
    answer::<Option<i32>>(connection, "SELECT GET_LOCK(?, 0) AS answer", [database.into()]).await.map(drop)
}

/// Texts are compared and sorted there as in the database beside it.
async fn create(connection: &DatabaseConnection, database: &str) -> Result<(), ScratchError> {
    const OPTIONS: &str =
        "SELECT CONCAT('CHARACTER SET ', @@character_set_database, ' COLLATE ', @@collation_database) AS answer";
    let options: String = answer(connection, OPTIONS, []).await?;
    let name = clause::quoted(connection.get_database_backend(), database);
    let created = connection.execute_unprepared(&format!("CREATE DATABASE {name} {options}")).await;
    created.map_err(|error| ScratchError::of_making("database", error))?;
    connection.execute_unprepared(&format!("USE {name}")).await?;
    Ok(())
}

/// Drops the scratch databases of programs that did not come to their end.
async fn drop_abandoned(connection: &DatabaseConnection) -> Result<(), DbErr> {
    const ABANDONED: &str = "SELECT schema_name AS name FROM information_schema.schemata
        WHERE LEFT(schema_name, CHAR_LENGTH(?)) = ? AND IS_FREE_LOCK(schema_name) = 1";
    drop_listed(connection, ABANDONED, [PREFIX.into(), PREFIX.into()]).await
}
