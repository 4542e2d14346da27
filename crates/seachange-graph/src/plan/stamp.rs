//! Plans that only write down what is applied.

use super::PlanError;
use crate::applied::Applied;
use crate::branch::Branch;
use crate::graph::Graph;
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
    /// What is below a target is recorded as applied. Where the database stands on the line of a target, above or below
    /// it, it stands at the target afterwards; where it stands on other branches, it stays. `base` empties the record,
    /// `LABEL@base` takes the branch out of it.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when a target is unknown, is not unique, or is too far.
    pub fn stamp(&self, applied: &Applied, targets: &[Target]) -> Result<StampPlan, PlanError> {
        let mut wanted = Vec::new();
        let mut leaving: Vec<usize> = Vec::new();
        for target in targets {
            let (found, branch) = self.locate(applied, target)?;
            let tops = applied.tops().iter().copied();
            if found.is_empty() {
                leaving.extend(Branch::keep(branch.as_ref(), tops));
            } else {
                let (below, above) =
                    (self.closure_below(found.iter().copied()), self.closure_above(found.iter().copied()));
                let is_on_branch = |top: usize| branch.as_ref().is_some_and(|branch| branch.contains(top));
                leaving.extend(tops.filter(|&top| below.contains(top) || above.contains(top) || is_on_branch(top)));
            }
            wanted.extend(found);
        }
        let staying = applied.tops().iter().copied().filter(|top| !leaving.contains(top));
        let mut recorded = self.closure_below(staying);
        recorded.intersect(applied.members());
        let below_wanted = self.closure_below(wanted);
        let is_added = |&position: &usize| below_wanted.contains(position) && !applied.contains(position);
        let is_removed = |&position: &usize| !below_wanted.contains(position) && !recorded.contains(position);
        Ok(StampPlan {
            add: self.names((0..self.len()).filter(is_added)),
            remove: self.names(applied.members().iter().rev().filter(is_removed)),
        })
    }
}
