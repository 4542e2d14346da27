//! PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::{self, PgPool, Row};
use sea_orm::{DatabaseConnection, DatabaseExecutor, DbErr, TransactionTrait, Value};
use sqlparser::dialect::PostgreSqlDialect;

use super::{Backend, answer, drop_listed};
use crate::database_error::has_code;
use crate::journal::Presence;
use crate::journal::trace::{self, Object, ObjectKind, Trace};
use crate::store::Store;

/// How long a second connection may take to be made.
const SECOND_TIMEOUT: Duration = Duration::from_secs(5);

/// PostgreSQL: table changes roll back.
pub(super) struct Postgres;

/// Relations and types of the current schema that belong to no extension, and sequences that belong to no column
/// either; CASCADE takes what hangs on them, so each is dropped IF EXISTS. The row types of tables and the types of
/// arrays fall with what they belong to.
const OBJECTS: &str = "SELECT kind, name FROM (
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
            WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
        c.relname::text AS name, c.oid, 'pg_class'::regclass AS catalogue
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, t.typname::text, t.oid, 'pg_type'::regclass
    FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace = current_schema()::regnamespace
        AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
) objects WHERE NOT EXISTS (
    SELECT 1 FROM pg_depend d WHERE d.classid = catalogue AND d.objid = oid
        AND (d.deptype = 'e' OR kind = 'sequence' AND d.deptype IN ('a', 'i'))
)";

/// The name of the lock, as the two numbers that PostgreSQL takes: ours, and a hash of the table of the record. Locks are
/// the database's own.
const LOCK: &str = "1936024419, ('x' || left(md5(coalesce($1::text, current_schema()::text, '') || '.' || $2::text), 8))::bit(32)::int";

/// 1 when there is such a table or view in the schema, which is the current one unless it is named.
const TABLE: &str = "SELECT count(*)::int AS answer FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(quote_ident(coalesce($1::text, current_schema()::text)))
        AND c.relname = $2::text AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

/// 1 when there is such an index, 2 when its build did not come to an end.
const INDEX: &str = "SELECT coalesce(sum(CASE WHEN i.indisvalid AND i.indisready THEN 1 ELSE 2 END), 0)::int AS answer
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = to_regnamespace(quote_ident(coalesce($1::text, current_schema()::text)))
        AND c.relname = $2::text";

const COLUMN: &str = "SELECT count(*)::int AS answer FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = to_regnamespace(quote_ident(coalesce($1::text, current_schema()::text)))
        AND a.attname = $2::text AND c.relname = $3::text AND a.attnum > 0 AND NOT a.attisdropped";

const CONSTRAINT: &str = "SELECT count(*)::int AS answer FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
    WHERE c.relnamespace = to_regnamespace(quote_ident(coalesce($1::text, current_schema()::text)))
        AND o.conname = $2::text AND c.relname = $3::text";

fn lock_values(store: &Store) -> [Value; 2] {
    [store.schema().into(), store.table_name().into()]
}

#[async_trait]
impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn rolls_back_ddl(&self) -> bool {
        true
    }

    fn moment<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.timestamp_with_time_zone()
    }

    /// Asked again and again rather than waited for: who waits inside of a statement holds a snapshot, for which `CREATE
    /// INDEX CONCURRENTLY` would wait in turn.
    async fn try_lock(&self, connection: &DatabaseConnection, store: &Store) -> Result<bool, DbErr> {
        answer(connection, &format!("SELECT pg_try_advisory_lock({LOCK}) AS answer"), lock_values(store)).await
    }

    async fn unlock(&self, connection: &DatabaseConnection, store: &Store) -> Result<(), DbErr> {
        let sql = format!("SELECT pg_advisory_unlock({LOCK}) AS answer");
        answer::<bool>(connection, &sql, lock_values(store)).await.map(drop)
    }

    /// Takes the lock of the transaction beside that of the session: they are the same lock, so that it is there for the
    /// session that has the other one, and for nobody else. Until the transaction ends, nobody can take it even when the
    /// other one is lost.
    async fn holds_lock(&self, executor: &DatabaseExecutor<'_>, store: &Store) -> Result<bool, DbErr> {
        answer(executor, &format!("SELECT pg_try_advisory_xact_lock({LOCK}) AS answer"), lock_values(store)).await
    }

    /// A second connection to the same server gets a session of its own. A pooler that gives sessions to transactions
    /// gives it the one that has just become free, which is ours, or gives us another one then.
    async fn is_pooled(&self, connection: &DatabaseConnection) -> bool {
        is_shared(connection).await.unwrap_or(false)
    }

    /// SQLSTATEs `lock_not_available`, `deadlock_detected` and `serialization_failure`.
    fn is_kept_waiting(&self, error: &DbErr) -> bool {
        ["55P03", "40P01", "40001"].iter().any(|code| has_code(error, code))
    }

    fn traces(&self, sql: &str) -> Vec<Trace> {
        trace::traces(sql, &PostgreSqlDialect {}, true)
    }

    async fn presence(&self, connection: &DatabaseConnection, object: &Object) -> Result<Presence, DbErr> {
        let (sql, values) = match object.kind {
            ObjectKind::Table => (TABLE, vec![object.name.clone()]),
            ObjectKind::Index => (INDEX, vec![object.name.clone()]),
            ObjectKind::Column => (COLUMN, vec![object.name.clone(), object.table.clone().unwrap_or_default()]),
            ObjectKind::Constraint => (CONSTRAINT, vec![object.name.clone(), object.table.clone().unwrap_or_default()]),
        };
        let schema = Value::from(object.schema.clone());
        let values = [schema].into_iter().chain(values.into_iter().map(Value::from));
        Ok(match answer::<i32>(connection, sql, values).await? {
            0 => Presence::Absent,
            1 => Presence::Present,
            _ => Presence::Unusable,
        })
    }

    /// SQLSTATE 42P01, `undefined_table`.
    fn is_missing_table(&self, error: &DbErr) -> bool {
        has_code(error, "42P01")
    }

    /// SQLSTATE 42703, `undefined_column`.
    fn is_missing_column(&self, error: &DbErr) -> bool {
        has_code(error, "42703")
    }

    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        let transaction = connection.begin().await?;
        drop_listed(&transaction, OBJECTS, '"', " CASCADE").await?;
        transaction.commit().await
    }
}

async fn is_shared(connection: &DatabaseConnection) -> Result<bool, sqlx::Error> {
    let ours = connection.get_postgres_connection_pool();
    let options = (*ours.connect_options()).clone();
    let first = session(ours).await?;
    let second = PgPoolOptions::new().max_connections(1).acquire_timeout(SECOND_TIMEOUT).connect_with(options).await?;
    let mut is_shared = false;
    // More than once: a session that the pooler has just opened may come in between.
    for _ in 0..3 {
        is_shared |= session(&second).await? == first || session(ours).await? != first;
    }
    second.close().await;
    Ok(is_shared)
}

/// Which session a statement arrives in. Asked as plain text: a prepared statement fails where somebody else has prepared
/// one of the same name in that session.
async fn session(pool: &PgPool) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(pool).await?.try_get(0)
}
