//! The scratch schema on PostgreSQL: a schema in a transaction that is rolled back. If the connection is lost, the
//! server rolls back the transaction.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use super::ScratchDatabase;
use super::database::{MARK, new_name};
use super::database::{drop_database, drop_listed};
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
    // A comparison must not make other sessions wait.
    transaction.execute_unprepared("SET LOCAL lock_timeout = '10s'").await?;
    create(&transaction, &schema).await?;
    let mut scope = InspectScope { schema: Some(schema.clone()), others: Vec::new() };
    for (number, other) in others.iter().enumerate() {
        let actual = format!("{schema}_{number}");
        create(&transaction, &actual).await?;
        scope.others.push((actual, other.clone()));
    }
    put_first(&transaction, &schema).await?;
    Ok(ScratchSchema { connection, transaction: Some(transaction.into()), database: None, own_database: None, scope })
}

/// Opens a transaction in an empty database. Its schemas have the names of those of the compared database.
pub(super) async fn open_alone(settings: &DatabaseSettings, others: &[String]) -> Result<ScratchSchema, ScratchError> {
    let database = ScratchDatabase::create(settings).await?;
    let opened = async {
        let connection = connection::connect(database.settings()).await?;
        let transaction = connection.begin().await?;
        let schema: Option<String> = query_scalar(&transaction, "SELECT current_schema()::text AS answer", []).await?;
        for other in others {
            create(&transaction, other).await?;
        }
        let others = others.iter().map(|other| (other.clone(), other.clone())).collect();
        let scope = InspectScope { schema, others };
        Ok(ScratchSchema {
            connection,
            transaction: Some(transaction.into()),
            database: None,
            own_database: None,
            scope,
        })
    };
    match opened.await {
        Ok(schema) => Ok(ScratchSchema { own_database: Some(database), ..schema }),
        Err(error) => {
            // If it cannot be dropped now, the next run that needs a scratch database drops it.
            let _ = database.drop().await;
            Err(error)
        }
    }
}

async fn create(transaction: &DatabaseTransaction, schema: &str) -> Result<(), ScratchError> {
    let schema = clause::quoted(transaction.get_database_backend(), schema);
    let created = transaction.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await;
    created.map(drop).map_err(|error| ScratchError::of_making("schema", error))
}

/// Puts a schema first in the search path, so that names without a schema refer to it. Types of extensions are still
/// found in the rest of the path.
pub(super) async fn put_first(transaction: &DatabaseTransaction, schema: &str) -> Result<(), DbErr> {
    const SET: &str = "SELECT set_config('search_path', concat_ws(', ', quote_ident($1::text),
        nullif(current_setting('search_path'), '')), true) AS answer";
    query_scalar::<String>(transaction, SET, [schema.into()]).await.map(drop)
}

/// The first key of the locks on scratch databases: the letters `scdb`.
const LOCK: i32 = 0x7363_6462;

/// Takes the lock on the name of a scratch database. The lock shows other sessions that the database is in use. The
/// server releases it when the session ends.
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

/// Drops the scratch databases of programs that ended without dropping them. PostgreSQL refuses to drop a database that
/// a session uses, such as the database of this connection.
pub(super) async fn drop_abandoned(connection: &DatabaseConnection) -> Result<(), DbErr> {
    // The keys of a lock are signed integers in the function, and unsigned ones in `pg_locks`.
    const ABANDONED: &str = "SELECT d.datname::text AS name FROM pg_database d
        WHERE shobj_description(d.oid, 'pg_database') = $1 AND d.datname <> current_database()
            AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2
                AND l.classid = $2::int4::oid AND l.objid = (hashtext(d.datname)::int8 & 4294967295)::oid)";
    drop_listed(connection, ABANDONED, [MARK.into(), LOCK.into()]).await
}
