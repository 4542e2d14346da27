//! Plans that apply revisions.

use std::collections::BTreeSet;

use super::{Direction, Plan, PlanError};
use crate::applied::Applied;
use crate::graph::Graph;
use crate::target::Target;

impl Graph {
    /// Plans how to get up to a target: what it stands for and everything below, as far as it is not applied.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when the target is unknown, is not unique, leads down, or is too far.
    pub fn upgrade(&self, applied: &Applied, target: &Target) -> Result<Plan, PlanError> {
        let wanted = match target {
            Target::Up(steps) => return self.upgrade_by(applied, *steps),
            _ => self.absolute(target, Direction::Upgrade)?,
        };
        let below = self.reach(wanted, |position| self.below(position));
        let steps = self.order().iter().copied().filter(|&position| below[position] && !applied.contains(position));
        Ok(Plan::new(self, Direction::Upgrade, steps))
    }

    /// Takes one step after the other, as long as there is just one to take.
    fn upgrade_by(&self, applied: &Applied, asked: usize) -> Result<Plan, PlanError> {
        let mut is_applied = applied.marks().to_vec();
        let is_ready = |position: usize, is_applied: &[bool]| {
            !is_applied[position] && self.below(position).iter().all(|&below| is_applied[below])
        };
        let mut ready: BTreeSet<usize> =
            self.order().iter().copied().filter(|&position| is_ready(position, &is_applied)).collect();
        let mut steps = Vec::new();
        while steps.len() < asked {
            let made = steps.len();
            let Some(next) = ready.pop_first() else {
                return Err(PlanError::TooFar { asked, available: made });
            };
            if !ready.is_empty() {
                ready.insert(next);
                return Err(PlanError::SeveralWays { asked, made, candidates: self.names(ready) });
            }
            is_applied[next] = true;
            steps.push(next);
            ready.extend(self.above(next).iter().copied().filter(|&above| is_ready(above, &is_applied)));
        }
        Ok(Plan::new(self, Direction::Upgrade, steps.into_iter()))
    }
}
