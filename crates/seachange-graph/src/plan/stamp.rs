//! Plans that only write down what is applied.

use super::PlanError;
use crate::applied::AppliedSet;
use crate::branch::Branch;
use crate::graph::Graph;
use crate::revision_set::RevisionSet;
use crate::target::Target;

/// What a stamp changes in the record of applied revisions, without running any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StampPlan {
    /// Revisions that the record gains, each after those it points at.
    pub add: Vec<String>,
    /// Revisions that the record loses, each before those it points at.
    pub remove: Vec<String>,
}

impl StampPlan {
    /// Whether the record is already as asked.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

impl Graph {
    /// Plans how to record that the database stands at some targets.
    ///
    /// What is below a target is recorded as applied, and what is above it, kept to its branch, as not applied; all else
    /// stays. `base` empties the record, `LABEL@base` takes out of it what belongs to the branch alone.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is not unique, or is too far.
    pub fn stamp(&self, applied: &AppliedSet, targets: &[Target]) -> Result<StampPlan, PlanError> {
        let mut wanted = Vec::new();
        let mut forgotten = RevisionSet::empty(self);
        for target in targets {
            let (walk, branch) = self.locate(applied, target)?;
            match branch.as_ref().filter(|_| walk.place.is_empty() && target.steps() == 0) {
                Some(branch) => self.forget_branch(applied, branch, &mut forgotten),
                None => {
                    let lowest = self.lowest_above(target, &walk, branch.as_ref());
                    forgotten.extend(lowest, |position| self.above(position), |_| true);
                }
            }
            wanted.extend(walk.place);
        }
        let below = self.closure_below(wanted);
        let is_removed = |&position: &usize| forgotten.contains(position) && !below.contains(position);
        Ok(StampPlan {
            add: self.names(below.iter().filter(|&position| !applied.contains(position))),
            remove: self.names(applied.members().iter().rev().filter(is_removed)),
        })
    }

    /// Forgets the revision of a branch, all above it, and all below it that nothing else stands on.
    fn forget_branch(&self, applied: &AppliedSet, branch: &Branch, forgotten: &mut RevisionSet) {
        forgotten.extend([branch.start], |position| self.above(position), |_| true);
        let stays = |&position: &usize| !forgotten.contains(position) && !branch.contains(position);
        let kept = self.closure_below(applied.members().iter().filter(stays));
        for position in applied.members().iter().filter(|&position| !kept.contains(position)) {
            forgotten.insert(position);
        }
    }
}
