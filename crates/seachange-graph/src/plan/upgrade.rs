//! Plans that apply revisions.

use super::{Direction, Plan, PlanError};
use crate::applied::AppliedSet;
use crate::graph::Graph;
use crate::revision_set::RevisionSet;
use crate::target::Target;

impl Graph {
    /// Plans how to get up to some targets: what they stand for and everything below, as far as it is not applied.
    /// What is missing below applied revisions is part of every plan.
    ///
    /// Takes time linear in what is to be applied, plus the size of the graph for a target that is kept to a branch.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is not unique, leads down, or is too far.
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
