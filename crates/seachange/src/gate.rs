//! What a revision waits for before an upgrade runs it: backfills, a time, a running version of the service.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use seachange_graph::{Direction, Plan, Step};

use crate::backfill::{BackfillState, BackfillStatus};
use crate::error::Error;
use crate::event::Event;
use crate::report::{WaitReason, WaitingRevision};
use crate::revision::{Migrations, RegisteredRevision};
use crate::run_context::RunContext;
use crate::store::RevisionRow;

/// Whether something may keep an upgrade from running a revision.
pub(crate) fn has_gate(script: &RegisteredRevision) -> bool {
    !script.revision.after_backfills.is_empty() || !script.revision.not_before.is_empty()
}

/// Why an upgrade does not run a step yet, if it waits for something; `connection` reads the backfills, and `before` are the
/// steps that wait already.
///
/// # Errors
///
/// The backfills cannot be read.
pub(crate) async fn waiting(
    context: RunContext<'_>,
    connection: &impl ConnectionTrait,
    step: &Step,
    script: &RegisteredRevision,
    before: &[WaitingRevision],
) -> Result<Option<WaitingRevision>, Error> {
    if step.direction == Direction::Downgrade || step.records_only || !context.gates.are_respected {
        return Ok(None);
    }
    let needed = script.revision.down_revision.iter().chain(script.revision.depends_on);
    let is_waiting = |id: &&&str| before.iter().any(|waiting| waiting.step.revision == ***id);
    let mut reasons: Vec<WaitReason> =
        needed.filter(is_waiting).map(|id| WaitReason::Revision((*id).to_owned())).collect();
    reasons.extend(context.gates.held.get(&step.revision).cloned().map(WaitReason::RunningVersion));
    reasons.extend(time(script).filter(|time| *time > Utc::now()).map(WaitReason::NotBefore));
    if !script.revision.after_backfills.is_empty() {
        let store = context.store;
        let known = store.backfills(connection, context.backend).await;
        let known = known.map_err(Error::database("cannot read the backfills"))?;
        let rows = match store.rows(connection).await {
            Err(error) if context.backend.is_missing_table(&error) => Vec::new(),
            rows => rows.map_err(Error::database("cannot read which revisions are applied"))?,
        };
        let names = script.revision.after_backfills.iter();
        reasons.extend(names.filter_map(|name| backfill(name, &known, &rows)));
    }
    Ok((!reasons.is_empty()).then(|| WaitingRevision::new(step.clone(), reasons)))
}

/// Divides a plan into the steps that wait now and the others, in order.
///
/// # Errors
///
/// As [`waiting`].
pub(crate) async fn divide(
    context: RunContext<'_>,
    connection: &impl ConnectionTrait,
    migrations: &Migrations,
    plan: &Plan,
) -> Result<(Vec<Step>, Vec<WaitingRevision>), Error> {
    let (mut free, mut all) = (Vec::new(), Vec::new());
    for step in &plan.steps {
        let Some(script) = migrations.get(&step.revision) else {
            free.push(step.clone());
            continue;
        };
        match waiting(context, connection, step, script, &all).await? {
            Some(one) => all.push(one),
            None => free.push(step.clone()),
        }
    }
    Ok((free, all))
}

/// Sends the event for a revision that waits.
pub(crate) fn tell(context: RunContext<'_>, migrations: &Migrations, waiting: &WaitingRevision) {
    let message = migrations.get(&waiting.step.revision).map_or("", |script| script.message);
    context.emit(&Event::Waits { waiting, message });
}

/// When a revision may run at the earliest. The build has checked the text.
fn time(script: &RegisteredRevision) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(script.revision.not_before).ok().map(|time| time.with_timezone(&Utc))
}

/// Why a revision waits for a backfill. A revision that is recorded as applied, and of which no backfill is known, was
/// recorded without running: a squash revision stands in its place, or a person has said that it is applied.
fn backfill(name: &str, known: &[BackfillStatus], rows: &[RevisionRow]) -> Option<WaitReason> {
    let status = known.iter().find(|status| status.name == name);
    let state = match status {
        Some(status) if status.state == BackfillState::Complete => return None,
        Some(status) => {
            let of = status.rows_expected.map(|all| format!(" of about {}", all.max(status.rows_passed)));
            Some(format!("{}, {}{} rows", status.state.as_str(), status.rows_passed, of.unwrap_or_default()))
        }
        None if rows.iter().any(|row| row.revision == name && row.is_applied()) => return None,
        None => None,
    };
    Some(WaitReason::Backfill { name: name.to_owned(), state })
}
