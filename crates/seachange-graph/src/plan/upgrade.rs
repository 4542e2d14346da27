//! Plans that apply revisions.

use super::{Direction, Plan, PlanError};
use crate::applied::AppliedSet;
use crate::graph::Graph;
use crate::revision_set::RevisionSet;
use crate::target::Target;

impl Graph {
    /// Plans an upgrade to some targets: it applies the revisions they stand for and everything below that is not
    /// applied. Every plan includes the revisions that are missing below applied ones.
    ///
    /// Takes time linear in the number of revisions to apply, plus the size of the graph if a target is limited to a
    /// branch.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is ambiguous, is below the current revision, or has too many steps.
    pub fn upgrade(&self, applied: &AppliedSet, targets: &[Target]) -> Result<Plan, PlanError> {
        let mut wanted = applied.missing().to_vec();
        for target in targets {
            if target.is_relative() && target.steps() < 0 {
                return Err(PlanError::WrongWay { target: target.clone(), direction: Direction::Upgrade });
            }
            wanted.extend(self.locate(applied, target)?.0.place);
        }
        let is_pending = |position: usize| !applied.contains(position);
        let mut steps = RevisionSet::empty(self).extend(wanted, |position| self.below(position), is_pending);
        steps.sort_unstable();
        Ok(Plan::new(self, Direction::Upgrade, steps))
    }
}
