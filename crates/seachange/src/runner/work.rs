//! The session in which revisions run.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult, TransactionTrait};

use crate::backend::{Backend, BegunTransaction, LockRole};
use crate::connection::SessionSource;
use crate::error::Error;
use crate::limits::limit;
use crate::lock::LockWait;
use crate::run_context::RunContext;

const OPENING: &str = "cannot open a session for the revisions";

/// The session in which revisions run: a connection that is held for as long as the session is used.
///
/// SeaORM gives a connection back to its pool after each statement, and the pool asks it then whether it is alive. Held by
/// a transaction of SeaORM's, it stays, and costs one round trip a statement. That transaction is ended at once, in plain
/// text: from then on the engine begins and ends transactions itself.
pub(crate) struct WorkSession {
    held: Arc<DatabaseTransaction>,
    /// What a session that cannot be replaced is restored to.
    settings: Vec<(String, String)>,
    /// The pool of this one connection, where the engine made it.
    pool: Option<DatabaseConnection>,
}

impl WorkSession {
    /// Opens a session with the limits of the run and the lock of the work, once the session before it has ended. A
    /// database in memory gets no other session than `only`.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], [`Error::LockTimeout`] where another session keeps the lock, [`Error::Database`].
    pub(crate) async fn open(
        site: RunContext<'_>,
        source: &SessionSource,
        only: &DatabaseConnection,
    ) -> Result<Self, Error> {
        let wrap = |error| Error::database(OPENING)(error);
        let opened = source.open().await?.map(|pinned| pinned.connection);
        let connection = opened.as_ref().unwrap_or(only);
        limit(site, connection).await.map_err(wrap)?;
        let mut waiter = LockWait::new(site);
        while !site.backend.try_lock(&connection.into(), site.store.lock_key(), LockRole::Work).await.map_err(wrap)? {
            waiter.wait().await?;
        }
        let held = connection.begin().await.map_err(wrap)?;
        held.execute_unprepared("COMMIT").await.map_err(wrap)?;
        let settings =
            if opened.is_none() { site.backend.session_settings(&held).await.map_err(wrap)? } else { Vec::new() };
        Ok(Self { held: Arc::new(held), settings, pool: opened })
    }

    /// Where statements go.
    pub(crate) fn executor(&self) -> &DatabaseTransaction {
        &self.held
    }

    /// The same, for a session of a revision.
    pub(crate) fn held(&self) -> Arc<DatabaseTransaction> {
        Arc::clone(&self.held)
    }

    /// Whether the session can be replaced by another one.
    pub(crate) fn is_replaceable(&self) -> bool {
        self.pool.is_some()
    }

    /// Runs a text of one or several statements.
    pub(crate) async fn execute(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.held.execute_unprepared(sql).await
    }

    /// Begins a transaction as soon as no other session writes, where one writes at a time, and sets the savepoint by which
    /// the engine recognises it. Nothing where another session has the lock of the work.
    ///
    /// # Errors
    ///
    /// [`Error::LockTimeout`] when that takes too long; what the database said otherwise, as `wrap` puts it.
    pub(crate) async fn begin(
        &self,
        site: RunContext<'_>,
        wrap: impl Fn(DbErr) -> Error,
    ) -> Result<Option<BegunTransaction>, Error> {
        let mut waiter = LockWait::new(site);
        loop {
            match site.backend.begin_revision(&self.held, ("", 0), site.store.lock_key(), site.limits).await {
                Ok(entered) => return Ok(entered),
                Err(error) if site.backend.is_lock_conflict(&error) => {
                    self.roll_back().await;
                    waiter.wait().await?;
                }
                Err(error) => return Err(wrap(error)),
            }
        }
    }

    /// Rolls the open transaction back. When even this fails the connection is gone, and the database rolls back by itself.
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

    /// Ends the session. Its locks, settings and temporary objects go with it.
    pub(crate) async fn close(self, backend: &dyn Backend) {
        // The transaction that holds the connection is not open any more, which SQLite calls an error.
        if let Some(held) = Arc::into_inner(self.held) {
            backend.before_rollback(&held).await;
            let _ = held.rollback().await;
        }
        if let Some(pool) = self.pool {
            let _ = pool.close().await;
        }
    }
}
