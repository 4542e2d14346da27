//! What other runs do to the database meanwhile, where runs take turns.

use sea_orm::DbErr;
use seachange_graph::Direction;

use super::{StepContext, WorkSession};
use crate::backend::BegunTransaction;
use crate::run_context::RunContext;
use crate::store::RevisionRow;

/// Remembers the state of the database that the plan was made for.
#[derive(Debug)]
pub(crate) struct ConcurrentWrites {
    counter: i64,
}

/// What others have done of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepAvailability {
    /// Nothing: it is this run's.
    Ours,
    /// All of it.
    Done,
    /// They are in the middle of a revision that no transaction holds. Nothing can be said before they are done.
    Busy,
    /// Something else, after which the step is not possible.
    Impossible,
}

impl ConcurrentWrites {
    /// Looks at the database before the record is read that the plan is made from.
    pub(crate) async fn snapshot(site: RunContext<'_>, work: &WorkSession) -> Result<Self, DbErr> {
        let counter = site.backend.data_version(&work.executor().into()).await?;
        Ok(Self { counter: counter.unwrap_or_default() })
    }

    /// For a session that has not looked: the record is read before each step.
    pub(crate) fn unseen() -> Self {
        Self { counter: i64::MIN }
    }

    /// Finds out, inside of the transaction of a step, what others have done of it. Costs nothing as long as they have
    /// written nothing since the plan was made: one look at the record does not settle the steps that follow.
    pub(crate) async fn availability(
        &self,
        site: RunContext<'_>,
        work: &WorkSession,
        job: StepContext<'_>,
        entered: BegunTransaction,
    ) -> Result<StepAvailability, DbErr> {
        match entered.change_counter {
            Some(counter) if counter != self.counter => Ok(judge(job, &site.store.rows(work.executor()).await?)),
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
