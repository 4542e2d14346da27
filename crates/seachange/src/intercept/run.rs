//! Runs the code of one revision, and turns every end of it, a panic included, into a value.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use sea_orm::{DatabaseConnection, DbErr, TransactionTrait};
use sea_orm_migration::SchemaManager;
use tokio::task::JoinError;

use super::Invocation;
use crate::alter::{offline_scope, rebuild_scope};

/// How the code of a revision ended.
#[derive(Debug)]
pub(crate) enum RunOutcome {
    /// It returned without an error.
    Done,
    /// It returned an error, its own or the database's.
    Failed(DbErr),
    /// It panicked.
    Panicked(String),
    /// A table has to be rebuilt on SQLite, and foreign keys cannot be switched off inside a transaction.
    NeedsForeignKeysOff,
}

/// The error for [`RunOutcome::NeedsForeignKeysOff`] when foreign keys cannot be switched off.
pub(crate) fn rebuild_impossible() -> DbErr {
    DbErr::Custom("a table has to be rebuilt, and foreign keys could not be switched off".to_owned())
}

impl RunOutcome {
    /// The outcome when the thread of the code is lost: the runtime is shutting down.
    pub(super) fn lost(error: &JoinError) -> Self {
        Self::Failed(DbErr::Custom(format!("the code of the revision did not come to an end: {error}")))
    }
}

/// Runs `up` or `down`.
///
/// A panic is an outcome like others: sea-query panics on operations that SQLite does not have, and the code of the
/// user may panic. Only the transaction could be inconsistent after a panic, and it is rolled back.
pub(super) async fn run(code: Invocation, connection: &DatabaseConnection, is_written_down: bool) -> RunOutcome {
    let running = rebuild_scope::watch(AssertUnwindSafe(call(code, connection)).catch_unwind());
    let (outcome, needs_foreign_keys_off) =
        if is_written_down { offline_scope::written_down(running).await } else { running.await };
    match outcome {
        _ if needs_foreign_keys_off => RunOutcome::NeedsForeignKeysOff,
        Ok(Ok(())) => RunOutcome::Done,
        Ok(Err(error)) => RunOutcome::Failed(error),
        Err(payload) => RunOutcome::Panicked(text(payload.as_ref())),
    }
}

async fn call(code: Invocation, connection: &DatabaseConnection) -> Result<(), DbErr> {
    if code.in_transaction {
        let transaction = connection.begin().await?;
        code.body.run(&SchemaManager::new(&transaction)).await?;
    } else {
        code.body.run(&SchemaManager::new(connection)).await?;
    }
    // SeaORM cannot return an error of the begin or the end of a transaction: it is asked for here.
    connection.ping().await
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
