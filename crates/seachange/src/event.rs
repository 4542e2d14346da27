//! What happens during a run, as data for whoever watches.

mod blocker;
pub mod json;

use std::sync::Arc;
use std::time::Duration;

use seachange_graph::Step;

pub use blocker::Blocker;
pub(crate) use blocker::describe_blockers;

use crate::runner::FailureCause;
use crate::store::Holder;

/// Something that happened during a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The database is ahead of the program, which was told to allow that. Comes before the plan, if there is one.
    Ahead {
        /// The applied revisions that the program does not know, sorted.
        unknown: &'a [String],
    },
    /// Applied revisions have other code now than when they were applied. Comes before the plan, if there is one.
    Edited {
        /// The revisions, in the order in which they run.
        revisions: &'a [String],
    },
    /// Another run is at work on this database, and this one waits for it. Told when the waiting begins, when the other run
    /// comes to its next revision, and every ten seconds.
    Waiting {
        /// Who is at work, where it can be told.
        holder: Option<&'a Holder>,
        /// How long this one has waited.
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
        /// Whether nothing is left of it when it does not come to its end: a transaction holds it.
        rolls_back: bool,
    },
    /// A statement of a revision has run. Values that were bound to it are left out.
    Statement {
        /// The statement, with placeholders.
        sql: &'a str,
        /// How long it took.
        elapsed: Duration,
        /// Whether the database refused it.
        failed: bool,
    },
    /// A statement of a revision waits for a lock. Told after three seconds, when the lock goes to other sessions, and every ten
    /// seconds.
    Blocked {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// The sessions that have the lock, as far as the server tells them to this user.
        by: &'a [Blocker],
        /// How long the statement has run.
        waited: Duration,
    },
    /// A lock kept a revision waiting for too long. It was rolled back, and is about to run again.
    Retrying {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// The number of the attempt that comes, from 1 for the first one after the first failure.
        attempt: u32,
        /// How many of these there may be.
        of: u32,
        /// Why the last one failed.
        cause: &'a FailureCause,
    },
    /// All that has run was rolled back, and begins again with foreign keys off: a table has to be rebuilt on SQLite, in
    /// a run that is one transaction.
    Restarted,
    /// A revision has run, and its row is written; with a single transaction for all, that is before the commit.
    Finished {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
        /// How long it took.
        elapsed: Duration,
    },
    /// Another run has done the revision meanwhile.
    Overtaken {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
    },
    /// A revision has failed, and the run ends; the error says the rest.
    Failed {
        /// The step.
        step: &'a Step,
        /// The message of the revision.
        message: &'a str,
    },
    /// A request to stop was heeded, and the run ends.
    Stopped {
        /// The steps that are left over.
        left: &'a [Step],
    },
}

/// Somebody who watches a run. Called in the middle of it, so it has to be quick.
pub type EventHandler = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Writes events as `tracing` events of the target `seachange`, the default for a program that embeds the engine.
pub fn trace(event: &Event<'_>) {
    match event {
        Event::Ahead { unknown } => {
            tracing::warn!(target: "seachange", unknown = unknown.join(", "), "the database is ahead of this program");
        }
        Event::Edited { revisions } => {
            let revisions = revisions.join(", ");
            tracing::warn!(target: "seachange", revisions, "revisions were edited after they were applied");
        }
        Event::Waiting { holder: Some(holder), waited } => {
            tracing::info!(target: "seachange", %holder, ?waited, "waiting for another run");
        }
        Event::Waiting { holder: None, waited } => {
            tracing::info!(target: "seachange", ?waited, "waiting for whoever writes to the database");
        }
        Event::Planned { steps } => tracing::info!(target: "seachange", steps = steps.len(), "migrating"),
        Event::Started { step, message, .. } => tracing::info!(target: "seachange", %step, message, "running"),
        Event::Statement { sql, elapsed, failed } => {
            tracing::debug!(target: "seachange", sql, ?elapsed, failed, "statement");
        }
        Event::Blocked { step, by, waited, .. } => {
            tracing::warn!(target: "seachange", %step, by = describe_blockers(by), ?waited, "waiting for a lock");
        }
        Event::Retrying { step, attempt, of, cause, .. } => {
            tracing::warn!(target: "seachange", %step, attempt, of, %cause, "a lock kept it waiting; trying again");
        }
        Event::Restarted => tracing::info!(target: "seachange", "starting again with foreign keys off"),
        Event::Finished { step, elapsed, .. } => tracing::info!(target: "seachange", %step, ?elapsed, "done"),
        Event::Overtaken { step, .. } => tracing::info!(target: "seachange", %step, "another run has done it"),
        Event::Failed { step, .. } => tracing::error!(target: "seachange", %step, "failed"),
        Event::Stopped { left } => tracing::warn!(target: "seachange", left = left.len(), "stopped"),
    }
}
