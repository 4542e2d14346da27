//! PostgreSQL.

mod watch;

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::{self, PgPool, Row};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr, TransactionTrait, Value,
};
use sqlparser::dialect::PostgreSqlDialect;

use super::server::untried;
use super::{
    Backend, BegunTransaction, Blocker, FleetQueries, LocationColumns, LockKey, LockRole, ObjectState, SAVEPOINT,
    ServerIdentity, StatementProgress, TableFacts, clamp_to_setting, drop_listed, query_scalar,
};
use crate::database_error::has_code;
use crate::limits::Limits;
use crate::sql::catalog_effect::{self, CatalogEffect, CatalogObject, CatalogObjectKind};
use crate::sql::{SqlDialect, quoted_name};

/// How long the connection attempt for a second connection may take.
const SECOND_TIMEOUT: Duration = Duration::from_secs(5);

/// PostgreSQL: changes of tables roll back.
pub(super) struct PostgresBackend;

/// Relations and types of the current schema that belong to no extension, and sequences that also belong to no column.
/// CASCADE drops dependent objects, so each object is dropped with IF EXISTS. The row types of tables and the array
/// types are dropped with the objects to which they belong.
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

/// 1 when the table or view exists in the schema, by default the current one.
const TABLE: &str = "SELECT count(*)::int AS answer FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(quote_ident(coalesce($1::text, current_schema()::text)))
        AND c.relname = $2::text AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

/// 1 when the index exists, 2 when its build did not finish.
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

fn quoted(identifier: &str) -> String {
    quoted_name(SqlDialect::Postgres, identifier)
}

/// The call of a function for the lock of a role.
fn lock_call(function: &str, key: LockKey, role: LockRole) -> String {
    let (class, object) = key.numbers(role);
    format!("pg_catalog.{function}({class}, {object})")
}

/// A lock as the server lists it: both numbers as unsigned, and a 2 for a lock of two numbers.
fn listed((class, object): (i32, i32)) -> String {
    format!(
        "FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = {class}
            AND objid::bigint = {} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        object.cast_unsigned()
    )
}

#[async_trait]
impl Backend for PostgresBackend {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn rolls_back_ddl(&self) -> bool {
        true
    }

    fn timestamp_column<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.timestamp_with_time_zone()
    }

    fn sql_dialect(&self) -> SqlDialect {
        SqlDialect::Postgres
    }

    fn text_literal(&self, text: &str) -> String {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    }

    fn own_role(&self) -> &'static str {
        "; SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE"
    }

    /// Several statements in one text are one transaction when none is open. The role returns at its end, and at the
    /// end of an open one.
    fn under_own_role(&self, sql: &str) -> String {
        format!(
            "SELECT pg_catalog.set_config('seachange.role', pg_catalog.current_setting('role'), true),
                pg_catalog.set_config('seachange.user', pg_catalog.current_setting('session_authorization'), true){};
            {sql};
            SELECT pg_catalog.set_config('session_authorization', pg_catalog.current_setting('seachange.user'), true);
            SELECT pg_catalog.set_config('role', pg_catalog.current_setting('seachange.role'), true)",
            self.own_role()
        )
    }

    /// These functions read the caches of the server: in a new session, a join of the catalogue takes three times as
    /// long.
    fn location_columns(&self, table: &str) -> Option<LocationColumns> {
        let table = self.text_literal(table);
        let found = format!(
            "(SELECT CASE WHEN a.type IN ('table', 'view') THEN a.object_names[1] END FROM
            pg_catalog.pg_identify_object_as_address('pg_catalog.pg_class'::pg_catalog.regclass,
                pg_catalog.to_regclass(pg_catalog.quote_ident({table})), 0) AS a)"
        );
        Some(LocationColumns { current: "pg_catalog.current_schema()::text", found })
    }

    fn search_path(&self) -> Option<&'static str> {
        Some("(SELECT pg_catalog.current_schemas(true)::text)")
    }

    /// `search_path` is an array as text: `{pg_catalog,public}`. A quoted name or a temporary schema in it gives
    /// `None`.
    fn only_schema(&self, search_path: String) -> Option<String> {
        let schema = search_path.strip_prefix("{pg_catalog,")?.strip_suffix('}')?;
        let is_plain = schema.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_plain.then(|| schema.to_owned())
    }

    /// The engine asks repeatedly instead of waiting: a session that waits inside of a statement holds a snapshot, for
    /// which `CREATE INDEX CONCURRENTLY` would wait in turn.
    ///
    /// The lock is taken twice, for [`holds_lock`](Self::holds_lock).
    async fn try_lock(&self, session: &DatabaseExecutor<'_>, key: LockKey, role: LockRole) -> Result<bool, DbErr> {
        let taken = lock_call("pg_try_advisory_lock", key, role);
        has_rows(session, &format!("SELECT FROM (SELECT {taken} AND {taken} AS got) AS l WHERE l.got")).await
    }

    async fn is_none_there(&self, session: &DatabaseExecutor<'_>, tables: &[String]) -> bool {
        let found = |table: &String| format!("(pg_catalog.to_regclass({}))", self.text_literal(table));
        let found = tables.iter().map(found).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT FROM (VALUES {found}) AS t (place) WHERE place IS NOT NULL");
        has_rows(session, &sql).await.is_ok_and(|has_rows| !has_rows)
    }

    async fn unlock(&self, session: &DatabaseExecutor<'_>, key: LockKey, role: LockRole) -> Result<(), DbErr> {
        let released = lock_call("pg_advisory_unlock", key, role);
        session.execute_unprepared(&format!("SELECT {released}, {released}")).await.map(drop)
    }

    /// Only the session that has the lock can release it: one of the two is released and taken again. `pg_locks` would
    /// copy the locks of all sessions, and hold up those that take one.
    async fn holds_lock(&self, executor: &DatabaseExecutor<'_>, key: LockKey, role: LockRole) -> Result<bool, DbErr> {
        let (taken, released) =
            (lock_call("pg_try_advisory_lock", key, role), lock_call("pg_advisory_unlock", key, role));
        let again = format!("SELECT CASE WHEN {released} THEN {taken} END AS got");
        has_rows(executor, &format!("SELECT FROM ({again}) AS l WHERE l.got")).await
    }

    async fn is_locked(&self, connection: &DatabaseConnection, key: LockKey) -> Result<bool, DbErr> {
        let listed = listed(key.numbers(LockRole::Run));
        query_scalar(connection, &format!("SELECT EXISTS (SELECT {listed}) AS answer"), []).await
    }

    async fn work_session(&self, connection: &DatabaseConnection, key: LockKey) -> Result<Option<i64>, DbErr> {
        let listed = listed(key.numbers(LockRole::Work));
        query_scalar(connection, &format!("SELECT (SELECT min(pid)::bigint {listed}) AS answer"), []).await
    }

    async fn blockers(&self, connection: &DatabaseConnection, session: i64) -> Result<Option<Vec<Blocker>>, DbErr> {
        watch::blockers(connection, session).await
    }

    async fn statement_progress(
        &self,
        connection: &DatabaseConnection,
        session: i64,
    ) -> Result<Option<StatementProgress>, DbErr> {
        watch::progress(connection, session).await
    }

    /// Takes the lock of the revisions' session for the transaction, beside that of the session. They are the same
    /// lock, so that only the session that has the one gets the other. It stays until the transaction ends, whatever
    /// the revision does to the locks of its session. One text, so that it is one round trip; the lock returns a row
    /// only when it is taken.
    async fn begin_revision(
        &self,
        session: &DatabaseTransaction,
        (before, rows): (&str, u64),
        key: LockKey,
        _limits: &Limits,
    ) -> Result<Option<BegunTransaction>, DbErr> {
        let (class, object) = key.numbers(LockRole::Work);
        let text = format!(
            "{before}BEGIN; SELECT FROM (SELECT pg_catalog.pg_try_advisory_xact_lock({class}, {object}) AS got) AS l
            WHERE l.got; SAVEPOINT {SAVEPOINT}"
        );
        let affected = session.execute_unprepared(&text).await?.rows_affected();
        Ok((affected > rows).then(BegunTransaction::default))
    }

    /// A second connection to the same server has a session of its own. A pooler that assigns sessions to transactions
    /// gives it the session that has just become free, which is ours, or gives us another one then.
    /// Asked with plain SQL, as [`session`] is. A server that does not answer this is no reason against a run.
    async fn server_identity(&self, connection: &DatabaseConnection) -> Result<ServerIdentity, DbErr> {
        Ok(ServerIdentity {
            untried: untried_system(connection).await.unwrap_or_default(),
            ..ServerIdentity::default()
        })
    }

    async fn is_pooled(&self, connection: &DatabaseConnection) -> bool {
        is_shared(connection).await.unwrap_or(false)
    }

    fn limit_settings(&self, limits: &Limits) -> Vec<(&'static str, String)> {
        let milliseconds = |length| clamp_to_setting(length, 1).to_string();
        let lock = limits.lock_timeout.map(|length| ("lock_timeout", milliseconds(length)));
        let statement = limits.statement_limit().map(|length| ("statement_timeout", milliseconds(length)));
        lock.into_iter().chain(statement).collect()
    }

    fn transaction_lock_limit(&self, limit: Duration) -> Option<String> {
        Some(format!("SET LOCAL lock_timeout = {}", clamp_to_setting(limit, 1)))
    }

    async fn setting(&self, connection: &DatabaseConnection, name: &'static str) -> Result<String, DbErr> {
        query_scalar(connection, "SELECT current_setting($1) AS answer", [name.into()]).await
    }

    async fn set(&self, connection: &DatabaseConnection, name: &'static str, value: &str) -> Result<(), DbErr> {
        let sql = "SELECT set_config($1, $2, false) AS answer";
        query_scalar::<String>(connection, sql, [name.into(), value.into()]).await.map(drop)
    }

    /// SQLSTATE `query_canceled`.
    fn is_timed_out(&self, error: &DbErr) -> bool {
        has_code(error, "57014")
    }

    /// SQLSTATEs `lock_not_available`, `deadlock_detected` and `serialization_failure`.
    fn is_lock_conflict(&self, error: &DbErr) -> bool {
        ["55P03", "40P01", "40001"].iter().any(|code| has_code(error, code))
    }

    fn catalog_effects(&self, sql: &str) -> Vec<CatalogEffect> {
        catalog_effect::traces(sql, &PostgreSqlDialect {}, true)
    }

    async fn object_state(
        &self,
        executor: &DatabaseExecutor<'_>,
        object: &CatalogObject,
    ) -> Result<ObjectState, DbErr> {
        let (sql, values) = match object.kind {
            CatalogObjectKind::Table => (TABLE, vec![object.name.clone()]),
            CatalogObjectKind::Index => (INDEX, vec![object.name.clone()]),
            CatalogObjectKind::Column => (COLUMN, vec![object.name.clone(), object.table.clone().unwrap_or_default()]),
            CatalogObjectKind::Constraint => {
                (CONSTRAINT, vec![object.name.clone(), object.table.clone().unwrap_or_default()])
            }
        };
        let schema = Value::from(object.schema.clone());
        let values = [schema].into_iter().chain(values.into_iter().map(Value::from));
        Ok(match query_scalar::<i32>(executor, sql, values).await? {
            0 => ObjectState::Absent,
            1 => ObjectState::Present,
            _ => ObjectState::Unusable,
        })
    }

    /// A path that the client sets has precedence over that of the role in the database, of the role, and of the database.
    async fn search_path_without(
        &self,
        session: &DatabaseExecutor<'_>,
        other: &DatabaseConnection,
        schema: &str,
    ) -> Result<Option<String>, DbErr> {
        const SOURCE: &str = "SELECT source AS answer FROM pg_catalog.pg_settings WHERE name = 'search_path'";
        const DEFAULT: &str = "SELECT boot_val AS answer FROM pg_catalog.pg_settings WHERE name = 'search_path'";
        const PATH: &str = "SELECT (SELECT pg_catalog.substr(c.setting, 13)
            FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
            WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
                AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = SESSION_USER))
                AND c.setting LIKE 'search\\_path=%'
            ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC LIMIT 1) AS answer";
        let source: String = query_scalar(&DatabaseExecutor::from(other), SOURCE, []).await?;
        if ["client", "session"].contains(&source.as_str()) {
            return Ok(None);
        }
        let path: Option<String> = query_scalar(session, PATH, []).await?;
        let path = match path {
            Some(path) => path,
            None if source == "configuration file" => return Ok(None),
            None => query_scalar(session, DEFAULT, []).await?,
        };
        let user: String = query_scalar(session, "SELECT SESSION_USER::text AS answer", []).await?;
        let leads = path.split(',').map(str::trim).any(|name| match name {
            "\"$user\"" => user == schema,
            name => name == schema || name == quoted(schema),
        });
        Ok((!leads).then_some(path))
    }

    /// The engine does not read the functions of triggers.
    async fn table_facts(&self, executor: &DatabaseExecutor<'_>, table: &str) -> Result<TableFacts, DbErr> {
        const TRIGGERS: &str = "SELECT count(*)::int AS answer FROM pg_catalog.pg_trigger
            WHERE tgrelid = to_regclass($1) AND NOT tgisinternal";
        let name = table.split('.').map(quoted).collect::<Vec<_>>().join(".");
        let triggers: i32 = query_scalar(executor, TRIGGERS, [name.into()]).await?;
        Ok(TableFacts { rolls_back: true, has_known_triggers: triggers == 0 })
    }

    /// SQLSTATE 42P01, `undefined_table`.
    fn is_missing_table(&self, error: &DbErr) -> bool {
        has_code(error, "42P01")
    }

    /// SQLSTATEs `invalid_savepoint_specification` and `no_active_sql_transaction`.
    fn is_missing_savepoint(&self, error: &DbErr) -> bool {
        ["3B001", "25P01"].iter().any(|code| has_code(error, code))
    }

    /// SQLSTATE 42703, `undefined_column`.
    fn is_missing_column(&self, error: &DbErr) -> bool {
        has_code(error, "42703")
    }

    /// `postgres` is the database that tools connect to, and no user's.
    fn fleet_queries(&self) -> Option<FleetQueries> {
        Some(FleetQueries {
            schemas: Some(
                "SELECT nspname::text FROM pg_catalog.pg_namespace
                WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'",
            ),
            databases: "SELECT datname::text FROM pg_catalog.pg_database
                WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres'",
        })
    }

    async fn free_connections(&self, connection: &DatabaseConnection) -> Result<Option<u64>, DbErr> {
        // The limits of the role and of the database do not hold for a superuser; without one it is -1.
        const FREE: &str = "SELECT greatest(0, least(
                current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
                    - (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'),
                (SELECT r.rolconnlimit
                    - (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.usesysid = r.oid)
                    FROM pg_catalog.pg_roles r
                    WHERE r.rolname = session_user AND r.rolconnlimit >= 0 AND NOT r.rolsuper),
                (SELECT d.datconnlimit
                    - (SELECT count(*) FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid AND a.usesysid IS NOT NULL)
                    FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.rolname = session_user
                    WHERE d.datname = current_database() AND d.datconnlimit >= 0 AND NOT r.rolsuper))) AS answer";
        let free: i64 = query_scalar(connection, FREE, []).await?;
        Ok(u64::try_from(free).ok())
    }

    fn read_only_texts(&self, limit: Duration) -> Vec<String> {
        vec![format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {}", clamp_to_setting(limit, 1))]
    }

    fn enter_schema(&self, schema: &str) -> Option<String> {
        Some(format!("SET search_path TO {}", quoted(schema)))
    }

    fn schemas_with_table(&self, table: &str) -> Option<String> {
        let table = self.text_literal(table);
        Some(format!(
            "SELECT n.nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = {table} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        ))
    }

    fn record_digest(&self, number: usize, schema: Option<&str>, table: &str) -> String {
        let place = schema.map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
        format!(
            "SELECT {number} AS number, string_agg(revision || ' ' || source_hash || ' ' || state, ','
                ORDER BY revision COLLATE \"C\") AS record FROM {place}{} AS r",
            quoted(table)
        )
    }

    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        let transaction = connection.begin().await?;
        drop_listed(&transaction, OBJECTS, '"', " CASCADE").await?;
        transaction.commit().await
    }
}

/// Whether a query returns a row: one round trip, where a statement that the driver prepares takes two.
async fn has_rows(executor: &DatabaseExecutor<'_>, sql: &str) -> Result<bool, DbErr> {
    Ok(executor.execute_unprepared(sql).await?.rows_affected() > 0)
}

async fn is_shared(connection: &DatabaseConnection) -> Result<bool, sqlx::Error> {
    let ours = connection.get_postgres_connection_pool();
    let options = (*ours.connect_options()).clone();
    let first = session(ours).await?;
    let second = PgPoolOptions::new().max_connections(1).acquire_timeout(SECOND_TIMEOUT).connect_with(options).await?;
    let mut is_shared = false;
    // More than once: a session that the pooler has just opened may be returned in between.
    for _ in 0..3 {
        is_shared |= session(&second).await? == first || session(ours).await? != first;
    }
    second.close().await;
    Ok(is_shared)
}

/// The name of a system on which the engine is not tested.
async fn untried_system(connection: &DatabaseConnection) -> Result<Option<&'static str>, sqlx::Error> {
    const VERSION: &str = "SELECT version(), (SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'citus')";
    let row = sqlx::raw_sql(VERSION).fetch_one(connection.get_postgres_connection_pool()).await?;
    let (version, extensions): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok(untried(&version).or_else(|| (extensions > 0).then_some("Citus")))
}

/// The session in which a statement arrives. Asked with plain SQL: a prepared statement fails when another client of
/// the pooler has prepared one with the same name in that session.
async fn session(pool: &PgPool) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(pool).await?.try_get(0)
}
