//! Plans that only write down what is applied.

use super::{Direction, PlanError};
use crate::applied::Applied;
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
    /// Plans how to record that the database stands at a target.
    ///
    /// What is below the target is recorded as applied, what is above it as not applied; other branches stay as they
    /// are. `base` empties the record.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when the target is unknown, is not unique, or is relative.
    pub fn stamp(&self, applied: &Applied, target: &Target) -> Result<StampPlan, PlanError> {
        if let Target::Up(_) | Target::Down(_) = target {
            return Err(PlanError::Relative { target: target.clone() });
        }
        let wanted = self.absolute(target, Direction::Upgrade)?;
        let below = self.reach(wanted.iter().copied(), |position| self.below(position));
        let above = self.reach(wanted.iter().copied(), |position| self.above(position));
        let is_removed =
            |position: usize| applied.contains(position) && !below[position] && (wanted.is_empty() || above[position]);
        let order = self.order().iter().copied();
        Ok(StampPlan {
            add: self.names(order.clone().filter(|&position| below[position] && !applied.contains(position))),
            remove: self.names(order.rev().filter(|&position| is_removed(position))),
        })
    }
}
