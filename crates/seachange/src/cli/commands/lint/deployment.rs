//! The order in which revisions and versions of the service are deployed, as `lint` prints it.

use seachange_cli::printable;
use serde::Serialize;

use super::report::Report;
use crate::cli::context::Context;
use crate::impact::{DeploymentOrder, RevisionDeployment};

/// Prints when each revision may run, and why not at another time.
pub(super) fn print(context: &Context, reports: &[Report<'_>]) {
    let of_revisions = reports.iter().filter_map(|report| Some((report.impact.script, report.deployment.as_ref()?)));
    let of_revisions: Vec<_> = of_revisions.collect();
    if of_revisions.is_empty() {
        return;
    }
    context.terminal.print("\norder of deployment:");
    for (script, RevisionDeployment { order, reasons, .. }) in of_revisions {
        let line = format!("  {} {}: {}", script.revision.id, script.message, sentence(*order));
        context.terminal.print(printable::name(&line));
        for reason in reasons {
            context.terminal.print(printable::name(&format!("      {reason}")));
        }
    }
}

pub(super) fn sentence(order: DeploymentOrder) -> &'static str {
    match order {
        DeploymentOrder::Any => "before or after the new version is deployed",
        DeploymentOrder::Before => "before the new version starts",
        DeploymentOrder::After => "after the running version has ended",
        DeploymentOrder::Neither => "neither before nor after: divide it into one that adds and one that removes",
        DeploymentOrder::Depends => "before or after, as the rows that the versions write allow",
        DeploymentOrder::Unknown => "unknown",
    }
}

/// When a revision may run, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct DeploymentJson<'a> {
    /// `any`, `before`, `after`, `neither`, `depends` or `unknown`.
    order: &'static str,
    reasons: &'a [String],
    /// What is not known of the entities.
    unknown: &'a [String],
}

pub(super) fn json(own: &RevisionDeployment) -> DeploymentJson<'_> {
    let order = match own.order {
        DeploymentOrder::Any => "any",
        DeploymentOrder::Before => "before",
        DeploymentOrder::After => "after",
        DeploymentOrder::Neither => "neither",
        DeploymentOrder::Depends => "depends",
        DeploymentOrder::Unknown => "unknown",
    };
    DeploymentJson { order, reasons: &own.reasons, unknown: &own.unknown }
}
