//! What a database has applied, judged against the graph.

use std::collections::HashMap;

use thiserror::Error;

use crate::fault::quoted;
use crate::graph::Graph;
use crate::revision::Revision;

/// The applied revisions of a database: all of them known, and none above a revision that is not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    is_applied: Vec<bool>,
}

/// A set of applied revisions that no plan can start from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppliedError {
    /// Unknown revisions that all descend from known, applied ones: the database is ahead of this program.
    #[error(
        "the database is ahead of this program: {} {} applied and unknown here",
        quoted(unknown),
        is_or_are(unknown)
    )]
    Ahead {
        /// The unknown revisions, sorted.
        unknown: Vec<String>,
    },
    /// Unknown revisions of which some do not descend from known ones: the histories differ.
    #[error(
        "the database has diverged from this program: {} {} applied and unknown here",
        quoted(unknown),
        is_or_are(unknown)
    )]
    Diverged {
        /// The unknown revisions, sorted.
        unknown: Vec<String>,
    },
    /// Revisions below applied ones are not applied: they were added to the graph later.
    #[error("{} {} not applied, though a revision above is: {}", quoted(missing), is_or_are(missing), quoted(above))]
    Missing {
        /// The revisions that are not applied, each after those it points at.
        missing: Vec<String>,
        /// The applied revisions that point at them.
        above: Vec<String>,
    },
}

fn is_or_are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

impl Graph {
    /// Judges the rows that a database holds: each an applied id and the ids that it pointed at when it was applied
    /// (parents and dependencies), in any order. Linear in the size of the graph and the rows.
    ///
    /// # Errors
    ///
    /// [`AppliedError`] when a revision is unknown or one is missing below an applied one.
    pub fn applied<'a>(
        &self,
        rows: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
    ) -> Result<Applied, AppliedError> {
        let applied = self.applied_with_gaps(rows)?;
        self.check_closed(&applied)?;
        Ok(applied)
    }

    /// As [`applied`](Self::applied), but takes a set with revisions missing below applied ones: a stamp may fill it.
    ///
    /// # Errors
    ///
    /// [`AppliedError`] when a revision is unknown.
    pub fn applied_with_gaps<'a>(
        &self,
        rows: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
    ) -> Result<Applied, AppliedError> {
        let mut is_applied = vec![false; self.len()];
        let mut unknown = HashMap::new();
        for (id, parents) in rows {
            match self.position(id) {
                Some(position) => is_applied[position] = true,
                None => {
                    unknown.insert(id, parents);
                }
            }
        }
        let applied = Applied { is_applied };
        if !unknown.is_empty() {
            return Err(self.judge_unknown(&applied, &unknown));
        }
        Ok(applied)
    }

    /// Ahead when every pointer of the unknown revisions ends at another one or at an applied one.
    fn judge_unknown(&self, applied: &Applied, unknown: &HashMap<&str, Vec<&str>>) -> AppliedError {
        let is_applied = |id: &str| self.position(id).is_some_and(|position| applied.is_applied[position]);
        let descends = |parents: &Vec<&str>| {
            !parents.is_empty() && parents.iter().all(|parent| unknown.contains_key(parent) || is_applied(parent))
        };
        let is_ahead = unknown.values().all(descends);
        let mut unknown: Vec<String> = unknown.keys().map(|&id| id.to_owned()).collect();
        unknown.sort();
        if is_ahead { AppliedError::Ahead { unknown } } else { AppliedError::Diverged { unknown } }
    }

    fn check_closed(&self, applied: &Applied) -> Result<(), AppliedError> {
        let order = || self.order().iter().copied();
        let below = self.reach(order().filter(|&position| applied.contains(position)), |position| self.below(position));
        let is_missing = |position: usize| below[position] && !applied.contains(position);
        let missing = self.names(order().filter(|&position| is_missing(position)));
        if missing.is_empty() {
            return Ok(());
        }
        let is_above = |position: usize| {
            applied.contains(position) && self.below(position).iter().any(|&parent| is_missing(parent))
        };
        Err(AppliedError::Missing { above: self.names(order().filter(|&position| is_above(position))), missing })
    }

    pub(crate) fn names(&self, positions: impl IntoIterator<Item = usize>) -> Vec<String> {
        positions.into_iter().map(|position| self.revision(position).id.clone()).collect()
    }

    /// Where a database stands: the applied revisions that no other applied one descends from or depends on.
    pub fn current(&self, applied: &Applied) -> Vec<&Revision> {
        self.tops(&applied.is_applied).map(|position| self.revision(position)).collect()
    }

    /// The members of a set that nothing else in it points at.
    pub(crate) fn tops(&self, is_member: &[bool]) -> impl Iterator<Item = usize> {
        self.order()
            .iter()
            .copied()
            .filter(move |&position| is_member[position] && !self.above(position).iter().any(|&above| is_member[above]))
    }
}

impl Applied {
    /// Whether the revision at this position is applied.
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.is_applied[position]
    }

    pub(crate) fn marks(&self) -> &[bool] {
        &self.is_applied
    }
}
