//! One run at a time: a second run waits, and knows which run it waits for.
//!
//! On a server, the lock belongs to the session, so that the server releases it when the process dies. SQLite is a
//! single-writer database and has no such lock: there, each revision waits until it can write (see
//! [`begin`]), and then checks whether another run has already executed it.

mod pause;
mod transaction;
mod waiter;

use sea_orm::{ConnectionTrait, DbErr};

pub(crate) use pause::Backoff;
pub(crate) use transaction::{begin, end};
pub(crate) use waiter::LockWait;

use crate::backend::LockRole;
use crate::error::Error;
use crate::run_context::RunContext;

const DOING: &str = "cannot take the lock that keeps other runs out";

/// Waits until no other run is running, and excludes later runs.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long, [`Error::LockLost`] when the lock would not exclude other runs.
pub(crate) async fn acquire(context: RunContext<'_>) -> Result<(), Error> {
    // Checked before the lock is taken: it is unknown which session could release it.
    if context.backend.is_pooled(context.connection).await {
        return Err(Error::LockLost { is_pooled: true });
    }
    let mut waiter = LockWait::new(context);
    let key = context.store.lock_key();
    while !context
        .backend
        .try_lock(&context.connection.into(), key, LockRole::Run)
        .await
        .map_err(Error::database(DOING))?
    {
        waiter.wait().await?;
    }
    Ok(())
}

/// Releases the lock. If this fails, the session is lost, and its lock with it.
pub(crate) async fn release(context: RunContext<'_>) {
    let _ = context.backend.unlock(context.connection, context.store.lock_key(), LockRole::Run).await;
}

/// On a single-writer database, waits until no other run is executing a revision that no transaction holds: there, the
/// lock excludes no run.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn wait_until_idle(context: RunContext<'_>) -> Result<(), Error> {
    let wrap = |error| Error::database("cannot read which revisions are applied")(error);
    let mut waiter = LockWait::new(context);
    while context.backend.is_single_writer() && is_busy(context, context.connection).await.map_err(wrap)? {
        waiter.wait().await?;
    }
    Ok(())
}

/// Whether another run is executing a revision. The record is read only if the lock table names a run.
pub(crate) async fn is_busy(context: RunContext<'_>, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if !is_at_work(context, connection).await {
        return Ok(false);
    }
    match context.store.rows(connection).await {
        Ok(rows) => Ok(rows.iter().any(|row| !row.is_applied())),
        Err(error) if context.backend.is_missing_table(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether another run is running. On a single-writer database, this means that the process in the lock table exists; a
/// process on another machine counts as existing for an hour.
pub(crate) async fn is_at_work(context: RunContext<'_>, connection: &impl ConnectionTrait) -> bool {
    if !context.backend.is_single_writer() {
        return context.backend.is_locked(context.connection, context.store.lock_key()).await.unwrap_or(false);
    }
    let holder = context.store.holder(connection, context.backend).await;
    holder.ok().flatten().is_some_and(|holder| !holder.is_gone())
}
