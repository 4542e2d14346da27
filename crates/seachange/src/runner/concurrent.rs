//! Detects what other runs have written to a single-writer database.

use sea_orm::DbErr;
use seachange_graph::Direction;

use super::StepContext;
use crate::backend::BegunTransaction;
use crate::run_context::RunContext;
use crate::session::WorkSession;
use crate::store::RevisionRow;

/// Remembers the state of the database from which the plan was made.
#[derive(Debug)]
pub(crate) struct ConcurrentWrites {
    counter: i64,
}

/// Whether this run can execute a step, or another run has changed that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepAvailability {
    /// No other run has executed it: this run can.
    Ours,
    /// Another run has executed it.
    Done,
    /// Another run is executing a revision that no transaction holds. The answer is known when that revision is
    /// finished.
    Busy,
    /// Other changes make the step impossible.
    Impossible,
}

impl ConcurrentWrites {
    /// Reads the change counter, before the record is read from which the plan is made.
    pub(crate) async fn snapshot(context: RunContext<'_>, work: &WorkSession) -> Result<Self, DbErr> {
        let counter = context.backend.data_version(&work.executor().into()).await?;
        Ok(Self { counter: counter.unwrap_or_default() })
    }

    /// For a session that has not read the change counter: the record is read before each step.
    pub(crate) fn unseen() -> Self {
        Self { counter: i64::MIN }
    }

    /// Determines, inside of the transaction of a step, whether other runs have changed it. This costs nothing while no
    /// other session has written since the plan was made. After such a write, the record is read for every step that
    /// follows.
    pub(crate) async fn availability(
        &self,
        context: RunContext<'_>,
        work: &WorkSession,
        job: StepContext<'_>,
        entered: BegunTransaction,
    ) -> Result<StepAvailability, DbErr> {
        match entered.change_counter {
            Some(counter) if counter != self.counter => Ok(judge(job, &context.store.rows(work.executor()).await?)),
            _ => Ok(StepAvailability::Ours),
        }
    }
}

fn judge(job: StepContext<'_>, rows: &[RevisionRow]) -> StepAvailability {
    let is_applied = |id: &String| rows.iter().any(|row| row.revision == *id && row.is_applied());
    let revision = job.revision;
    match (job.step.direction, is_applied(&revision.id)) {
        _ if rows.iter().any(|row| !row.is_applied()) => StepAvailability::Busy,
        (Direction::Upgrade, true) | (Direction::Downgrade, false) => StepAvailability::Done,
        (Direction::Upgrade, false) => {
            let is_ready = revision.down_revision.iter().chain(&revision.depends_on).all(is_applied);
            if is_ready { StepAvailability::Ours } else { StepAvailability::Impossible }
        }
        (Direction::Downgrade, true) => {
            let is_free = rows.iter().all(|row| !row.pointers().contains(&revision.id.as_str()));
            if is_free { StepAvailability::Ours } else { StepAvailability::Impossible }
        }
    }
}
