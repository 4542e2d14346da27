//! The events of a run, as data for an event handler.

mod backfill;
pub mod json;

use std::sync::Arc;
use std::time::Duration;

use seachange_graph::Step;

pub(crate) use crate::backend::describe_blockers;
pub use crate::backend::{Blocker, StatementProgress};
pub use backfill::{BackfillPhase, BackfillProgress};

use crate::error::FailureCause;
use crate::report::{WaitingRevision, Warnings};
use crate::store::Holder;

/// An event of a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The database is ahead of the program, and the options allow that. Comes before the plan, if there is one.
    Ahead {
        /// The applied revisions that the program does not know, sorted.
        unknown: &'a [String],
    },
    /// Applied revisions have other code now than when they were applied. Comes before the plan, if there is one.
    Edited {
        /// The revisions, in the order in which they run.
        revisions: &'a [String],
    },
    /// The server is a system on which the engine is not tested. Comes once in a run, before its lock.
    Untried {
        /// The name of the system.
        system: &'static str,
    },
    /// The server is a standby of PostgreSQL, and the upgrade waits until it has received the revisions or takes writes.
    /// Emitted when the wait begins, and every ten seconds.
    Standby {
        /// The address of the primary, if this user may read it.
        primary: Option<&'a str>,
        /// How long the run has waited.
        waited: Duration,
    },
    /// Another run is running on this database, and this run waits for it. Emitted when the wait begins, when the other
    /// run begins its next revision, and every ten seconds.
    Waiting {
        /// The other run, if it is known.
        holder: Option<&'a Holder>,
        /// How long this run has waited.
        waited: Duration,
    },
    /// A plan is about to run; it has at least one step.
    Planned {
        /// The steps, in the order in which they run.
        steps: &'a [Step],
    },
    /// A revision is about to run.
    Started {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// The number of the step, from 1.
        number: usize,
        /// The number of steps of the plan.
        of: usize,
        /// Whether a transaction holds the revision, so that it leaves nothing if it fails.
        rolls_back: bool,
    },
    /// A statement of a revision has run. The event omits the values that were bound to it.
    Statement {
        /// The statement, with placeholders.
        sql: &'a str,
        /// How long it took.
        elapsed: Duration,
        /// Whether the database refused it.
        failed: bool,
    },
    /// A statement of a revision waits for a lock. Emitted after two seconds, when other sessions get the lock, and
    /// every ten seconds.
    Blocked {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// The sessions that hold the lock, if the server shows them to this user.
        by: &'a [Blocker],
        /// How long the statement has run.
        waited: Duration,
    },
    /// The server reports how far a statement of a revision is. Emitted at most once a second, first after two seconds,
    /// while the statement does not wait for a lock.
    StatementProgress {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// What the server reports.
        progress: &'a StatementProgress,
        /// The estimated remaining time of the phase, at the pace since the phase was first seen. `None` until the server
        /// has counted on.
        remaining: Option<Duration>,
        /// How long the statement has run.
        elapsed: Duration,
    },
    /// A revision waits for something, and is left for a later run, as are those above it.
    Waits {
        /// The revision, and what it waits for.
        waiting: &'a WaitingRevision,
        /// The message of the revision.
        message: &'a str,
    },
    /// A backfill begins or goes on, pauses, or is complete; at most once a second while it runs.
    Backfill {
        /// How far it is.
        progress: &'a BackfillProgress,
    },
    /// A revision waited too long for a lock. It was rolled back, and is about to run again.
    Retrying {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// The number of the next attempt, from 1 for the first one after the first failure.
        attempt: u32,
        /// The greatest number of such attempts; `None` for a revision that limits its waits for locks itself, which is
        /// tried for a time.
        of: Option<u32>,
        /// Why the last attempt failed.
        cause: &'a FailureCause,
    },
    /// All revisions of a run that is one transaction were rolled back, and begin again with foreign keys off: SQLite
    /// has to rebuild a table.
    Restarted,
    /// A revision has run, and its row is written. In a run that is one transaction, that is before the commit.
    Finished {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// How long it took.
        elapsed: Duration,
    },
    /// Another run has executed the revision.
    Overtaken {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
    },
    /// A revision has failed, and the run ends; the error has the details.
    Failed {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
    },
    /// The run ends because of a request to stop.
    Stopped {
        /// The steps that did not run.
        left: &'a [Step],
    },
}

impl Warnings {
    /// The warnings as events, for the event handler.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        let ahead = (!self.unknown.is_empty()).then_some(Event::Ahead { unknown: &self.unknown });
        let edited = (!self.edited.is_empty()).then_some(Event::Edited { revisions: &self.edited });
        ahead.into_iter().chain(edited)
    }
}

/// The event handler of a run. The run calls it and waits for it, so it has to return quickly.
pub type EventHandler = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Writes events as `tracing` events with the target `seachange`; the default for a program that embeds the engine.
pub fn trace(event: &Event<'_>) {
    match event {
        Event::Ahead { unknown } => {
            tracing::warn!(target: "seachange", unknown = unknown.join(", "), "the database is ahead of this program");
        }
        Event::Edited { revisions } => {
            let revisions = revisions.join(", ");
            tracing::warn!(target: "seachange", revisions, "revisions were edited after they were applied");
        }
        Event::Untried { system } => {
            tracing::warn!(target: "seachange", system, "seachange is not tested on this database system");
        }
        Event::Standby { primary, waited } => {
            tracing::info!(target: "seachange", primary, ?waited, "this server is a standby: waiting for its primary");
        }
        Event::Waiting { holder: Some(holder), waited } => {
            tracing::info!(target: "seachange", %holder, ?waited, "waiting for another run");
        }
        Event::Waiting { holder: None, waited } => {
            tracing::info!(target: "seachange", ?waited, "waiting for another session that writes to the database");
        }
        Event::Planned { steps } => tracing::info!(target: "seachange", steps = steps.len(), "migrating"),
        Event::Started { step, message, .. } => tracing::info!(target: "seachange", %step, message, "running"),
        Event::Statement { sql, elapsed, failed } => {
            tracing::debug!(target: "seachange", sql, ?elapsed, failed, "statement");
        }
        Event::Blocked { step, by, waited, .. } => {
            tracing::warn!(target: "seachange", %step, by = describe_blockers(by), ?waited, "waiting for a lock");
        }
        Event::StatementProgress { step, progress, remaining, elapsed, .. } => {
            tracing::debug!(target: "seachange", %step, %progress, ?remaining, ?elapsed, "statement in progress");
        }
        Event::Waits { waiting, .. } => {
            let reasons: Vec<String> = waiting.reasons.iter().map(ToString::to_string).collect();
            tracing::info!(target: "seachange", step = %waiting.step, reasons = reasons.join("; "), "waiting");
        }
        Event::Backfill { progress } => {
            tracing::info!(target: "seachange", backfill = progress.name, table = progress.table, %progress, "backfill");
        }
        Event::Retrying { step, attempt, of, cause, .. } => {
            tracing::warn!(target: "seachange", %step, attempt, of, %cause, "waited too long for a lock; trying again");
        }
        Event::Restarted => tracing::info!(target: "seachange", "starting again with foreign keys off"),
        Event::Finished { step, elapsed, .. } => tracing::info!(target: "seachange", %step, ?elapsed, "done"),
        Event::Overtaken { step, .. } => tracing::info!(target: "seachange", %step, "another run has done it"),
        Event::Failed { step, .. } => tracing::error!(target: "seachange", %step, "failed"),
        Event::Stopped { left } => tracing::warn!(target: "seachange", left = left.len(), "stopped"),
    }
}
