//! Backfills that the database knows: they were registered, or begun by another program.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sea_orm::DatabaseConnection;

use super::batches::{BackfillReport, Batches, WhilePaused};
use super::definition::Definition;
use super::work::SetValues;
use crate::backend::Backend;
use crate::error::BackfillError;
use crate::event::EventHandler;
use crate::limits::BackfillOptions;
use crate::store::{BackfillStatus, RevisionStore};

/// Who runs a backfill.
pub(crate) struct StoredRun<'r> {
    pub(crate) connection: &'r DatabaseConnection,
    pub(crate) backend: &'static dyn Backend,
    pub(crate) store: RevisionStore,
    pub(crate) options: BackfillOptions,
    pub(crate) handler: EventHandler,
    pub(crate) stop: Arc<AtomicBool>,
}

/// Runs a backfill by the definition that the database has, until it is complete or paused.
///
/// # Errors
///
/// As [`BackfillValues::run`](super::BackfillValues::run), and [`BackfillError::CodeOnly`].
pub(crate) async fn run_stored(run: StoredRun<'_>, status: &BackfillStatus) -> Result<BackfillReport, BackfillError> {
    batches(run, status)?.run(SetValues).await
}

/// The statements of the next batch, each with the plan of the database.
///
/// # Errors
///
/// As [`run_stored`].
pub(crate) async fn plan_of_stored(
    run: StoredRun<'_>,
    status: &BackfillStatus,
) -> Result<Vec<(String, String)>, BackfillError> {
    batches(run, status)?.explain(status).await
}

fn batches<'r>(run: StoredRun<'r>, status: &BackfillStatus) -> Result<Batches<'r>, BackfillError> {
    let name = status.name.clone();
    let Some(definition) = &status.definition else {
        let how = match &status.revision {
            Some(revision) => {
                format!("the revision `{revision}` runs it: `up`, or `repair --resume` after an interruption")
            }
            None => "the service that began it runs it".to_owned(),
        };
        return Err(BackfillError::CodeOnly { name, how });
    };
    let Ok(definition) = serde_json::from_str::<Definition>(definition) else {
        let how = "a newer version of seachange wrote its definition in another form".to_owned();
        return Err(BackfillError::CodeOnly { name, how });
    };
    let StoredRun { connection, backend, store, options, handler, stop } = run;
    Ok(Batches {
        connection,
        backend,
        store,
        name,
        revision: status.revision.clone(),
        definition,
        wanted_key: None,
        options,
        handler,
        stop: Some(stop),
        while_paused: WhilePaused::End,
    })
}
