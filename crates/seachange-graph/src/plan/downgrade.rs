//! Plans that undo revisions.

use super::{Direction, Plan, PlanError};
use crate::applied::Applied;
use crate::branch::Branch;
use crate::graph::Graph;
use crate::reach::Set;
use crate::target::{Place, Target};

impl Graph {
    /// Plans how to get down to some targets: undoes every applied revision that descends from one of them, and
    /// whatever depends on those. What depends on the target itself stays, for the target stays.
    ///
    /// With a branch (`LABEL@base`, `LABEL@ae1027`), only what belongs to the branch is undone, and what is above that.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is not unique, is not applied, leads up, or is too far.
    pub fn downgrade(&self, applied: &Applied, targets: &[Target]) -> Result<Plan, PlanError> {
        let mut undone = Set::empty(self);
        let mut steps = Vec::new();
        for target in targets {
            let starts = self.starts_of_downgrade(applied, target)?;
            let is_applied = |position: usize| applied.contains(position) || !applied.missing().is_empty();
            steps.extend(undone.extend(starts, |position| self.above(position), is_applied));
        }
        steps.retain(|&position| applied.contains(position));
        steps.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Plan::new(self, Direction::Downgrade, steps))
    }

    /// The lowest revisions to undo: the children of what a target stands for, or the bases.
    fn starts_of_downgrade(&self, applied: &Applied, target: &Target) -> Result<Vec<usize>, PlanError> {
        let is_from_current = matches!(target.place(), None | Some(Place::Current));
        if is_from_current && target.steps() > 0 {
            return Err(PlanError::WrongWay { target: target.clone(), direction: Direction::Downgrade });
        }
        let (kept, branch) = self.locate(applied, target)?;
        if kept.is_empty() {
            let bases = match target.steps() {
                0 => self.base_positions().to_vec(),
                _ => self.bases_below(applied, target)?,
            };
            return Ok(Branch::keep(branch.as_ref(), bases));
        }
        if let Some(&position) = kept.iter().find(|&&position| !applied.contains(position)) {
            return Err(PlanError::NotApplied { revision: self.revision(position).id.clone() });
        }
        let children = kept.iter().flat_map(|&position| self.child_positions(position).iter().copied());
        Ok(Branch::keep(branch.as_ref(), children))
    }

    /// The bases that steps of a target lead down to: those of other branches are not meant.
    fn bases_below(&self, applied: &Applied, target: &Target) -> Result<Vec<usize>, PlanError> {
        let (starts, _) = self.locate(applied, &target.without_steps())?;
        let below = Set::reached(self, starts, |position| self.parent_positions(position));
        Ok(self.base_positions().iter().copied().filter(|&base| below.contains(base)).collect())
    }
}
