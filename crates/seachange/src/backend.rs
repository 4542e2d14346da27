//! What the engine has to know of each database system. No other module depends on the system.

mod blocker;
pub(crate) mod dialect;
mod lock_key;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod progress;
mod record_location;
pub(crate) mod role;
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    Statement, TransactionOptions,
};

pub use blocker::Blocker;
pub(crate) use blocker::describe_blockers;
pub(crate) use lock_key::{LockKey, LockRole};
pub use progress::StatementProgress;
pub(crate) use record_location::{LocationColumns, RecordLocation};
pub(crate) use server::{Cluster, ServerIdentity};

use crate::limits::{Deadline, Limits};
use crate::sql::SqlDialect;
use crate::sql::catalog_effect::{CatalogEffect, CatalogObject};

/// The facts about a table from the catalogue on which a resumed revision depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableFacts {
    /// Whether a rolled back transaction undoes changes of its rows, with all that its triggers change.
    pub(crate) rolls_back: bool,
    /// Whether it has no triggers, or only triggers that are known to leave nothing in a session.
    pub(crate) has_known_triggers: bool,
}

/// A transaction for a revision has begun, and this session has the lock of the revisions' session.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BegunTransaction {
    /// The [`change_counter`](Backend::data_version) in that transaction.
    pub(crate) change_counter: Option<i64>,
}

/// The queries by which the targets of a fleet are found, each with the names in its first column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FleetQueries {
    /// The schemas of the database, without those of the system; `None` when a database has no schemas.
    pub(crate) schemas: Option<&'static str>,
    /// The databases of the server, without those of the system.
    pub(crate) databases: &'static str,
}

/// The savepoint by which the engine recognises its transaction.
pub(crate) const SAVEPOINT: &str = "seachange_revision";

/// The state of an object in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectState {
    Present,
    Absent,
    /// It is listed but unusable: an index whose concurrent build did not finish.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "sqlite")),
        expect(dead_code, reason = "MySQL and MariaDB list nothing that they did not finish")
    )]
    Unusable,
}

/// A database system.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Its name, for messages.
    fn name(&self) -> &'static str;

    /// Whether a rolled back transaction undoes changes of tables.
    fn rolls_back_ddl(&self) -> bool;

    /// How the transaction of a revision begins.
    fn transaction_options(&self) -> TransactionOptions {
        TransactionOptions::default()
    }

    /// Gives a column the type for a timestamp in UTC, to the millisecond or better.
    fn timestamp_column<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef;

    /// Gives a column the type for text of any length.
    fn long_text<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.text()
    }

    /// The grammar of its statements.
    fn sql_dialect(&self) -> SqlDialect;

    /// A text as a literal that does not depend on how the session treats a backslash.
    fn text_literal(&self, text: &str) -> String;

    /// SQL that returns to the role of the engine until the transaction ends, appended to another statement.
    fn own_role(&self) -> &'static str {
        ""
    }

    /// SQL text that runs the engine's own `sql` under the role of the engine, whatever role the session has.
    fn under_own_role(&self, sql: &str) -> String {
        sql.to_owned()
    }

    /// The statement that begins a transaction.
    fn begin_text(&self) -> &'static str {
        "BEGIN"
    }

    /// The expressions for the schema in which the session finds a table, or would create it. `None` when there is only
    /// one place.
    fn location_columns(&self, _table: &str) -> Option<LocationColumns> {
        None
    }

    /// An expression for the schemas in which the session looks for tables; [`only_schema`](Self::only_schema) reads
    /// its value. `None` when there is only one place.
    fn search_path(&self) -> Option<&'static str> {
        None
    }

    /// The schema in which the session finds every table except those of the system, if there is only one such schema.
    fn only_schema(&self, search_path: String) -> Option<String> {
        Some(search_path)
    }

    /// Takes a lock of a run for this session, unless another session has it. The lock ends with the session.
    ///
    /// A single-writer database needs no lock: there, each revision begins by taking the write lock.
    async fn try_lock(&self, _session: &DatabaseExecutor<'_>, _key: LockKey, _role: LockRole) -> Result<bool, DbErr> {
        Ok(true)
    }

    /// Whether the session finds none of these tables, whose names are quoted, where one query tells that; `false` where it
    /// is unknown.
    async fn is_none_there(&self, _session: &DatabaseExecutor<'_>, _tables: &[String]) -> bool {
        false
    }

    /// Releases a lock.
    async fn unlock(&self, _session: &DatabaseExecutor<'_>, _key: LockKey, _role: LockRole) -> Result<(), DbErr> {
        Ok(())
    }

    /// Whether this session has a lock, or none is needed.
    async fn holds_lock(
        &self,
        _executor: &DatabaseExecutor<'_>,
        _key: LockKey,
        _role: LockRole,
    ) -> Result<bool, DbErr> {
        Ok(true)
    }

    /// Whether any session has the lock of the run, asked without taking it. On a single-writer database, none has it.
    async fn is_locked(&self, _connection: &DatabaseConnection, _key: LockKey) -> Result<bool, DbErr> {
        Ok(false)
    }

    /// The id of the session that has the lock of the revisions' session; another session asks for it. `None` when none
    /// has it, or the system has no sessions.
    async fn work_session(&self, _connection: &DatabaseConnection, _key: LockKey) -> Result<Option<i64>, DbErr> {
        Ok(None)
    }

    /// The sessions for whose locks a session waits; another session asks for them. `None` when it does not wait for a
    /// lock; an empty list when the server does not show this user the sessions.
    async fn blockers(&self, _connection: &DatabaseConnection, _session: i64) -> Result<Option<Vec<Blocker>>, DbErr> {
        Ok(None)
    }

    /// How far the running statement of a session is; another session asks for it. `None` when the server does not
    /// report it.
    async fn statement_progress(
        &self,
        _connection: &DatabaseConnection,
        _session: i64,
    ) -> Result<Option<StatementProgress>, DbErr> {
        Ok(None)
    }

    /// Executes SQL text that ends a transaction and writes `rows` rows, or an empty text, and begins the transaction
    /// for a revision, in one request. It also takes the lock of the revisions' session, and sets the savepoint by
    /// which the engine recognises the transaction. Returns `None` when another session has the lock; the transaction
    /// is open in this case as well.
    ///
    /// A database that cannot roll back changes of tables begins no such transaction.
    async fn begin_revision(
        &self,
        session: &DatabaseTransaction,
        before: (&str, u64),
        _key: LockKey,
        _limits: &Limits,
    ) -> Result<Option<BegunTransaction>, DbErr> {
        let begun = session.execute_unprepared(&format!("{}{}", before.0, self.begin_text())).await;
        begun.map(|_| Some(BegunTransaction::default()))
    }

    /// The statement that limits how long statements of the open transaction wait for locks, where there is one.
    fn transaction_lock_limit(&self, _limit: Duration) -> Option<String> {
        None
    }

    /// The settings of a session that cannot be replaced, for [`restore_session`](Self::restore_session).
    async fn session_settings(&self, _session: &DatabaseTransaction) -> Result<Vec<(String, String)>, DbErr> {
        Ok(Vec::new())
    }

    /// Restores a session that cannot be replaced: its settings, and its temporary objects.
    async fn restore_session(
        &self,
        _session: &DatabaseTransaction,
        _settings: &[(String, String)],
    ) -> Result<(), DbErr> {
        Ok(())
    }

    /// Whether statements of this connection may arrive in other sessions than the one that has the lock, because of a
    /// pooler.
    async fn is_pooled(&self, _connection: &DatabaseConnection) -> bool {
        false
    }

    /// What the server says of itself, when a run begins. One query, or none where there is no server.
    async fn server_identity(&self, _connection: &DatabaseConnection) -> Result<ServerIdentity, DbErr> {
        Ok(ServerIdentity::default())
    }

    /// Whether a run may hold a lease beside the lock of its session.
    fn has_leases(&self) -> bool {
        false
    }

    /// Whether only one session can write at a time, so that runs need no lock beside the write lock.
    fn is_single_writer(&self) -> bool {
        false
    }

    /// Sets how long the next statements wait for the write lock, on a single-writer database.
    async fn set_busy_timeout(&self, _executor: &DatabaseExecutor<'_>, _patience: Duration) -> Result<(), DbErr> {
        Ok(())
    }

    /// The settings of a session that implement the limits, with their values.
    fn limit_settings(&self, limits: &Limits) -> Vec<(&'static str, String)>;

    /// The value of one of these settings.
    async fn setting(&self, connection: &DatabaseConnection, name: &'static str) -> Result<String, DbErr>;

    /// Gives one of these settings a value.
    async fn set(&self, connection: &DatabaseConnection, name: &'static str, value: &str) -> Result<(), DbErr>;

    /// The name of the system if it cannot limit how long a statement takes.
    async fn statement_timeout_unsupported(
        &self,
        _connection: &DatabaseConnection,
    ) -> Result<Option<&'static str>, DbErr> {
        Ok(None)
    }

    /// Ends statements at a deadline, on a database without a setting for it; `None` removes the deadline.
    async fn enforce_deadline(
        &self,
        _connection: &DatabaseConnection,
        _deadline: Option<&Arc<Deadline>>,
    ) -> Result<(), DbErr> {
        Ok(())
    }

    /// Prepares a transaction in which a statement failed for the rollback by the driver.
    async fn before_rollback(&self, _transaction: &DatabaseTransaction) {}

    /// A number that changes when another session has written, on a single-writer database.
    async fn data_version(&self, _executor: &DatabaseExecutor<'_>) -> Result<Option<i64>, DbErr> {
        Ok(None)
    }

    /// The id of the last inserted row, if the database returns it with the result.
    fn last_insert_id(&self, _result: &ExecResult) -> u64 {
        0
    }

    /// Whether a statement failed because it waited too long for another session, and may succeed later.
    fn is_lock_conflict(&self, error: &DbErr) -> bool;

    /// Whether a statement was ended because it reached its time limit.
    fn is_timed_out(&self, error: &DbErr) -> bool;

    /// The effects of a statement on the catalogue, determined from its text.
    fn catalog_effects(&self, sql: &str) -> Vec<CatalogEffect>;

    /// Asks the catalogue whether an object exists.
    async fn object_state(&self, executor: &DatabaseExecutor<'_>, object: &CatalogObject)
    -> Result<ObjectState, DbErr>;

    /// The facts about a table from the catalogue; the table is named as `schema.table` or `table`.
    async fn table_facts(&self, executor: &DatabaseExecutor<'_>, table: &str) -> Result<TableFacts, DbErr>;

    /// The search path of new sessions of this role, if it does not lead to a schema: after a statement of `session`, which
    /// other sessions such as `other` may not see yet.
    async fn search_path_without(
        &self,
        _session: &DatabaseExecutor<'_>,
        _other: &DatabaseConnection,
        _schema: &str,
    ) -> Result<Option<String>, DbErr> {
        Ok(None)
    }

    /// Whether a rolled back transaction undoes all that a statement may change which is not understood: the tables of the
    /// current database, and of those that the statement, a view, a trigger or a routine of it names.
    async fn rolls_back_all(&self, _executor: &DatabaseExecutor<'_>, _sql: &str) -> Result<bool, DbErr> {
        Ok(true)
    }

    /// Whether a query failed because the table that it reads does not exist.
    fn is_missing_table(&self, error: &DbErr) -> bool;

    /// Whether a savepoint could not be released because it does not exist, or its transaction does not.
    fn is_missing_savepoint(&self, _error: &DbErr) -> bool {
        false
    }

    /// Whether a query failed because a column that it reads does not exist.
    fn is_missing_column(&self, error: &DbErr) -> bool;

    /// The queries by which the targets of a fleet are found; `None` when there is no server.
    fn fleet_queries(&self) -> Option<FleetQueries> {
        None
    }

    /// The number of connections that the server would accept beside those that are open; `None` when there is no server.
    async fn free_connections(&self, _connection: &DatabaseConnection) -> Result<Option<u64>, DbErr> {
        Ok(None)
    }

    /// Texts that begin a transaction which only reads, and end its statements after `limit` where the database can.
    fn read_only_texts(&self, limit: Duration) -> Vec<String>;

    /// The text that makes a session use another schema of its database; `None` when a session cannot be used for another
    /// target.
    fn enter_schema(&self, _schema: &str) -> Option<String> {
        None
    }

    /// The query for the names of the schemas that have a table or view with this name.
    fn schemas_with_table(&self, _table: &str) -> Option<String> {
        None
    }

    /// A query with one row for a record: `number`, and all its rows as a text of `revision hash state`, separated by
    /// commas, in the order of the ids. `NULL` without rows.
    fn record_digest(&self, number: usize, schema: Option<&str>, table: &str) -> String;

    /// Text that has to run once in a session before a [`record_digest`](Self::record_digest).
    fn before_digests(&self) -> Option<&'static str> {
        None
    }

    /// Drops every table, view and type of the current schema, whichever program made it.
    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr>;
}

/// The backend for a connection.
///
/// # Errors
///
/// [`DbErr::BackendNotSupported`] when the feature for it is not compiled in.
pub(crate) fn of(backend: DbBackend) -> Result<&'static dyn Backend, DbErr> {
    match backend {
        #[cfg(feature = "sqlite")]
        DbBackend::Sqlite => Ok(&sqlite::SqliteBackend),
        #[cfg(feature = "postgres")]
        DbBackend::Postgres => Ok(&postgres::PostgresBackend),
        #[cfg(feature = "mysql")]
        DbBackend::MySql => Ok(&mysql::MySqlBackend),
        other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "seachange was built without it" }),
    }
}

/// Whether a revision in one transaction can have its own limit for waits for locks.
#[cfg(feature = "cli")]
pub(crate) fn limits_transactions(backend: DbBackend) -> bool {
    of(backend).is_ok_and(|backend| backend.transaction_lock_limit(Duration::ZERO).is_some())
}

/// A duration as a setting, in units of `milliseconds` ms, rounded up and within the range of every setting: at least
/// one unit, because zero means no limit, and at most a year.
fn clamp_to_setting(length: Duration, milliseconds: u128) -> u128 {
    const YEAR: u128 = 365 * 24 * 60 * 60 * 1000;
    length.as_millis().clamp(1, YEAR.min(i32::MAX.unsigned_abs().into())).div_ceil(milliseconds)
}

/// The first column of the only row of a query, named `answer`.
pub(crate) async fn query_scalar<T: sea_orm::TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Result<T, DbErr> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = connection.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?.try_get("", "answer")
}

/// Drops the objects that a query lists, with a `kind` and a `name` in each row; `quote` is the mark around
/// identifiers.
async fn drop_listed(connection: &impl ConnectionTrait, listing: &str, quote: char, suffix: &str) -> Result<(), DbErr> {
    let listing = Statement::from_string(connection.get_database_backend(), listing);
    for row in connection.query_all_raw(listing).await? {
        let kind: String = row.try_get("", "kind")?;
        let name: String = row.try_get("", "name")?;
        let name = name.replace(quote, &format!("{quote}{quote}"));
        connection.execute_unprepared(&format!("DROP {kind} IF EXISTS {quote}{name}{quote}{suffix}")).await?;
    }
    Ok(())
}
