//! One run at a time: a second run waits, and knows which run it waits for.
//!
//! On a server, the lock belongs to the session, so that the server releases it when the process dies. SQLite is a
//! single-writer database and has no such lock: there, each revision waits until it can write (see
//! [`RunContext::begin`]), and then checks whether another run has already executed it.

mod pause;
mod waiter;

use sea_orm::{ConnectionTrait, DbErr};

pub(crate) use pause::Backoff;
pub(crate) use waiter::LockWait;

use crate::backend::LockRole;
use crate::error::Error;
use crate::run_context::RunContext;
use crate::runner::WorkSession;
use crate::store::Holder;

const DOING: &str = "cannot take the lock that keeps other runs out";

/// Waits until no other run is running, and excludes later runs.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long, [`Error::LockLost`] when the lock would not exclude other runs.
pub(crate) async fn acquire(site: RunContext<'_>) -> Result<(), Error> {
    // Checked before the lock is taken: it is unknown which session could release it.
    if site.backend.is_pooled(site.connection).await {
        return Err(Error::LockLost { is_pooled: true });
    }
    let mut waiter = LockWait::new(site);
    let key = site.store.lock_key();
    while !site.backend.try_lock(&site.connection.into(), key, LockRole::Run).await.map_err(Error::database(DOING))? {
        waiter.wait().await?;
    }
    Ok(())
}

/// Releases the lock. If this fails, the session is lost, and its lock with it.
pub(crate) async fn release(site: RunContext<'_>) {
    let _ = site.backend.unlock(site.connection, site.store.lock_key(), LockRole::Run).await;
}

/// Writes this run into the lock table, so that waiting runs can name it.
///
/// # Errors
///
/// [`Error::Database`] when the table cannot be written.
pub(crate) async fn register_holder(site: RunContext<'_>, work: &WorkSession, holder: &Holder) -> Result<(), Error> {
    try_register_holder(site, work, holder).await.map(drop)
}

/// Writes this run into the lock table once no other run is executing a revision that no transaction holds.
///
/// # Errors
///
/// As [`register_holder`], and [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn register_holder_when_idle(
    site: RunContext<'_>,
    work: &WorkSession,
    holder: &Holder,
) -> Result<(), Error> {
    let mut waiter = LockWait::new(site);
    while !try_register_holder(site, work, holder).await? {
        waiter.wait().await?;
    }
    Ok(())
}

/// On a single-writer database, waits until no other run is executing a revision that no transaction holds: there, the
/// lock excludes no run.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn wait_until_idle(site: RunContext<'_>) -> Result<(), Error> {
    let wrap = |error| Error::database("cannot read which revisions are applied")(error);
    let mut waiter = LockWait::new(site);
    while site.backend.is_single_writer() && is_busy(site, site.connection).await.map_err(wrap)? {
        waiter.wait().await?;
    }
    Ok(())
}

/// Writes this run into the lock table, unless another run is executing a revision. Returns whether that succeeded.
async fn try_register_holder(site: RunContext<'_>, work: &WorkSession, holder: &Holder) -> Result<bool, Error> {
    let wrap = |error| Error::database("cannot write to the database")(error);
    if !site.backend.is_single_writer() {
        site.store.set_holder(site.connection, holder).await.map_err(wrap)?;
        return Ok(true);
    }
    work.begin(site, wrap).await?;
    let announced = register_holder_in_transaction(site, work, holder).await;
    if !matches!(announced, Ok(true)) {
        work.roll_back().await;
    }
    match announced {
        // Another session reads. The entry only informs waiting runs, and revisions have retries of their own.
        Err(error) if site.backend.is_lock_conflict(&error) => Ok(true),
        announced => announced.map_err(wrap),
    }
}

/// Writes the entry, unless another run is executing a revision: other runs wait for that one.
async fn register_holder_in_transaction(
    site: RunContext<'_>,
    work: &WorkSession,
    holder: &Holder,
) -> Result<bool, DbErr> {
    if is_busy(site, work.executor()).await? {
        return Ok(false);
    }
    site.store.set_holder(work.executor(), holder).await?;
    work.execute("COMMIT").await.map(|_| true)
}

/// Whether another run is executing a revision. The record is read only if the lock table names a run.
async fn is_busy(site: RunContext<'_>, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if !is_at_work(site, connection).await {
        return Ok(false);
    }
    match site.store.rows(connection).await {
        Ok(rows) => Ok(rows.iter().any(|row| !row.is_applied())),
        Err(error) if site.backend.is_missing_table(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Deletes this run from the lock table. The entry only informs waiting runs, so a failure is harmless.
pub(crate) async fn clear_holder(site: RunContext<'_>, work: &WorkSession, holder: &Holder) {
    let _ = match site.backend.is_single_writer() {
        true => site.store.clear_holder(work.executor(), holder).await,
        false => site.store.clear_holder(site.connection, holder).await,
    };
}

/// Whether another run is running. On a single-writer database, this means that the process in the lock table exists; a
/// process on another machine counts as existing for an hour.
pub(crate) async fn is_at_work(site: RunContext<'_>, connection: &impl ConnectionTrait) -> bool {
    if !site.backend.is_single_writer() {
        return site.backend.is_locked(site.connection, site.store.lock_key()).await.unwrap_or(false);
    }
    let holder = site.store.holder(connection, site.backend).await;
    holder.ok().flatten().is_some_and(|holder| !holder.is_gone())
}
