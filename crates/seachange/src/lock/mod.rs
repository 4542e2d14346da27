//! One run at a time: whoever comes second waits, and knows for whom.
//!
//! On a server the lock belongs to the session, so that the death of the process releases it. SQLite has one writer at a
//! time anyway: there, each revision waits for its turn (see [`Site::begin`]), and finds out whether somebody else has
//! done its work.

mod pause;
mod waiter;

use sea_orm::{ConnectionTrait, DbErr};
use seachange_graph::Plan;

pub(crate) use pause::Pause;
pub(crate) use waiter::Waiter;

use crate::error::Error;
use crate::site::Site;
use crate::store::Holder;

const DOING: &str = "cannot take the lock that keeps other runs out";

/// Waits until no other run is at work, and keeps later ones out.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long, [`Error::LockLost`] where the lock would keep nobody out.
pub(crate) async fn acquire(site: Site<'_>) -> Result<(), Error> {
    // Before the lock is taken: nobody knows in which session it could be given back.
    if site.backend.is_pooled(site.connection).await {
        return Err(Error::LockLost { is_pooled: true });
    }
    let mut waiter = Waiter::new(site);
    while !site.backend.try_lock(site.connection, site.store).await.map_err(Error::database(DOING))? {
        waiter.wait().await?;
    }
    Ok(())
}

/// Lets others in. When even this fails, the session is gone, and the lock with it.
pub(crate) async fn release(site: Site<'_>) {
    let _ = site.backend.unlock(site.connection, site.store).await;
}

/// Says who is at work now, for those who wait.
///
/// # Errors
///
/// [`Error::Database`] when nothing can be written.
pub(crate) async fn announce(site: Site<'_>, program: &str, plan: &Plan) -> Result<Holder, Error> {
    let holder = Holder::this(program, plan);
    try_announce(site, &holder).await?;
    Ok(holder)
}

/// Says who is at work now, once nobody is in the middle of a revision that no transaction holds.
///
/// # Errors
///
/// As [`announce`], and [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn announce_alone(site: Site<'_>, program: &str, plan: &Plan) -> Result<Holder, Error> {
    let holder = Holder::this(program, plan);
    let mut waiter = Waiter::new(site);
    while !try_announce(site, &holder).await? {
        waiter.wait().await?;
    }
    Ok(holder)
}

/// Waits until nobody is in the middle of a revision that no transaction holds, where runs take turns: there, the lock
/// keeps none of them out.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn wait_for_turn(site: Site<'_>) -> Result<(), Error> {
    let wrap = |error| Error::database("cannot read which revisions are applied")(error);
    let mut waiter = Waiter::new(site);
    while site.backend.takes_turns() && is_busy(site, site.connection).await.map_err(wrap)? {
        waiter.wait().await?;
    }
    Ok(())
}

/// Says who is at work now, unless another run is in the middle of a revision. Whether it could be said comes back.
async fn try_announce(site: Site<'_>, holder: &Holder) -> Result<bool, Error> {
    let wrap = |error| Error::database("cannot write to the database")(error);
    if site.backend.takes_turns() {
        let transaction = site.begin(wrap).await?;
        // Whoever is in the middle of a revision stays the one that others wait for.
        let is_busy = is_busy(site, &transaction).await.map_err(wrap)?;
        if !is_busy {
            site.store.set_holder(&transaction, site.backend, holder).await.map_err(wrap)?;
        }
        match transaction.commit().await {
            // Somebody reads. It is a message, and the revisions have retries of their own.
            Err(error) if site.backend.is_kept_waiting(&error) => {}
            committed => committed.map_err(wrap)?,
        }
        return Ok(!is_busy);
    }
    site.store.set_holder(site.connection, site.backend, holder).await.map_err(wrap)?;
    Ok(true)
}

/// Whether another run is in the middle of a revision. The record is read only where somebody says to be at work.
async fn is_busy(site: Site<'_>, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if !is_at_work(site, connection).await {
        return Ok(false);
    }
    match site.store.rows(connection).await {
        Ok(rows) => Ok(rows.iter().any(|row| !row.is_applied())),
        Err(error) if site.backend.is_missing_table(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Says that nobody is at work any longer. It is a message, so that a failure does no harm.
pub(crate) async fn withdraw(site: Site<'_>, holder: &Holder) {
    let _ = site.store.clear_holder(site.connection, holder).await;
}

/// Whether another run is at work. Where runs take turns, it is whether the process that said so is there; one on another
/// machine counts as there for an hour.
pub(crate) async fn is_at_work(site: Site<'_>, connection: &impl ConnectionTrait) -> bool {
    if !site.backend.takes_turns() {
        return site.backend.is_locked(site.connection, site.store).await.unwrap_or(false);
    }
    let holder = site.store.holder(connection, site.backend).await;
    holder.ok().flatten().is_some_and(|holder| !holder.is_gone())
}
