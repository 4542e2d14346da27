//! Tells the code of a revision who runs it, so that a backfill in it knows its name, its limits and its table of places.
//!
//! The scope is the task in which `up` or `down` runs. Without one, the code runs so that its statements are recorded,
//! measured or tried out: then a backfill is one statement on all rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::SchemaManager;
use seachange_graph::Direction;

use crate::event::EventHandler;
use crate::intercept::Migrate;
use crate::limits::BackfillOptions;
use crate::store::RevisionStore;

/// A run, as the backfills in a revision see it.
#[derive(Clone)]
pub(crate) struct BackfillHost {
    pub(crate) store: RevisionStore,
    pub(crate) handler: EventHandler,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) options: BackfillOptions,
    pub(crate) revision: String,
    pub(crate) source_hash: String,
    pub(crate) direction: Direction,
    /// Whether a transaction holds the code.
    pub(crate) in_transaction: bool,
    /// How many backfills the code has begun.
    count: Arc<AtomicUsize>,
}

tokio::task_local! {
    static HOST: BackfillHost;
}

impl BackfillHost {
    pub(crate) fn new(
        (store, handler, stop): (RevisionStore, EventHandler, Arc<AtomicBool>),
        options: BackfillOptions,
        (revision, source_hash, direction): (&str, &str, Direction),
        in_transaction: bool,
    ) -> Self {
        Self {
            store,
            handler,
            stop,
            options,
            revision: revision.to_owned(),
            source_hash: source_hash.to_owned(),
            direction,
            in_transaction,
            count: Arc::default(),
        }
    }

    /// The run of the revision whose code calls this.
    pub(super) fn current() -> Option<Self> {
        HOST.try_with(Clone::clone).ok()
    }

    /// The name of the next backfill of the revision: the id of the revision, and from the second one on a number.
    pub(super) fn next_name(&self) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let way = if self.direction == Direction::Downgrade { "-down" } else { "" };
        if number == 1 { format!("{}{way}", self.revision) } else { format!("{}{way}-{number}", self.revision) }
    }
}

/// Code that knows who runs it.
struct Hosted {
    body: Arc<dyn Migrate>,
    host: BackfillHost,
}

#[async_trait]
impl Migrate for Hosted {
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        HOST.scope(self.host.clone(), self.body.run(manager)).await
    }
}

/// The code, which knows who runs it.
pub(crate) fn hosted(body: Arc<dyn Migrate>, host: BackfillHost) -> Arc<dyn Migrate> {
    Arc::new(Hosted { body, host })
}
