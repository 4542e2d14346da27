//! The entry that says which run is at work, for runs that wait.

use sea_orm::{ConnectionTrait, DbErr};

use super::WorkSession;
use crate::error::Error;
use crate::lock::{LockWait, is_busy};
use crate::run_context::RunContext;
use crate::store::Holder;

const WRITING: &str = "cannot write to the database";

/// Writes this run into the lock table, so that waiting runs can name it.
///
/// # Errors
///
/// [`Error::Database`] when the table cannot be written.
pub(crate) async fn register_holder(context: RunContext<'_>, work: &WorkSession, holder: &Holder) -> Result<(), Error> {
    try_register_holder(context, work, holder).await.map(drop)
}

/// Changes the tables of the engine and writes this run into the lock table, in one transaction of a single-writer database.
/// Returns whether that succeeded; otherwise nothing has changed.
///
/// # Errors
///
/// [`Error::LockTimeout`] when another session writes for too long; [`Error::Database`] when the transaction cannot begin.
pub(crate) async fn register_holder_after(
    context: RunContext<'_>,
    work: &WorkSession,
    holder: &Holder,
    changes: &[String],
) -> Result<bool, Error> {
    work.begin(context, |error| Error::database(WRITING)(error)).await?;
    let registered = async {
        work.execute(&changes.join("; ")).await?;
        register_holder_in_transaction(context, work, holder).await
    };
    let is_registered = matches!(registered.await, Ok(true));
    if !is_registered {
        work.roll_back().await;
    }
    Ok(is_registered)
}

/// Writes this run into the lock table once no other run is executing a revision that no transaction holds.
///
/// # Errors
///
/// As [`register_holder`], and [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn register_holder_when_idle(
    context: RunContext<'_>,
    work: &WorkSession,
    holder: &Holder,
) -> Result<(), Error> {
    let mut waiter = LockWait::new(context);
    while !try_register_holder(context, work, holder).await? {
        waiter.wait().await?;
    }
    Ok(())
}

/// Writes this run into the lock table, unless another run is executing a revision. Returns whether that succeeded.
async fn try_register_holder(context: RunContext<'_>, work: &WorkSession, holder: &Holder) -> Result<bool, Error> {
    let wrap = |error| Error::database(WRITING)(error);
    if !context.backend.is_single_writer() {
        context.check_lease().await?;
        context.store.set_holder(context.connection, context.backend, holder).await.map_err(wrap)?;
        return Ok(true);
    }
    work.begin(context, wrap).await?;
    let announced = register_holder_in_transaction(context, work, holder).await;
    if !matches!(announced, Ok(true)) {
        work.roll_back().await;
    }
    match announced {
        // Another session reads. The entry only informs waiting runs, and revisions have retries of their own.
        Err(error) if context.backend.is_lock_conflict(&error) => Ok(true),
        announced => announced.map_err(wrap),
    }
}

/// Writes the entry, unless another run is executing a revision: other runs wait for that one.
async fn register_holder_in_transaction(
    context: RunContext<'_>,
    work: &WorkSession,
    holder: &Holder,
) -> Result<bool, DbErr> {
    if is_busy(context, work.executor()).await? {
        return Ok(false);
    }
    let entry = context.store.holder_text(context.backend, holder);
    work.execute(&format!("{entry}; COMMIT")).await.map(|_| true)
}

/// Deletes this run from the lock table, and with `clears_journal` what the journal has of finished revisions, in one
/// request. The entry only informs waiting runs, so a failure is harmless.
pub(crate) async fn clear_holder(context: RunContext<'_>, work: &WorkSession, holder: &Holder, clears_journal: bool) {
    let mut text = context.store.holder_deletion_text(context.backend, holder);
    if clears_journal {
        text = format!("{text}; {}", context.store.clearing_text(context.backend.sql_dialect()));
    }
    if !context.backend.is_single_writer() {
        let _ = context.connection.execute_unprepared(&text).await;
        return;
    }
    // One transaction: each costs the disk several writes.
    if work.executor().execute_unprepared(&format!("BEGIN IMMEDIATE; {text}; COMMIT")).await.is_err() {
        work.roll_back().await;
    }
}
