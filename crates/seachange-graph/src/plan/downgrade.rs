//! Plans that revert revisions.

use super::{Direction, Plan, PlanError};
use crate::applied::AppliedSet;
use crate::branch::Branch;
use crate::graph::Graph;
use crate::resolve::ResolvedTarget;
use crate::revision_set::RevisionSet;
use crate::squash::PartialSquash;
use crate::target::Target;

impl Graph {
    /// Plans a downgrade to some targets: it reverts every applied revision that descends from one of them, and every
    /// revision that depends on those. A revision that depends on the target itself stays, because the target stays.
    ///
    /// With a branch (`LABEL@base`, `LABEL@ae1027`), the plan reverts only the revisions of the branch and those
    /// above them. Steps from the current revision (`-1`) revert the line that they follow and the revisions above
    /// it.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is ambiguous, is not applied, is above the current revision, or has
    /// too many steps, or when a squash revision or a replaced one would be reverted.
    pub fn downgrade(&self, applied: &AppliedSet, targets: &[Target]) -> Result<Plan, PlanError> {
        let mut undone = RevisionSet::empty(self);
        let mut steps = Vec::new();
        for target in targets {
            let lowest = self.lowest_undone(applied, target)?;
            // Below a missing revision more may be applied; otherwise nothing above an unapplied revision is applied.
            let passes = |position: usize| applied.contains(position) || !applied.missing().is_empty();
            self.check_not_partial(applied, &lowest)?;
            steps.extend(undone.extend(lowest, |position| self.above(position), passes));
        }
        steps.retain(|&position| applied.contains(position));
        steps.sort_unstable_by(|a, b| b.cmp(a));
        self.check_no_squash(applied, &steps)?;
        Ok(Plan::new(self, Direction::Downgrade, steps))
    }

    /// Refuses to revert squash revisions, and what replaced revisions point at.
    fn check_no_squash(&self, applied: &AppliedSet, steps: &[usize]) -> Result<(), PlanError> {
        if let Some(squash) = self.squashes().iter().find(|squash| steps.contains(&squash.position)) {
            let (squash, replaced) = (self.revision(squash.position).id.clone(), squash.replaced.len());
            return Err(PlanError::BelowSquash { squash, replaced });
        }
        let is_below = |one: &&PartialSquash| one.below.iter().any(|below| steps.contains(below));
        match applied.partial().iter().find(is_below) {
            Some(one) => Err(PlanError::InsideSquash { squash: self.revision(one.position).id.clone() }),
            None => Ok(()),
        }
    }

    /// Refuses to revert a squash revision of which some replaced revisions are applied.
    fn check_not_partial(&self, applied: &AppliedSet, lowest: &[usize]) -> Result<(), PlanError> {
        match applied.partial().iter().find(|one| lowest.contains(&one.position)) {
            Some(one) => Err(PlanError::InsideSquash { squash: self.revision(one.position).id.clone() }),
            None => Ok(()),
        }
    }

    /// The lowest revisions that a downgrade reverts.
    fn lowest_undone(&self, applied: &AppliedSet, target: &Target) -> Result<Vec<usize>, PlanError> {
        if target.is_relative() && target.steps() > 0 {
            return Err(PlanError::WrongWay { target: target.clone(), direction: Direction::Downgrade });
        }
        let (walk, branch) = self.locate(applied, target)?;
        let is_applied = |position: usize| applied.contains(position) || applied.missing().contains(&position);
        let not_applied = |position: usize| PlanError::NotApplied { revision: self.revision(position).id.clone() };
        if let Some(&position) = walk.place.iter().find(|&&position| !is_applied(position)) {
            return Err(not_applied(position));
        }
        let lowest = self.lowest_above(target, &walk, branch.as_ref());
        match branch.filter(|_| target.is_relative() || walk.place.is_empty()) {
            Some(branch) if !is_applied(branch.start) && self.is_shared(applied, &branch, &lowest) => {
                Err(not_applied(branch.start))
            }
            _ => Ok(lowest),
        }
    }

    /// Whether other branches leave the branch between these revisions and the revision that names the branch. The
    /// applied part of the branch then belongs to those branches as well, and must not be reverted for this branch
    /// alone.
    fn is_shared(&self, applied: &AppliedSet, branch: &Branch, lowest: &[usize]) -> bool {
        let of_branch = RevisionSet::reached(self, [branch.start], |position| self.above(position));
        let above = RevisionSet::reached(self, lowest.iter().copied(), |position| self.above(position));
        lowest.iter().any(|&position| applied.contains(position))
            && above.iter().any(|position| !branch.contains(position) && !of_branch.contains(position))
    }

    /// The lowest revisions above a target: the children of the revisions it stands for, or the bases, limited to the
    /// branch. For steps down it is the revision that the last step started from, unless the steps only name another
    /// revision.
    pub(super) fn lowest_above(&self, target: &Target, walk: &ResolvedTarget, branch: Option<&Branch>) -> Vec<usize> {
        let is_named = branch.is_none() && !target.is_relative() && !walk.place.is_empty();
        let follows_line = target.steps() < 0 && !is_named;
        match (walk.from, walk.place.as_slice()) {
            (Some(from), _) if follows_line => vec![from],
            (_, []) => Branch::keep(branch, self.base_positions().iter().copied()),
            (_, place) => {
                Branch::keep(branch, place.iter().flat_map(|&position| self.child_positions(position).iter().copied()))
            }
        }
    }
}
