//! Runs the code of one revision, and lets nothing but a value come out of it.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use sea_orm_migration::SchemaManager;
use seachange_graph::Direction;

use super::Job;
use super::failure::Cause;

/// Runs `up` or `down`.
///
/// A panic becomes an error: sea-query panics on operations that SQLite does not have, and a person's code may. The
/// state that a panic could leave inconsistent is the transaction, and that is rolled back.
pub(super) async fn run(job: &Job<'_>, manager: &SchemaManager<'_>) -> Result<(), Cause> {
    let migration = job.script.migration;
    let code = async {
        match job.direction() {
            Direction::Upgrade => migration.up(manager).await,
            Direction::Downgrade => migration.down(manager).await,
        }
    };
    match AssertUnwindSafe(code).catch_unwind().await {
        Ok(outcome) => outcome.map_err(Cause::Database),
        Err(payload) => Err(Cause::Panic(text(payload.as_ref()))),
    }
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
