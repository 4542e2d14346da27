//! A schema in a transaction that is rolled back. A connection that is lost takes it along.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use super::database::{drop_database, drop_listed};
use super::mark::{MARK, new_name};
use super::{ScratchError, ScratchSchema};
use crate::alter::clause;
use crate::backend::query_scalar;
use crate::connection;
use crate::inspect::InspectScope;
use crate::settings::DatabaseSettings;

pub(super) async fn open(settings: &DatabaseSettings, others: &[String]) -> Result<ScratchSchema, ScratchError> {
    let connection = connection::connect(settings).await?;
    let transaction = connection.begin().await?;
    let schema = new_name();
    // Reading must not keep other sessions waiting.
    transaction.execute_unprepared("SET LOCAL lock_timeout = '10s'").await?;
    create(&transaction, &schema).await?;
    let mut scope = InspectScope { schema: Some(schema.clone()), others: Vec::new() };
    for (number, other) in others.iter().enumerate() {
        let actual = format!("{schema}_{number}");
        create(&transaction, &actual).await?;
        scope.others.push((actual, other.clone()));
    }
    put_first(&transaction, &schema).await?;
    Ok(ScratchSchema { connection, transaction: Some(transaction.into()), database: None, scope })
}

async fn create(transaction: &DatabaseTransaction, schema: &str) -> Result<(), ScratchError> {
    let schema = clause::quoted(transaction.get_database_backend(), schema);
    let created = transaction.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await;
    created.map(drop).map_err(|error| ScratchError::of_making("schema", error))
}

/// What statements name without a schema is the scratch schema's first; types of extensions are found as ever.
pub(super) async fn put_first(transaction: &DatabaseTransaction, schema: &str) -> Result<(), DbErr> {
    const SET: &str = "SELECT set_config('search_path', concat_ws(', ', quote_ident($1::text),
        nullif(current_setting('search_path'), '')), true) AS answer";
    query_scalar::<String>(transaction, SET, [schema.into()]).await.map(drop)
}

/// The first half of the locks on scratch databases: `scdb` in letters.
const LOCK: i32 = 0x7363_6462;

/// Tells others that the database of a name is in use: the lock goes with the session.
pub(super) async fn claim(connection: &DatabaseConnection, database: &str) -> Result<(), DbErr> {
    const CLAIM: &str = "SELECT pg_try_advisory_lock($1::int4, hashtext($2::text)) AS answer";
    query_scalar::<bool>(connection, CLAIM, [LOCK.into(), database.into()]).await.map(drop)
}

/// Creates a database with its mark.
pub(super) async fn create_marked(connection: &DatabaseConnection, database: &str) -> Result<(), ScratchError> {
    let backend = connection.get_database_backend();
    let name = clause::quoted(backend, database);
    let created = connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await;
    created.map_err(|error| ScratchError::of_making("database", error))?;
    let mark = format!("COMMENT ON DATABASE {name} IS {}", clause::literal(backend, MARK));
    let Err(error) = connection.execute_unprepared(&mark).await else { return Ok(()) };
    drop_database(connection, database).await?;
    Err(error.into())
}

/// Drops the scratch databases of programs that did not come to their end. PostgreSQL itself keeps one that a session works in,
/// and so the database of this connection.
pub(super) async fn drop_abandoned(connection: &DatabaseConnection) -> Result<(), DbErr> {
    // The halves of a lock are signed numbers for those who take it, and unsigned ones in the list.
    const ABANDONED: &str = "SELECT d.datname::text AS name FROM pg_database d
        WHERE shobj_description(d.oid, 'pg_database') = $1 AND d.datname <> current_database()
            AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2
                AND l.classid = $2::int4::oid AND l.objid = (hashtext(d.datname)::int8 & 4294967295)::oid)";
    drop_listed(connection, ABANDONED, [MARK.into(), LOCK.into()]).await
}
