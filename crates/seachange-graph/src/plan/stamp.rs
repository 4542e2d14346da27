//! Plans that change only the record of applied revisions.

use super::PlanError;
use crate::applied::AppliedSet;
use crate::branch::Branch;
use crate::graph::Graph;
use crate::revision_set::RevisionSet;
use crate::target::{Anchor, Target};

/// What a stamp changes in the record of applied revisions; it runs no revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StampPlan {
    /// Revisions to add to the record, each after those it points at.
    pub add: Vec<String>,
    /// Revisions to remove from the record, each before those it points at.
    pub remove: Vec<String>,
}

impl StampPlan {
    /// Whether the record needs no change.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

impl Graph {
    /// Plans how to record some targets as the current revisions of the database.
    ///
    /// Revisions below a target are recorded as applied. Those above it, limited to its branch, are recorded as not
    /// applied. All others stay. `base` empties the record; `LABEL@base` removes the revisions that belong only to
    /// the branch.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is ambiguous, is replaced by a squash revision, or has too many steps.
    pub fn stamp(&self, applied: &AppliedSet, targets: &[Target]) -> Result<StampPlan, PlanError> {
        let mut wanted = Vec::new();
        let mut forgotten = RevisionSet::empty(self);
        for target in targets {
            self.check_not_replaced(target)?;
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
        let is_recorded = |position| applied.contains(position) && !applied.unrecorded().contains(&position);
        let removed = applied.members().iter().rev().filter(is_removed).filter(|&position| is_recorded(position));
        let mut remove = self.names(removed);
        for (at, squash) in self.squashes().iter().enumerate() {
            if is_removed(&squash.position) {
                remove.extend(applied.replaced(at).iter().rev().cloned());
            }
        }
        Ok(StampPlan { add: self.names(below.iter().filter(|&position| !is_recorded(position))), remove })
    }

    /// Refuses a target that names a replaced revision: what it changed cannot be told from the squash revision.
    fn check_not_replaced(&self, target: &Target) -> Result<(), PlanError> {
        let Some(Anchor::Named(name)) = target.place() else { return Ok(()) };
        match self.squash_of(name) {
            Some(squash) => Err(PlanError::Replaced { revision: name.clone(), squash: squash.id.clone() }),
            None => Ok(()),
        }
    }

    /// Removes the revision of a branch, all above it, and all below it that no other recorded revision needs.
    fn forget_branch(&self, applied: &AppliedSet, branch: &Branch, forgotten: &mut RevisionSet) {
        forgotten.extend([branch.start], |position| self.above(position), |_| true);
        let stays = |&position: &usize| !forgotten.contains(position) && !branch.contains(position);
        let kept = self.closure_below(applied.members().iter().filter(stays));
        for position in applied.members().iter().filter(|&position| !kept.contains(position)) {
            forgotten.insert(position);
        }
    }
}
