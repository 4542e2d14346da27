//! Backfills: changes of all rows of a table in batches, while services read and write it.
//!
//! One `UPDATE` of a large table holds the locks of all its rows until it ends, and begins again when it is interrupted. A
//! backfill passes the rows by the primary key, or by another unique key, in batches of about 100 ms. Each batch commits
//! together with the place that it has reached, in the table `seachange_revision_backfill`. So each row is changed exactly
//! once, whatever is killed, and a backfill that was interrupted goes on where it was.
//!
//! In a revision, which has to run outside of a transaction:
//!
//! ```
//! use seachange::backfill::backfill;
//! use seachange::prelude::sea_orm_migration::prelude::*;
//!
//! pub struct Migration;
//!
//! #[async_trait::async_trait]
//! impl MigrationTrait for Migration {
//!     fn use_transaction(&self) -> Option<bool> {
//!         Some(false)
//!     }
//!
//!     async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
//!         backfill(manager, "users")
//!             .filter(Expr::col("email").is_not_null())
//!             .set("email_key", Func::lower(Expr::col("email")))
//!             .run()
//!             .await?;
//!         Ok(())
//!     }
//! }
//! # impl MigrationName for Migration { fn name(&self) -> &str { "example" } }
//! ```
//!
//! Rows that are inserted while it runs get the values that their program gives them. A row that another session gives a
//! key before the place of the backfill is not passed.

mod batches;
mod definition;
pub(crate) mod host;
mod lag;
mod pace;
mod stored;
mod table;
mod work;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait, IntoIden, IntoTableRef, TableRef};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseConnectionType, DatabaseExecutor, DatabaseTransaction, DbErr,
    QueryResult,
};
use sea_orm_migration::SchemaManager;

pub use batches::BackfillReport;
pub(crate) use definition::expression;
pub(crate) use stored::{StoredRun, plan_of_stored, run_stored};

pub(crate) use table::{key_columns, plain_name};

pub use crate::error::BackfillError;
pub use crate::event::{BackfillPhase, BackfillProgress};
pub use crate::limits::BackfillOptions;
pub use crate::store::{BackfillState, BackfillStatus};

use crate::backend;
use crate::event::{self, EventHandler};
use crate::intercept::{BatchCaller, in_batch};
use crate::sql::SqlDialect;
use crate::store::{MAX_BACKFILL_NAME, RevisionStore, RevisionTable};
use batches::{Batches, WhilePaused};
use definition::Definition;
use host::BackfillHost;
use work::{BatchWork, RunCode, SetValues};

/// Begins a backfill of `table`, in a revision by its manager, or from a service by a connection or a pool. The name may
/// have a schema on PostgreSQL, and a database on MySQL.
///
/// From a service, a backfill of code looks like this:
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use seachange::backfill::backfill;
/// use seachange::prelude::sea_orm::{ConnectionTrait, ConnectOptions, Database, Statement};
///
/// let mut options = ConnectOptions::new("sqlite::memory:");
/// options.max_connections(1);
/// let pool = Database::connect(options).await?;
/// pool.execute_unprepared("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, words BIGINT)").await?;
/// pool.execute_unprepared("INSERT INTO users (name) VALUES ('Ada Lovelace'), ('Plato')").await?;
///
/// let report = backfill(&pool, "users")
///     .named("count-words")
///     .each(|transaction, rows| {
///         Box::pin(async move {
///             for row in rows {
///                 let (id, name): (i64, String) = (row.try_get("", "id")?, row.try_get("", "name")?);
///                 let words = name.split(' ').count() as i64;
///                 let sql = "UPDATE users SET words = ? WHERE id = ?";
///                 let values = [words.into(), id.into()];
///                 let update = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
///                 transaction.execute_raw(update).await?;
///             }
///             Ok(())
///         })
///     })
///     .await?;
/// assert_eq!((report.rows_changed, report.is_complete), (2, true));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub fn backfill<'c>(on: impl Into<BackfillConnection<'c>>, table: impl IntoTableRef) -> Backfill<'c> {
    Backfill {
        on: on.into(),
        host: BackfillHost::current(),
        table: table.into_table_ref(),
        name: None,
        filter: None,
        key: None,
        options: None,
        handler: None,
        record: RevisionTable::default(),
    }
}

/// Where a backfill runs: [`From`] the manager of a revision, or a connection or a pool of a service.
pub struct BackfillConnection<'c>(Option<&'c DatabaseConnection>);

impl<'c> From<&'c SchemaManager<'_>> for BackfillConnection<'c> {
    fn from(manager: &'c SchemaManager<'_>) -> Self {
        match manager.get_connection() {
            DatabaseExecutor::Connection(connection) => Self(Some(connection)),
            DatabaseExecutor::Transaction(_) | DatabaseExecutor::OwnedTransaction(_) => Self(None),
        }
    }
}

impl<'c> From<&'c DatabaseConnection> for BackfillConnection<'c> {
    fn from(connection: &'c DatabaseConnection) -> Self {
        Self(Some(connection))
    }
}

/// A backfill without its work: [`set`](Self::set) or [`each`](Self::each) say what happens to a row.
#[must_use = "nothing happens until `run`, `register` or `each`"]
pub struct Backfill<'c> {
    on: BackfillConnection<'c>,
    host: Option<BackfillHost>,
    table: TableRef,
    name: Option<String>,
    filter: Option<Expr>,
    key: Option<Vec<String>>,
    options: Option<BackfillOptions>,
    handler: Option<EventHandler>,
    record: RevisionTable,
}

/// A backfill that sets columns.
#[must_use = "nothing happens until `run` or `register`"]
pub struct BackfillValues<'c> {
    base: Backfill<'c>,
    values: Vec<(String, Expr)>,
}

impl<'c> Backfill<'c> {
    /// The name under which the backfill goes on after an interruption, and by which `backfill pause` and others find it;
    /// 1 to 190 characters. In a revision, the default is the id of the revision, and from its second backfill on
    /// `ID-2` and so on.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Changes only rows for which `condition` holds when their batch runs. Several conditions have to hold together.
    pub fn filter(self, condition: impl Into<Expr>) -> Self {
        let condition = condition.into();
        let filter = match self.filter {
            Some(before) => before.and(condition),
            None => condition,
        };
        Self { filter: Some(filter), ..self }
    }

    /// The columns of the unique key by which the rows are passed, in the order of its index. The default is the primary
    /// key, or the first other key that serves: its columns are not null, and the backfill does not change them.
    pub fn key<N: Into<String>>(self, columns: impl IntoIterator<Item = N>) -> Self {
        Self { key: Some(columns.into_iter().map(Into::into).collect()), ..self }
    }

    /// How it runs. What the options of the run of a revision say comes first.
    pub fn options(self, options: BackfillOptions) -> Self {
        Self { options: Some(options), ..self }
    }

    /// Sends events to `handler`. In a revision, the default is the handler of the run, and elsewhere `tracing`.
    pub fn on_event(self, handler: EventHandler) -> Self {
        Self { handler: Some(handler), ..self }
    }

    /// Outside of a revision: the table of the record beside which the table of backfills is kept.
    pub fn record(self, table: RevisionTable) -> Self {
        Self { record: table, ..self }
    }

    /// Sets a column of each row. The expression is SQL that the database computes, from the row as it is.
    pub fn set(self, column: impl IntoIden, value: impl Into<Expr>) -> BackfillValues<'c> {
        BackfillValues { base: self, values: Vec::new() }.set(column, value)
    }

    /// A backfill that sets nothing, and is refused.
    pub(crate) fn nothing(self) -> BackfillValues<'c> {
        BackfillValues { base: self, values: Vec::new() }
    }

    /// Calls `work` for each batch, with its transaction and its rows with all columns, sorted by the key. Other sessions
    /// cannot change these rows until the batch commits. A batch has at most 2,000 rows.
    ///
    /// The code may change rows of any table by the transaction. It must not change the keys of the rows, and it runs
    /// again for a batch that was rolled back, so it must not have effects outside of the transaction.
    ///
    /// # Errors
    ///
    /// [`BackfillError`]: the error of the code, that of the database, or why the backfill is refused. What earlier
    /// batches have changed stays.
    pub async fn each<F>(self, work: F) -> Result<BackfillReport, BackfillError>
    where
        F: for<'t> FnMut(&'t DatabaseTransaction, Vec<QueryResult>) -> BoxFuture<'t, Result<(), DbErr>> + Send,
    {
        if self.is_recorded() {
            return Err(BackfillError::Recorded);
        }
        let code = self.host.as_ref().map(|host| host.source_hash.clone());
        let mut definition = self.definition()?;
        definition.code = Some(code.unwrap_or_default());
        self.start(definition, RunCode(work)).await
    }

    /// Whether the code runs in a revision that does not run on its database: it is recorded, measured or tried out.
    fn is_recorded(&self) -> bool {
        let is_mocked = |connection: &DatabaseConnection| {
            matches!(connection.inner, DatabaseConnectionType::MockDatabaseConnection(_))
        };
        self.host.is_none() && self.on.0.is_none_or(is_mocked)
    }

    fn definition(&self) -> Result<Definition, BackfillError> {
        let mut definition = Definition::new(&plain_name(&self.table).ok_or(BackfillError::NotATableName)?);
        if let (Some(filter), Some(connection)) = (&self.filter, self.on.0) {
            definition.filter = Some(expression(connection, filter.clone())?);
        }
        Ok(definition)
    }

    async fn start<W: BatchWork + Send>(
        self,
        definition: Definition,
        work: W,
    ) -> Result<BackfillReport, BackfillError> {
        let batches = self.prepared(definition).await?;
        boxed(batches.run(work)).await
    }

    /// The batches. The table of backfills is made if it is missing; on a single-writer database the run of a revision has
    /// made it.
    async fn prepared(self, definition: Definition) -> Result<Batches<'c>, BackfillError> {
        let batches = self.batches(definition)?;
        if batches.revision.is_none() || !batches.backend.is_single_writer() {
            let prepared = batches.store.prepare_backfills(batches.connection, batches.backend);
            in_batch(BatchCaller::Engine, prepared).await?;
        }
        Ok(batches)
    }

    fn batches(self, definition: Definition) -> Result<Batches<'c>, BackfillError> {
        let connection = self.on.0.ok_or(BackfillError::InTransaction)?;
        if self.host.as_ref().is_some_and(|host| host.in_transaction) {
            return Err(BackfillError::InTransaction);
        }
        let name = match (&self.name, &self.host) {
            (Some(name), _) => name.clone(),
            (None, Some(host)) => host.next_name(),
            (None, None) => return Err(BackfillError::NoName),
        };
        if name.is_empty() || name.chars().count() > MAX_BACKFILL_NAME as usize {
            return Err(BackfillError::BadName { name, most: MAX_BACKFILL_NAME });
        }
        let backend = backend::of(connection.get_database_backend())?;
        let (store, handler, stop, revision, options, while_paused) = match self.host {
            Some(host) => {
                (host.store, host.handler, Some(host.stop), Some(host.revision), host.options, WhilePaused::Wait)
            }
            None => {
                let handler: EventHandler = Arc::new(event::trace);
                (RevisionStore::new(self.record), handler, None, None, BackfillOptions::new(), WhilePaused::End)
            }
        };
        Ok(Batches {
            connection,
            backend,
            store,
            name,
            revision,
            definition,
            wanted_key: self.key,
            options: options.or(self.options.unwrap_or_default()),
            handler: self.handler.unwrap_or(handler),
            stop,
            while_paused,
        })
    }
}

impl BackfillValues<'_> {
    /// Sets one more column of each row, from the row as it was before.
    pub fn set(mut self, column: impl IntoIden, value: impl Into<Expr>) -> Self {
        self.values.push((column.into_iden().to_string(), value.into()));
        self
    }

    /// Runs the backfill to its end. With [`BackfillOptions::register`], which `up --register-backfills` sets, a revision
    /// only registers it.
    ///
    /// Where the revision does not run, but is written as a script or measured, this is one `UPDATE` of all rows.
    ///
    /// # Errors
    ///
    /// [`BackfillError`]: that of the database, or why the backfill is refused. What earlier batches have changed stays.
    pub async fn run(self) -> Result<BackfillReport, BackfillError> {
        let registers = self.base.host.as_ref().is_some_and(|host| host.options.registers);
        if registers {
            return self.register().await;
        }
        let definition = self.definition()?;
        if self.base.is_recorded() {
            return record(self.base, &definition).await;
        }
        self.base.start(definition, SetValues).await
    }

    /// Registers the backfill and returns. `backfill run`, or a service by
    /// [`Migrator::run_backfills`](crate::Migrator::run_backfills), runs it.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), before the first batch.
    pub async fn register(self) -> Result<BackfillReport, BackfillError> {
        let definition = self.definition()?;
        if self.base.is_recorded() {
            return record(self.base, &definition).await;
        }
        let batches = self.base.prepared(definition).await?;
        boxed(batches.register()).await
    }

    fn definition(&self) -> Result<Definition, BackfillError> {
        let mut definition = self.base.definition()?;
        if self.values.is_empty() {
            return Err(BackfillError::NothingToSet { table: definition.table().to_string() });
        }
        let Some(connection) = self.base.on.0 else { return Ok(definition) };
        for (column, value) in &self.values {
            let value = expression(connection, value.clone())?;
            definition.values.push((column.clone(), value));
        }
        if SqlDialect::of(connection.get_database_backend()) == SqlDialect::MySql {
            let ordered = definition::in_order(std::mem::take(&mut definition.values));
            let table = definition.table().to_string();
            definition.values = ordered.map_err(|columns| BackfillError::ReadEachOther { table, columns })?;
        }
        Ok(definition)
    }
}

/// A future on the heap: the types of the engine's futures would exceed the compiler's limit in the crates of users.
fn boxed<'f, T>(future: impl Future<Output = T> + Send + 'f) -> BoxFuture<'f, T> {
    Box::pin(future)
}

/// Sends the backfill as one statement, to whatever records or measures the statements of the revision.
async fn record(base: Backfill<'_>, definition: &Definition) -> Result<BackfillReport, BackfillError> {
    let connection = base.on.0.ok_or(BackfillError::InTransaction)?;
    let backend = backend::of(connection.get_database_backend())?;
    let changed = connection.execute_unprepared(&definition.whole(backend.sql_dialect())).await?.rows_affected();
    Ok(BackfillReport::recorded(base.name.unwrap_or_default(), changed))
}
