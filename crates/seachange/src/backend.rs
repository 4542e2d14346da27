//! What the engine has to know of each database system. Nothing else asks which one it is talking to.

pub(crate) mod dialect;
mod lock_key;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod record_location;
pub(crate) mod role;
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

pub(crate) use lock_key::{LockKey, LockRole};
pub(crate) use record_location::{LocationColumns, RecordLocation};

use crate::event::Blocker;
use crate::journal::ObjectState;
use crate::journal::catalog_effect::{CatalogEffect, CatalogObject};
use crate::limits::{Deadline, Limits};
use crate::sql::SqlDialect;

/// What the catalogue says of a table, as far as a resumed revision depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableFacts {
    /// Whether a rolled back transaction undoes changes of its rows.
    pub(crate) rolls_back: bool,
    /// Whether it has no triggers, or only such as are known to leave nothing in a session.
    pub(crate) has_known_triggers: bool,
}

/// A transaction that is to hold a revision has begun, with the lock of the work.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BegunTransaction {
    /// The [`change_counter`](Backend::data_version) since.
    pub(crate) change_counter: Option<i64>,
}

/// A database system.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &'static str;

    /// Whether a rolled back transaction undoes changes of tables.
    fn rolls_back_ddl(&self) -> bool;

    /// How the transaction round a revision begins.
    fn transaction_options(&self) -> TransactionOptions {
        TransactionOptions::default()
    }

    /// Gives a column the type for a moment in UTC, to the millisecond or better.
    fn timestamp_column<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef;

    /// Gives a column the type for a text of any length.
    fn long_text<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.text()
    }

    /// The grammar of its statements.
    fn sql_dialect(&self) -> SqlDialect;

    /// A text as it stands in a statement, whatever the modes of the session make of a backslash.
    fn text_literal(&self, text: &str) -> String;

    /// What goes back to the role of the engine until the transaction ends, behind another statement of the same text.
    fn own_role(&self) -> &'static str {
        ""
    }

    /// The text of the engine's own `sql`, run under the role of the engine whatever role the session has.
    fn under_own_role(&self, sql: &str) -> String {
        sql.to_owned()
    }

    /// The text that begins a transaction.
    fn begin_text(&self) -> &'static str {
        "BEGIN"
    }

    /// What says in which schema the session finds a table, or would make it. Nothing where there is one place only.
    fn location_columns(&self, _table: &str) -> Option<LocationColumns> {
        None
    }

    /// An expression for the schemas in which the session looks for tables, whose value [`only_schema`](Self::only_schema)
    /// reads. Nothing where there is one place only.
    fn search_path(&self) -> Option<&'static str> {
        None
    }

    /// The schema in which the session finds every table that is not of the system's, where that is one.
    fn only_schema(&self, search_path: String) -> Option<String> {
        Some(search_path)
    }

    /// Takes a lock of a run for this session, unless another session has it. It goes with the session.
    ///
    /// A database with one writer at a time needs none: there, each revision begins with the right to write.
    async fn try_lock(&self, _session: &DatabaseExecutor<'_>, _key: LockKey, _role: LockRole) -> Result<bool, DbErr> {
        Ok(true)
    }

    /// Gives a lock back.
    async fn unlock(&self, _session: &DatabaseConnection, _key: LockKey, _role: LockRole) -> Result<(), DbErr> {
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

    /// Whether any session has the lock of the run, asked without taking it. None has it where runs take turns.
    async fn is_locked(&self, _connection: &DatabaseConnection, _key: LockKey) -> Result<bool, DbErr> {
        Ok(false)
    }

    /// The sessions that keep the session waiting that has the lock of the work, asked in another one: nothing where it does not
    /// wait for a lock, and none where the server does not tell this user which sessions they are.
    async fn blockers(&self, _connection: &DatabaseConnection, _key: LockKey) -> Result<Option<Vec<Blocker>>, DbErr> {
        Ok(None)
    }

    /// Runs a text that ends a transaction and writes `rows` rows, or an empty one, and begins the transaction which is to hold
    /// a revision, in one request: it takes the lock of the work, and sets the savepoint by which the engine recognises it.
    /// Nothing where another session has the lock; the transaction is open then, too.
    ///
    /// Databases that cannot roll back changes of tables begin no such transaction.
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

    /// The settings of a session that cannot be replaced, as [`restore_session`](Self::restore_session) takes them.
    async fn session_settings(&self, _session: &DatabaseTransaction) -> Result<Vec<(String, String)>, DbErr> {
        Ok(Vec::new())
    }

    /// Restores a session that cannot be replaced: its settings, and what is in it for the time being.
    async fn restore_session(
        &self,
        _session: &DatabaseTransaction,
        _settings: &[(String, String)],
    ) -> Result<(), DbErr> {
        Ok(())
    }

    /// Whether statements of this connection may arrive in other sessions than the one that has the lock.
    async fn is_pooled(&self, _connection: &DatabaseConnection) -> bool {
        false
    }

    /// Whether there is one writer at a time, so that runs take turns between revisions and need no lock beyond that.
    fn is_single_writer(&self) -> bool {
        false
    }

    /// Says how long the next statements wait for the right to write, where runs take turns.
    async fn set_busy_timeout(&self, _executor: &DatabaseExecutor<'_>, _patience: Duration) -> Result<(), DbErr> {
        Ok(())
    }

    /// The settings of a session that limits come to, and their values.
    fn limit_settings(&self, limits: &Limits) -> Vec<(&'static str, String)>;

    /// The value of one of these settings.
    async fn setting(&self, connection: &DatabaseConnection, name: &'static str) -> Result<String, DbErr>;

    /// Gives one of these settings a value.
    async fn set(&self, connection: &DatabaseConnection, name: &'static str, value: &str) -> Result<(), DbErr>;

    /// The name of the system, where it cannot limit how long a statement takes.
    async fn statement_timeout_unsupported(
        &self,
        _connection: &DatabaseConnection,
    ) -> Result<Option<&'static str>, DbErr> {
        Ok(None)
    }

    /// Ends statements at a deadline, where no setting does, or leaves them alone again.
    async fn enforce_deadline(
        &self,
        _connection: &DatabaseConnection,
        _deadline: Option<&Arc<Deadline>>,
    ) -> Result<(), DbErr> {
        Ok(())
    }

    /// Prepares a transaction in which something failed for the driver to roll it back.
    async fn before_rollback(&self, _transaction: &DatabaseTransaction) {}

    /// A number that changes when another session has written, where runs take turns.
    async fn data_version(&self, _executor: &DatabaseExecutor<'_>) -> Result<Option<i64>, DbErr> {
        Ok(None)
    }

    /// The id that the last inserted row was given, where the database tells it without being asked.
    fn last_insert_id(&self, _result: &ExecResult) -> u64 {
        0
    }

    /// Whether a statement failed because another session kept it waiting for too long, and may do better later.
    fn is_lock_conflict(&self, error: &DbErr) -> bool;

    /// Whether a statement was ended because it took too long.
    fn is_timed_out(&self, error: &DbErr) -> bool;

    /// What a statement leaves in the catalogue, as far as its text tells.
    fn catalog_effects(&self, sql: &str) -> Vec<CatalogEffect>;

    /// Asks the catalogue for an object.
    async fn object_state(&self, executor: &DatabaseExecutor<'_>, object: &CatalogObject)
    -> Result<ObjectState, DbErr>;

    /// What the catalogue says of a table, which is named as `schema.table` or `table`.
    async fn table_facts(&self, executor: &DatabaseExecutor<'_>, table: &str) -> Result<TableFacts, DbErr>;

    /// Whether a query failed because the table it reads is not there.
    fn is_missing_table(&self, error: &DbErr) -> bool;

    /// Whether a savepoint could not be released because it, or its transaction, is not there.
    fn is_missing_savepoint(&self, _error: &DbErr) -> bool {
        false
    }

    /// Whether a query failed because a column it reads is not there.
    fn is_missing_column(&self, error: &DbErr) -> bool;

    /// Drops every table, view and type of the current schema, whoever made it.
    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr>;
}

/// The system behind a connection.
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

/// A length of time in units of so many milliseconds, rounded up, in the range that every setting takes: at least one,
/// because zero means no limit, and at most a year.
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

/// Drops what a query lists, a `kind` and a `name` a row; `quote` is the mark round identifiers.
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
