//! The session in which revisions run.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult, TransactionTrait};

use super::{SessionSource, limit};
use crate::backend::{Backend, BegunTransaction, LockRole};
use crate::error::Error;
use crate::lock::LockWait;
use crate::run_context::RunContext;

const OPENING: &str = "cannot open a session for the revisions";

/// The session in which revisions run: one connection, held as long as the session is used.
///
/// SeaORM returns a connection to its pool after each statement, and the pool then checks whether the connection is
/// alive. A transaction of SeaORM holds the connection instead, so that a statement costs one round trip. The engine
/// ends that transaction at once with plain SQL; from then on the engine itself begins and ends transactions.
pub(crate) struct WorkSession {
    held: Arc<DatabaseTransaction>,
    /// The settings to restore in a session that cannot be replaced.
    settings: Vec<(String, String)>,
    /// The pool of this one connection, if the engine made it.
    pool: Option<DatabaseConnection>,
}

impl WorkSession {
    /// Opens a session with the limits of the run and the lock of the revisions' session, once the session before it
    /// has ended. For a database in memory, the session uses `only`.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], [`Error::LockTimeout`] when another session keeps the lock, [`Error::Database`].
    pub(crate) async fn open(
        context: RunContext<'_>,
        source: &SessionSource,
        only: &DatabaseConnection,
    ) -> Result<Self, Error> {
        let wrap = |error| Error::database(OPENING)(error);
        let opened = source.open().await?.map(|pinned| pinned.connection);
        let connection = opened.as_ref().unwrap_or(only);
        limit(context, connection).await.map_err(wrap)?;
        let mut waiter = LockWait::new(context);
        while !context
            .backend
            .try_lock(&connection.into(), context.store.lock_key(), LockRole::Work)
            .await
            .map_err(wrap)?
        {
            waiter.wait().await?;
        }
        let held = connection.begin().await.map_err(wrap)?;
        held.execute_unprepared("COMMIT").await.map_err(wrap)?;
        let settings =
            if opened.is_none() { context.backend.session_settings(&held).await.map_err(wrap)? } else { Vec::new() };
        Ok(Self { held: Arc::new(held), settings, pool: opened })
    }

    /// The connection that executes statements.
    pub(crate) fn executor(&self) -> &DatabaseTransaction {
        &self.held
    }

    /// The same connection, for a session of a revision.
    pub(crate) fn held(&self) -> Arc<DatabaseTransaction> {
        Arc::clone(&self.held)
    }

    /// Whether the session can be replaced by another one.
    pub(crate) fn is_replaceable(&self) -> bool {
        self.pool.is_some()
    }

    /// Executes SQL text of one or several statements.
    pub(crate) async fn execute(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.held.execute_unprepared(sql).await
    }

    /// Begins a transaction, and sets the savepoint by which the engine recognises it. On a single-writer database,
    /// waits until no other session writes. Returns `None` when another session has the lock of the revisions' session.
    ///
    /// # Errors
    ///
    /// [`Error::LockTimeout`] when the wait takes too long; otherwise the error of the database, wrapped by `wrap`.
    pub(crate) async fn begin(
        &self,
        context: RunContext<'_>,
        wrap: impl Fn(DbErr) -> Error,
    ) -> Result<Option<BegunTransaction>, Error> {
        let mut waiter = LockWait::new(context);
        loop {
            match context.backend.begin_revision(&self.held, ("", 0), context.store.lock_key(), context.limits).await {
                Ok(entered) => return Ok(entered),
                Err(error) if context.backend.is_lock_conflict(&error) => {
                    self.roll_back().await;
                    waiter.wait().await?;
                }
                Err(error) => return Err(wrap(error)),
            }
        }
    }

    /// Rolls back the open transaction. If this fails, the connection is lost, and the database itself rolls back.
    pub(crate) async fn roll_back(&self) {
        let _ = self.execute("ROLLBACK").await;
    }

    /// Restores a session that cannot be replaced.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(crate) async fn restore(&self, backend: &dyn Backend) -> Result<(), DbErr> {
        backend.restore_session(&self.held, &self.settings).await
    }

    /// Ends the session. Its locks, settings and temporary objects end with it.
    pub(crate) async fn close(self, backend: &dyn Backend) {
        // The transaction that holds the connection is not open any more. SQLite reports that as an error.
        if let Some(held) = Arc::into_inner(self.held) {
            backend.before_rollback(&held).await;
            let _ = held.rollback().await;
        }
        if let Some(pool) = self.pool {
            let _ = pool.close().await;
        }
    }
}
