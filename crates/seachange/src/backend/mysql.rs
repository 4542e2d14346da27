//! MySQL and MariaDB.

mod watch;

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DbBackend, DbErr, ExecResult, SqlxMySqlError, Statement,
    Value,
};
use sqlparser::dialect::MySqlDialect;

use super::server::untried;
use super::{
    Backend, Blocker, Cluster, FleetQueries, LocationColumns, LockKey, LockRole, ObjectState, ServerIdentity,
    StatementProgress, TableFacts, clamp_to_setting, drop_listed, query_scalar,
};
use crate::alter::is_mariadb;
use crate::database_error::{database_error, has_code};
use crate::limits::Limits;
use crate::sql::catalog_effect::{self, CatalogEffect, CatalogObject, CatalogObjectKind};
use crate::sql::{self, SqlDialect, quoted_name};

/// MySQL and MariaDB: every change of a table commits the transaction before it, and none rolls back.
pub(super) struct MySqlBackend;

const OBJECTS: &str = "SELECT CASE table_type WHEN 'BASE TABLE' THEN 'table' ELSE LOWER(table_type) END AS kind,
        table_name AS name
    FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'VIEW', 'SEQUENCE')";

/// The number of tables or views with this name in a database, by default the current one.
const TABLE: &str = "SELECT COUNT(*) AS answer FROM information_schema.tables
    WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?";

const INDEX: &str = "SELECT COUNT(*) AS answer FROM information_schema.statistics
    WHERE table_schema = COALESCE(?, DATABASE()) AND index_name = ? AND table_name = ?";

const COLUMN: &str = "SELECT COUNT(*) AS answer FROM information_schema.columns
    WHERE table_schema = COALESCE(?, DATABASE()) AND column_name = ? AND table_name = ?";

const CONSTRAINT: &str = "SELECT COUNT(*) AS answer FROM information_schema.table_constraints
    WHERE table_schema = COALESCE(?, DATABASE()) AND constraint_name = ? AND table_name = ?";

/// The number of an error, which is more exact than its SQLSTATE.
fn number(error: &DbErr) -> Option<u16> {
    database_error(error)?.try_downcast_ref::<SqlxMySqlError>().map(SqlxMySqlError::number)
}

#[async_trait]
impl Backend for MySqlBackend {
    fn name(&self) -> &'static str {
        "MySQL/MariaDB"
    }

    fn rolls_back_ddl(&self) -> bool {
        false
    }

    /// DATETIME, because a TIMESTAMP ends in 2038, and an update changes it by default.
    fn timestamp_column<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.custom("datetime(3)")
    }

    fn long_text<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.custom("longtext")
    }

    fn sql_dialect(&self) -> SqlDialect {
        SqlDialect::MySql
    }

    fn text_literal(&self, text: &str) -> String {
        let bytes = text.bytes().fold(String::with_capacity(2 * text.len()), |mut hexadecimal, byte| {
            // Writing to a String does not fail.
            let _ = write!(hexadecimal, "{byte:02x}");
            hexadecimal
        });
        format!("_utf8mb4 X'{bytes}'")
    }

    fn begin_text(&self) -> &'static str {
        "START TRANSACTION"
    }

    /// These systems have no search path.
    fn location_columns(&self, _table: &str) -> Option<LocationColumns> {
        Some(LocationColumns { current: "DATABASE()", found: "NULL".to_owned() })
    }

    fn search_path(&self) -> Option<&'static str> {
        Some("DATABASE()")
    }

    /// GET_LOCK returns 1 for the lock, 0 when another session has it, and NULL when it failed.
    async fn try_lock(&self, session: &DatabaseExecutor<'_>, key: LockKey, role: LockRole) -> Result<bool, DbErr> {
        let got: Option<i64> =
            query_scalar(session, "SELECT GET_LOCK(?, 0) AS answer", [key.name(role).into()]).await?;
        match got {
            Some(got) => Ok(got == 1),
            None => Err(DbErr::Custom("GET_LOCK failed: the server is out of memory, or ended the wait".to_owned())),
        }
    }

    async fn unlock(&self, session: &DatabaseExecutor<'_>, key: LockKey, role: LockRole) -> Result<(), DbErr> {
        let name = key.name(role).into();
        query_scalar::<Option<i64>>(session, "SELECT RELEASE_LOCK(?) AS answer", [name]).await.map(drop)
    }

    async fn holds_lock(&self, executor: &DatabaseExecutor<'_>, key: LockKey, role: LockRole) -> Result<bool, DbErr> {
        let name = key.name(role).into();
        let holds =
            query_scalar::<Option<i64>>(executor, "SELECT IS_USED_LOCK(?) = CONNECTION_ID() AS answer", [name]).await?;
        Ok(holds == Some(1))
    }

    async fn is_locked(&self, connection: &DatabaseConnection, key: LockKey) -> Result<bool, DbErr> {
        let name = key.name(LockRole::Run).into();
        let is_used = query_scalar::<i64>(connection, "SELECT IS_USED_LOCK(?) IS NOT NULL AS answer", [name]).await?;
        Ok(is_used == 1)
    }

    fn has_leases(&self) -> bool {
        true
    }

    /// Variables that a server does not have are left out of the result. The list of the members of a group would need
    /// a privilege.
    async fn server_identity(&self, connection: &DatabaseConnection) -> Result<ServerIdentity, DbErr> {
        const VARIABLES: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN
            ('wsrep_on', 'group_replication_group_name', 'version', 'version_comment')";
        let mut facts = ServerIdentity::default();
        for row in connection.query_all_raw(Statement::from_string(DbBackend::MySql, VARIABLES)).await? {
            let (name, value): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            match name.as_str() {
                "wsrep_on" if value == "ON" => facts.cluster = Some(Cluster::Galera),
                "group_replication_group_name" if !value.is_empty() => facts.cluster = Some(Cluster::GroupReplication),
                "version" | "version_comment" => facts.untried = facts.untried.or_else(|| untried(&value)),
                _ => {}
            }
        }
        Ok(facts)
    }

    async fn work_session(&self, connection: &DatabaseConnection, key: LockKey) -> Result<Option<i64>, DbErr> {
        let name = key.name(LockRole::Work).into();
        query_scalar(connection, "SELECT CAST(IS_USED_LOCK(?) AS SIGNED) AS answer", [name]).await
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

    /// `lock_wait_timeout` applies to tables, `innodb_lock_wait_timeout` to rows.
    fn limit_settings(&self, limits: &Limits) -> Vec<(&'static str, String)> {
        let seconds = |length| clamp_to_setting(length, 1000).to_string();
        let locks = limits
            .lock_timeout
            .map(|length| [("innodb_lock_wait_timeout", seconds(length)), ("lock_wait_timeout", seconds(length))]);
        let fraction = |length| {
            let milliseconds = clamp_to_setting(length, 1);
            format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
        };
        let statement = limits.statement_limit().map(|length| ("max_statement_time", fraction(length)));
        locks.into_iter().flatten().chain(statement).collect()
    }

    async fn setting(&self, connection: &DatabaseConnection, name: &'static str) -> Result<String, DbErr> {
        query_scalar(connection, &format!("SELECT CAST(@@SESSION.{name} AS CHAR) AS answer"), []).await
    }

    async fn set(&self, connection: &DatabaseConnection, name: &'static str, value: &str) -> Result<(), DbErr> {
        connection.execute_unprepared(&format!("SET SESSION {name} = {value}")).await.map(drop)
    }

    /// MySQL's only limit, `max_execution_time`, applies to SELECT alone.
    async fn statement_timeout_unsupported(
        &self,
        connection: &DatabaseConnection,
    ) -> Result<Option<&'static str>, DbErr> {
        Ok(if is_mariadb(connection).await? { None } else { Some("MySQL") })
    }

    /// MariaDB's error 1969, `max_statement_time exceeded`, and MySQL's 3024.
    fn is_timed_out(&self, error: &DbErr) -> bool {
        number(error).is_some_and(|number| [1969, 3024].contains(&number))
    }

    fn last_insert_id(&self, result: &ExecResult) -> u64 {
        result.last_insert_id()
    }

    /// Errors 1205, `lock wait timeout`, and 1213, `deadlock`, which is also Galera's error when another node changed the
    /// same rows first; 3101 is that error of group replication, and so is 1180, the error of a commit, with the number 149
    /// of a deadlock in its text.
    fn is_lock_conflict(&self, error: &DbErr) -> bool {
        match number(error) {
            Some(1205 | 1213 | 3101) => true,
            Some(1180) => error.to_string().contains("error 149"),
            _ => false,
        }
    }

    fn catalog_effects(&self, sql: &str) -> Vec<CatalogEffect> {
        catalog_effect::traces(sql, &MySqlDialect {}, false)
    }

    async fn object_state(
        &self,
        executor: &DatabaseExecutor<'_>,
        object: &CatalogObject,
    ) -> Result<ObjectState, DbErr> {
        let sql = match object.kind {
            CatalogObjectKind::Table => TABLE,
            CatalogObjectKind::Index => INDEX,
            CatalogObjectKind::Column => COLUMN,
            CatalogObjectKind::Constraint => CONSTRAINT,
        };
        let texts = [object.schema.clone(), Some(object.name.clone()), object.table.clone()];
        let count: i64 =
            query_scalar(executor, sql, texts.map(Value::from).into_iter().take(sql.matches('?').count())).await?;
        Ok(if count > 0 { ObjectState::Present } else { ObjectState::Absent })
    }

    /// The server says which storage engines roll back. A trigger is known when the engine understands its body. What a
    /// view or a trigger writes to is any table of the database.
    async fn table_facts(&self, executor: &DatabaseExecutor<'_>, table: &str) -> Result<TableFacts, DbErr> {
        let mut all = TableFacts { rolls_back: true, has_known_triggers: true };
        // A dot may be part of a name.
        let dots = table.char_indices().filter(|(_, own)| *own == '.').map(|(at, _)| at);
        let places = dots.map(|at| (Some(&table[..at]), &table[at + 1..])).chain([(None, table)]);
        let count = table.matches('.').count();
        let mut is_found = false;
        for (schema, name) in places {
            let Some(facts) = self.facts_at(executor, schema, name).await? else { continue };
            is_found = true;
            all.rolls_back &= facts.rolls_back;
            all.has_known_triggers &= facts.has_known_triggers;
        }
        // It may be the alias of another table.
        if !is_found || count > 1 {
            all.rolls_back &= self.rolls_back_all(executor, table).await?;
        }
        Ok(all)
    }

    async fn rolls_back_all(&self, executor: &DatabaseExecutor<'_>, sql: &str) -> Result<bool, DbErr> {
        let current = format!("SELECT CAST(DATABASE() AS CHAR) {}", once());
        let current = texts(executor, current).await?.into_iter().next().unwrap_or_default();
        let place = self.text_literal(&current);
        let definitions = format!(
            "SELECT CAST(view_definition AS CHAR) FROM information_schema.views WHERE table_schema = {place}
            UNION ALL SELECT CAST(action_statement AS CHAR) FROM information_schema.triggers WHERE event_object_schema = {place}
            UNION ALL SELECT CAST(routine_definition AS CHAR) FROM information_schema.routines WHERE routine_schema = {place}
            {MANY}"
        );
        let definitions = texts(executor, definitions).await?;
        let others = "SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata
            WHERE schema_name NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')";
        let is_named = |name: &String| {
            *name == current
                || sql.contains(name.as_str())
                || definitions.iter().any(|text| text.contains(name.as_str()))
        };
        let named = texts(executor, format!("{others} {MANY}")).await?.into_iter().filter(is_named);
        // MariaDB reads one database for a comparison with one name, and all of them for a list of names.
        let kept = named.map(|name| {
            format!(
                "SELECT CAST(t.table_name AS CHAR)
                FROM information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine
                WHERE t.table_schema = {} AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
                    AND COALESCE(e.transactions, 'NO') <> 'YES'",
                self.text_literal(&name)
            )
        });
        let kept = kept.collect::<Vec<_>>().join(" UNION ALL ");
        if kept.is_empty() {
            return Ok(true);
        }
        Ok(texts(executor, format!("{kept} {MANY}")).await?.is_empty())
    }

    /// SQLSTATE 42S02, `no such table`.
    fn is_missing_table(&self, error: &DbErr) -> bool {
        has_code(error, "42S02")
    }

    /// SQLSTATE 42S22, `no such column`.
    fn is_missing_column(&self, error: &DbErr) -> bool {
        has_code(error, "42S22")
    }

    fn fleet_queries(&self) -> Option<FleetQueries> {
        Some(FleetQueries {
            schemas: None,
            databases: "SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata
                WHERE schema_name NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')",
        })
    }

    async fn free_connections(&self, connection: &DatabaseConnection) -> Result<Option<u64>, DbErr> {
        let most: i64 = query_scalar(connection, "SELECT CAST(@@max_connections AS SIGNED) AS answer", []).await?;
        let sql = "SHOW GLOBAL STATUS LIKE 'Threads_connected'";
        let row = connection.query_one_raw(Statement::from_string(DbBackend::MySql, sql)).await?;
        let open: String = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?.try_get_by_index(1)?;
        let open: i64 = open.parse().map_err(|_| DbErr::Type(format!("{open} is no number of connections")))?;
        Ok(u64::try_from(most - open).ok().or(Some(0)))
    }

    /// Only MySQL reads the first comment, and only MariaDB the second one.
    fn read_only_texts(&self, limit: Duration) -> Vec<String> {
        let (milliseconds, seconds) = (clamp_to_setting(limit, 1), clamp_to_setting(limit, 1000));
        vec![
            format!(
                "SET @seachange_limit = 1 /*!50708 , SESSION max_execution_time = {milliseconds} */
                /*M!100101 , SESSION max_statement_time = {seconds} */"
            ),
            "START TRANSACTION READ ONLY".to_owned(),
        ]
    }

    fn schemas_with_table(&self, table: &str) -> Option<String> {
        let table = self.text_literal(table);
        Some(format!("SELECT CAST(table_schema AS CHAR) FROM information_schema.tables WHERE table_name = {table}"))
    }

    /// The databases may have several collations, which one statement cannot join.
    fn record_digest(&self, number: usize, schema: Option<&str>, table: &str) -> String {
        let place = schema.map(|schema| format!("{}.", quoted_name(SqlDialect::MySql, schema))).unwrap_or_default();
        let row = "CONCAT_WS(' ', revision, source_hash, state)";
        format!(
            "SELECT {number} AS number, CONVERT(GROUP_CONCAT({row} ORDER BY CAST(revision AS BINARY) SEPARATOR ',')
                USING utf8mb4) COLLATE utf8mb4_bin AS record FROM {place}{}",
            quoted_name(SqlDialect::MySql, table)
        )
    }

    /// A longer text would be cut.
    fn before_digests(&self) -> Option<&'static str> {
        Some("SET SESSION group_concat_max_len = 1073741824")
    }

    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        connection.execute_unprepared("SET FOREIGN_KEY_CHECKS = 0").await?;
        let dropped = drop_listed(connection, OBJECTS, '`', "").await;
        connection.execute_unprepared("SET FOREIGN_KEY_CHECKS = 1").await?;
        dropped
    }
}

/// A limit that has precedence over `sql_select_limit` of the session.
const MANY: &str = "LIMIT 1000000";

/// A comment that no other text has: MariaDB keeps the value of `DATABASE()` with a prepared statement, which the driver uses
/// again for the same text.
fn once() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("/* {} */", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The texts in the first column of a result, without those that are `NULL`.
async fn texts(executor: &DatabaseExecutor<'_>, sql: String) -> Result<Vec<String>, DbErr> {
    let rows = executor.query_all_raw(Statement::from_string(DbBackend::MySql, sql)).await?;
    let texts: Result<Vec<Option<String>>, DbErr> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
    Ok(texts?.into_iter().flatten().collect())
}

impl MySqlBackend {
    /// The facts about a table; `None` when there is no such table.
    async fn facts_at(
        &self,
        executor: &DatabaseExecutor<'_>,
        schema: Option<&str>,
        name: &str,
    ) -> Result<Option<TableFacts>, DbErr> {
        let (schema, name) = (
            schema.map_or_else(|| "DATABASE()".to_owned(), |schema| self.text_literal(schema)),
            self.text_literal(name),
        );
        let kind = format!(
            "SELECT CASE WHEN t.table_type NOT IN ('BASE TABLE', 'SYSTEM VERSIONED') THEN 'VIEW'
                ELSE COALESCE(e.transactions, 'NO') END
            FROM information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine
            WHERE t.table_schema = {schema} AND t.table_name = {name} {MANY} {}",
            once()
        );
        let Some(kind) = texts(executor, kind).await?.into_iter().next() else { return Ok(None) };
        let triggers = format!(
            "SELECT CAST(action_statement AS CHAR) FROM information_schema.triggers
            WHERE event_object_schema = {schema} AND event_object_table = {name} {MANY} {}",
            once()
        );
        let mut has_known_triggers = true;
        let mut writes_to_others = kind == "VIEW";
        for body in texts(executor, triggers).await? {
            let facts = sql::read(&body, SqlDialect::MySql);
            has_known_triggers &= facts.iter().all(|facts| facts.is_understood && facts.session_writes.is_empty());
            writes_to_others |= facts.iter().any(|facts| facts.may_write);
        }
        let rolls_back = kind != "NO" && (!writes_to_others || self.rolls_back_all(executor, "").await?);
        Ok(Some(TableFacts { rolls_back, has_known_triggers }))
    }
}
