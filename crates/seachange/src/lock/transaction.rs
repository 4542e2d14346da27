//! Begins a transaction of the engine, once the database can be written.

use std::time::Duration;

use sea_orm::{DatabaseTransaction, DbErr, TransactionTrait};

use super::LockWait;
use crate::error::Error;
use crate::run_context::RunContext;

/// How long one attempt of SQLite to get the write lock takes, before the engine reports which run it waits for.
const SHORT: Duration = Duration::from_millis(100);

/// Begins a transaction for a write of the engine, which `doing` describes in an error. On a single-writer database, waits
/// until no other session writes.
///
/// # Errors
///
/// [`Error::LockTimeout`] when the wait takes too long; otherwise [`Error::Database`].
pub(crate) async fn begin(context: RunContext<'_>, doing: &'static str) -> Result<DatabaseTransaction, Error> {
    let mut waiter = LockWait::new(context);
    loop {
        match try_begin(context).await {
            Ok(transaction) => return Ok(transaction),
            Err(error) if context.backend.is_lock_conflict(&error) => waiter.wait().await?,
            Err(error) => return Err(Error::database(doing)(error)),
        }
    }
}

/// Commits a transaction of [`begin`] in which everything was written, and rolls it back otherwise.
///
/// # Errors
///
/// [`Error::Database`], with the error of the write or of the commit.
pub(crate) async fn end(
    transaction: DatabaseTransaction,
    written: Result<(), DbErr>,
    doing: &'static str,
) -> Result<(), Error> {
    match written {
        Ok(()) => transaction.commit().await,
        failed => failed,
    }
    .map_err(Error::database(doing))
}

async fn try_begin(context: RunContext<'_>) -> Result<DatabaseTransaction, DbErr> {
    context.backend.set_busy_timeout(&context.connection.into(), SHORT).await?;
    let begun = context.connection.begin_with_options(context.backend.transaction_options()).await;
    let patience = context.limits.statement_lock_timeout();
    match &begun {
        Ok(transaction) => context.backend.set_busy_timeout(&transaction.into(), patience).await?,
        Err(_) => context.backend.set_busy_timeout(&context.connection.into(), patience).await?,
    }
    begun
}
