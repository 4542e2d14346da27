//! Plans that undo revisions.

use super::{Direction, Plan, PlanError};
use crate::applied::Applied;
use crate::graph::Graph;
use crate::target::Target;

impl Graph {
    /// Plans how to get down to a target: undoes everything applied that descends from it or depends on it.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when the target is unknown, is not unique, is not applied, leads up, or is too far.
    pub fn downgrade(&self, applied: &Applied, target: &Target) -> Result<Plan, PlanError> {
        let kept = match target {
            Target::Down(steps) => return self.downgrade_by(applied, *steps),
            Target::Base => return Ok(self.undo(|position| applied.contains(position))),
            _ => self.absolute(target, Direction::Downgrade)?,
        };
        if let Some(&position) = kept.iter().find(|&&position| !applied.contains(position)) {
            return Err(PlanError::NotApplied { revision: self.revision(position).id.clone() });
        }
        let above = self.reach(kept.iter().copied(), |position| self.above(position));
        Ok(self.undo(|position| above[position] && !kept.contains(&position) && applied.contains(position)))
    }

    /// Undoes the revisions that `is_undone` picks, those above first.
    fn undo(&self, is_undone: impl Fn(usize) -> bool) -> Plan {
        let steps = self.order().iter().rev().copied().filter(|&position| is_undone(position));
        Plan::new(self, Direction::Downgrade, steps)
    }

    /// Takes one step back after the other, as long as there is just one to take.
    fn downgrade_by(&self, applied: &Applied, asked: usize) -> Result<Plan, PlanError> {
        let mut is_applied = applied.marks().to_vec();
        let mut tops: Vec<usize> = self.tops(&is_applied).collect();
        let mut steps = Vec::new();
        while steps.len() < asked {
            let made = steps.len();
            let top = match tops.as_slice() {
                [] => return Err(PlanError::TooFar { asked, available: made }),
                [only] => *only,
                several => {
                    let candidates = self.names(several.iter().copied());
                    return Err(PlanError::SeveralWays { asked, made, candidates });
                }
            };
            is_applied[top] = false;
            steps.push(top);
            let is_top = |below: &usize| !self.above(*below).iter().any(|&above| is_applied[above]);
            tops = self.below(top).iter().copied().filter(is_top).collect();
        }
        Ok(Plan::new(self, Direction::Downgrade, steps.into_iter()))
    }
}
