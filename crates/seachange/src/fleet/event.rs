//! The events of a run over a fleet.

use std::sync::Arc;

use super::{FleetTarget, TargetReport};
use crate::event::{self, Event};

/// Receives the events of a run over a fleet, from several threads.
pub type FleetEventHandler = Arc<dyn Fn(&FleetEvent<'_>) + Send + Sync>;

/// An event of a run over a fleet.
#[derive(Debug)]
#[non_exhaustive]
pub enum FleetEvent<'a> {
    /// The run begins. Targets that were found during a run have an event of their own.
    Planned {
        /// The number of targets.
        targets: usize,
        /// The number of those that have something to do, as far as that is known before.
        open: usize,
    },
    /// A target begins.
    Started {
        /// The target.
        target: &'a FleetTarget,
    },
    /// Something happened in a target.
    Target {
        /// The target.
        target: &'a FleetTarget,
        /// What happened.
        event: &'a Event<'a>,
    },
    /// A target waits for another run; others get its turn, and it gets another one at the end.
    Deferred {
        /// The target.
        target: &'a FleetTarget,
    },
    /// A prepared transaction that an earlier run left was committed or rolled back.
    Settled {
        /// The target.
        target: &'a FleetTarget,
        /// The name of the prepared transaction.
        transaction: &'a str,
        /// Whether it was committed.
        commits: bool,
    },
    /// A target has ended.
    Finished {
        /// How.
        report: &'a TargetReport,
    },
}

/// Sends an event to `tracing`.
pub(super) fn trace(event: &FleetEvent<'_>) {
    match event {
        FleetEvent::Planned { targets, open } => tracing::info!(target: "seachange", targets, open, "fleet"),
        FleetEvent::Started { target } => tracing::info!(target: "seachange", name = %target, "target begins"),
        FleetEvent::Target { target, event } => {
            let span = tracing::info_span!(target: "seachange", "target", name = %target);
            span.in_scope(|| event::trace(event));
        }
        FleetEvent::Deferred { target } => tracing::info!(target: "seachange", name = %target, "waits for another run"),
        FleetEvent::Settled { target, transaction, commits } => {
            tracing::warn!(target: "seachange", name = %target, transaction, commits, "prepared transaction settled");
        }
        FleetEvent::Finished { report } => match &report.error {
            Some(error) => {
                tracing::error!(target: "seachange", name = %report.target, outcome = %report.outcome, %error, "target");
            }
            None => tracing::info!(target: "seachange", name = %report.target, outcome = %report.outcome, "target"),
        },
    }
}
