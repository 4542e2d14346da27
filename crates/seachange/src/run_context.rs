//! The context of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use crate::backend::Backend;
use crate::error::Error;
use crate::event::{Event, EventHandler};
use crate::limits::{Deadline, Limits};
use crate::lock::LockWait;
use crate::runner::{Connection, DirectSession};
use crate::store::RevisionStore;

/// How long one attempt of SQLite to get the write lock takes, before the engine reports which run it waits for.
const SHORT: Duration = Duration::from_millis(100);

/// The database of a run, with its limits, its event handler and its stop switch.
#[derive(Clone, Copy)]
pub(crate) struct RunContext<'a> {
    pub(crate) connection: &'a DatabaseConnection,
    pub(crate) backend: &'static dyn Backend,
    pub(crate) store: &'a RevisionStore,
    pub(crate) handler: &'a EventHandler,
    pub(crate) limits: &'a Limits,
    /// When the running statement of a revision has to end.
    pub(crate) deadline: &'a Arc<Deadline>,
    /// Set by the caller to stop before the next revision, or while the run waits for another run.
    pub(crate) stop: &'a AtomicBool,
    /// How long the run has waited for other runs.
    pub(crate) waited: &'a WaitClock,
}

/// How long a run has waited for other runs.
#[derive(Debug, Default)]
pub(crate) struct WaitClock(AtomicU64);

impl WaitClock {
    pub(crate) fn add(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).unwrap_or_default(), Ordering::Relaxed);
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    /// Returns the whole time, and sets it to zero.
    pub(crate) fn take(&self) -> Duration {
        Duration::from_millis(self.0.swap(0, Ordering::Relaxed))
    }
}

impl RunContext<'_> {
    /// A session for the code of a revision; `is_held` says whether the engine holds a transaction.
    pub(crate) fn live(&self, base: Connection, is_held: bool) -> DirectSession {
        DirectSession::new(
            base,
            self.backend.sql_dialect(),
            is_held,
            Arc::clone(self.handler),
            Arc::clone(self.deadline),
        )
    }

    /// Whether the run is asked to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Sends an event to the event handler.
    pub(crate) fn emit(&self, event: &Event<'_>) {
        (self.handler)(event);
    }

    /// Begins a transaction. On a single-writer database, waits until no other session writes.
    ///
    /// # Errors
    ///
    /// [`Error::LockTimeout`] when the wait takes too long; otherwise the error of the database, wrapped by `wrap`.
    pub(crate) async fn begin(&self, wrap: impl Fn(DbErr) -> Error) -> Result<DatabaseTransaction, Error> {
        let mut waiter = LockWait::new(*self);
        loop {
            match self.try_begin().await {
                Ok(transaction) => return Ok(transaction),
                Err(error) if self.backend.is_lock_conflict(&error) => waiter.wait().await?,
                Err(error) => return Err(wrap(error)),
            }
        }
    }

    /// Writes in one transaction, all or nothing; `doing` describes the write in an error.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin).
    pub(crate) async fn write(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(), DbErr>,
    ) -> Result<(), Error> {
        let transaction = self.begin(|error| Error::database(doing)(error)).await?;
        match work(&transaction).await {
            Ok(()) => transaction.commit().await,
            failed => failed,
        }
        .map_err(Error::database(doing))
    }

    async fn try_begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.backend.set_busy_timeout(&self.connection.into(), SHORT).await?;
        let begun = self.connection.begin_with_options(self.backend.transaction_options()).await;
        let patience = self.limits.statement_lock_timeout();
        match &begun {
            Ok(transaction) => self.backend.set_busy_timeout(&transaction.into(), patience).await?,
            Err(_) => self.backend.set_busy_timeout(&self.connection.into(), patience).await?,
        }
        begun
    }
}
