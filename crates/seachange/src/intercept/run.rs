//! Runs the code of one revision, and lets nothing but a value come out of it.

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
    /// It did what it had to.
    Done,
    /// It returned an error, its own or the database's.
    Failed(DbErr),
    /// It panicked.
    Panicked(String),
    /// A table has to be rebuilt on SQLite, and foreign keys cannot be switched off inside a transaction.
    NeedsForeignKeysOff,
}

/// What [`RunOutcome::NeedsForeignKeysOff`] means where nobody can do anything about it.
pub(crate) fn rebuild_impossible() -> DbErr {
    DbErr::Custom("a table has to be rebuilt, and foreign keys could not be switched off".to_owned())
}

impl RunOutcome {
    /// The thread of the code is gone: the runtime is shutting down.
    pub(super) fn lost(error: &JoinError) -> Self {
        Self::Failed(DbErr::Custom(format!("the code of the revision did not come to an end: {error}")))
    }
}

/// Runs `up` or `down`.
///
/// A panic is an ending like others: sea-query panics on operations that SQLite does not have, and a person's code may.
/// The state that a panic could leave inconsistent is the transaction, and that is rolled back.
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
    // SeaORM has no way to say that the begin or the end of a transaction failed: it is asked here.
    connection.ping().await
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
