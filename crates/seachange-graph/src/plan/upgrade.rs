//! Plans that apply revisions.

use super::{Direction, Plan, PlanError, Step};
use crate::applied::AppliedSet;
use crate::graph::Graph;
use crate::revision_set::RevisionSet;
use crate::target::Target;

impl Graph {
    /// Plans an upgrade to some targets: it applies the revisions they stand for and everything below that is not
    /// applied. Every plan includes the revisions that are missing below applied ones, and records squash revisions that count as applied.
    ///
    /// Takes time linear in the number of revisions to apply, plus the size of the graph if a target is limited to a
    /// branch.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is ambiguous, is below the current revision, or has too many steps;
    /// when a revision has to be applied that a squash revision replaces, and its file does not exist any more.
    pub fn upgrade(&self, applied: &AppliedSet, targets: &[Target]) -> Result<Plan, PlanError> {
        let mut wanted = applied.missing().to_vec();
        wanted.extend(applied.partial().iter().filter(|one| one.is_needed).map(|one| one.position));
        for target in targets {
            if target.is_relative() && target.steps() < 0 {
                return Err(PlanError::WrongWay { target: target.clone(), direction: Direction::Upgrade });
            }
            wanted.extend(self.locate(applied, target)?.0.place);
        }
        let is_pending = |position: usize| !applied.contains(position);
        let mut steps = RevisionSet::empty(self).extend(wanted, |position| self.below(position), is_pending);
        steps.extend_from_slice(applied.unrecorded());
        steps.sort_unstable();
        if applied.partial().is_empty() && applied.unrecorded().is_empty() {
            return Ok(Plan::new(self, Direction::Upgrade, steps));
        }
        let mut plan = Plan::default();
        for position in steps {
            plan.steps.extend(self.upgrade_steps(applied, position)?);
        }
        Ok(plan)
    }

    /// The steps that apply a revision. Where some revisions that a squash revision replaces are applied, these are the
    /// others, one by one, and a step that records the squash revision.
    fn upgrade_steps(&self, applied: &AppliedSet, position: usize) -> Result<Vec<Step>, PlanError> {
        let revision = self.revision(position);
        if applied.unrecorded().contains(&position) {
            return Ok(vec![Step::recording(revision)]);
        }
        let Some(partial) = applied.partial().iter().find(|one| one.position == position) else {
            return Ok(vec![Step::of(Direction::Upgrade, revision)]);
        };
        let replaced = self.squashes().get(partial.squash).replaced.iter().zip(&partial.applied);
        let left = replaced.filter(|(_, is_applied)| !**is_applied).map(|(one, _)| one);
        let missing: Vec<String> =
            left.clone().filter(|one| one.revision.is_none()).map(|one| one.id.clone()).collect();
        if !missing.is_empty() {
            return Err(PlanError::ReplacedMissing { squash: revision.id.clone(), missing });
        }
        let steps = left.filter_map(|one| one.revision.as_ref()).map(|one| Step::of(Direction::Upgrade, one));
        Ok(steps.chain([Step::recording(revision)]).collect())
    }
}
