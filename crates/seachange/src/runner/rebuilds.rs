//! Which steps need foreign keys off on SQLite.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use seachange_graph::{Direction, Step};

/// Steps that rebuilt a table in one database, so that they probably do in others: they are begun with foreign keys off
/// there, and not begun a second time when the rebuild is reached.
#[derive(Debug, Default)]
pub(crate) struct RebuildingSteps(Mutex<HashSet<(String, bool)>>);

impl RebuildingSteps {
    /// Whether a step has needed foreign keys off before.
    pub(super) fn contains(&self, step: &Step) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&key(step))
    }

    pub(super) fn insert(&self, step: &Step) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key(step));
    }
}

fn key(step: &Step) -> (String, bool) {
    (step.revision.clone(), step.direction == Direction::Upgrade)
}
