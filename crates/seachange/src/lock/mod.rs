//! One run at a time: whoever comes second waits, and knows for whom.
//!
//! On a server the lock belongs to the session, so that the death of the process releases it. SQLite has one writer at a
//! time anyway: there, each revision waits for its turn (see [`RunContext::begin`]), and finds out whether somebody else has
//! done its work.

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

/// Waits until no other run is at work, and keeps later ones out.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long, [`Error::LockLost`] where the lock would keep no run out.
pub(crate) async fn acquire(site: RunContext<'_>) -> Result<(), Error> {
    // Before the lock is taken: it is unknown in which session it could be given back.
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

/// Lets others in. When even this fails, the session is gone, and the lock with it.
pub(crate) async fn release(site: RunContext<'_>) {
    let _ = site.backend.unlock(site.connection, site.store.lock_key(), LockRole::Run).await;
}

/// Says who is at work now, for those who wait.
///
/// # Errors
///
/// [`Error::Database`] when nothing can be written.
pub(crate) async fn register_holder(site: RunContext<'_>, work: &WorkSession, holder: &Holder) -> Result<(), Error> {
    try_register_holder(site, work, holder).await.map(drop)
}

/// Says who is at work now, once no other run is in the middle of a revision that no transaction holds.
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

/// Waits until nobody is in the middle of a revision that no transaction holds, where runs take turns: there, the lock
/// keeps none of them out.
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

/// Says who is at work now, unless another run is in the middle of a revision. Whether it could be said comes back.
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
        // Another session reads. It is a message, and the revisions have retries of their own.
        Err(error) if site.backend.is_lock_conflict(&error) => Ok(true),
        announced => announced.map_err(wrap),
    }
}

/// A run that is in the middle of a revision stays the one that others wait for.
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

/// Whether another run is in the middle of a revision. The record is read only where somebody says to be at work.
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

/// Says that this run is not at work any longer. It is a message, so that a failure does no harm.
pub(crate) async fn clear_holder(site: RunContext<'_>, work: &WorkSession, holder: &Holder) {
    let _ = match site.backend.is_single_writer() {
        true => site.store.clear_holder(work.executor(), holder).await,
        false => site.store.clear_holder(site.connection, holder).await,
    };
}

/// Whether another run is at work. Where runs take turns, it is whether the process that said so is there; one on another
/// machine counts as there for an hour.
pub(crate) async fn is_at_work(site: RunContext<'_>, connection: &impl ConnectionTrait) -> bool {
    if !site.backend.is_single_writer() {
        return site.backend.is_locked(site.connection, site.store.lock_key()).await.unwrap_or(false);
    }
    let holder = site.store.holder(connection, site.backend).await;
    holder.ok().flatten().is_some_and(|holder| !holder.is_gone())
}
