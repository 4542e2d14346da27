//! What a database has applied, compared with the graph.

use std::collections::HashMap;

use thiserror::Error;

use crate::error::quoted;
use crate::graph::Graph;
use crate::revision::Revision;
use crate::revision_set::RevisionSet;

/// The applied revisions of a database, all of them known.
///
/// A set belongs to the [`Graph`] that made it, and has no meaning for another graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedSet {
    members: RevisionSet,
    /// The applied revisions that no other applied revision is above, in order.
    tops: Vec<usize>,
    /// The revisions that are not applied although they are below an applied revision, in order.
    missing: Vec<usize>,
}

/// A set of applied revisions that cannot be the start of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AppliedError {
    /// Unknown revisions that are above known, applied ones, or on new branches: the database is ahead of this
    /// program.
    #[error(
        "the database is ahead of this program: {} {} applied and unknown here",
        quoted(unknown),
        is_or_are(unknown)
    )]
    Ahead {
        /// The unknown revisions, sorted.
        unknown: Vec<String>,
    },
    /// Unknown revisions, some of which are below known revisions or share no ancestor with them: the histories
    /// differ.
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
        /// The current revisions of the database: the applied revisions with nothing applied above.
        current: Vec<String>,
    },
}

fn is_or_are(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

impl Graph {
    /// Checks the rows that a database holds: each is an applied id and the ids that it pointed at when it was
    /// applied (parents and dependencies). The rows may be in any order. Linear in the size of the graph and the
    /// rows.
    ///
    /// # Errors
    ///
    /// [`AppliedError`] when a revision is unknown, or when one below an applied revision is missing.
    pub fn applied<'a>(
        &self,
        rows: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
    ) -> Result<AppliedSet, AppliedError> {
        let applied = self.applied_with_gaps(rows)?;
        self.check_closed(&applied)?;
        Ok(applied)
    }

    /// As [`applied`](Self::applied), but accepts a set that misses revisions below applied ones: an upgrade from
    /// there applies them as well.
    ///
    /// # Errors
    ///
    /// [`AppliedError`] when a revision is unknown.
    pub fn applied_with_gaps<'a>(
        &self,
        rows: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
    ) -> Result<AppliedSet, AppliedError> {
        let mut members = RevisionSet::empty(self);
        let (mut known, mut unknown) = (Vec::new(), HashMap::new());
        for (id, pointers) in rows {
            match self.position(id) {
                Some(position) => {
                    members.insert(position);
                    known.push(pointers);
                }
                None => {
                    unknown.insert(id, pointers);
                }
            }
        }
        if !unknown.is_empty() {
            return Err(self.classify_unknown(&members, &known, &unknown));
        }
        Ok(self.applied_set_of(members))
    }

    /// The set in which every revision is applied, for questions that are asked without a database: it is at the
    /// heads.
    pub fn all_applied(&self) -> AppliedSet {
        self.applied_set_of(RevisionSet::full(self))
    }

    /// The set in which no revision is applied.
    pub fn none_applied(&self) -> AppliedSet {
        self.applied_set_of(RevisionSet::empty(self))
    }

    /// Finds the top revisions of a set and the revisions that it misses, from the top down.
    fn applied_set_of(&self, members: RevisionSet) -> AppliedSet {
        let mut is_below = vec![false; self.len()];
        let (mut tops, mut missing) = (Vec::new(), Vec::new());
        for position in (0..self.len()).rev() {
            match (members.contains(position), is_below[position]) {
                (true, false) => tops.push(position),
                (false, true) => missing.push(position),
                (true, true) => {}
                (false, false) => continue,
            }
            self.below(position).iter().for_each(|&below| is_below[below] = true);
        }
        tops.reverse();
        missing.reverse();
        AppliedSet { members, tops, missing }
    }

    /// The database is ahead if all unknown revisions are above the known ones: no known row points at an unknown
    /// revision, and every unknown row points only at applied or unknown revisions. An unknown root may be a new
    /// branch, if at least one revision is known.
    fn classify_unknown(
        &self,
        applied: &RevisionSet,
        known: &[Vec<&str>],
        unknown: &HashMap<&str, Vec<&str>>,
    ) -> AppliedError {
        let is_unknown = |id: &&str| unknown.contains_key(id);
        let is_applied = |id: &str| self.position(id).is_some_and(|position| applied.contains(position));
        let is_above = |pointers: &Vec<&str>| pointers.iter().all(|id| is_unknown(id) || is_applied(id));
        let is_ahead = !known.is_empty() && !known.iter().flatten().any(is_unknown) && unknown.values().all(is_above);
        let mut unknown: Vec<String> = unknown.keys().map(|&id| id.to_owned()).collect();
        unknown.sort();
        if is_ahead { AppliedError::Ahead { unknown } } else { AppliedError::Diverged { unknown } }
    }

    fn check_closed(&self, applied: &AppliedSet) -> Result<(), AppliedError> {
        if applied.missing.is_empty() {
            return Ok(());
        }
        let mut is_missing = RevisionSet::empty(self);
        applied.missing.iter().for_each(|&position| _ = is_missing.insert(position));
        let is_above = |&position: &usize| self.below(position).iter().any(|&below| is_missing.contains(below));
        Err(AppliedError::Missing {
            missing: self.names(applied.missing.iter().copied()),
            above: self.names(applied.members.iter().filter(is_above)),
            current: self.names(applied.tops.iter().copied()),
        })
    }

    /// The current revisions of a database: the applied revisions that no other applied one descends from or depends
    /// on.
    pub fn current(&self, applied: &AppliedSet) -> Vec<&Revision> {
        applied.tops.iter().map(|&position| self.revision(position)).collect()
    }

    /// Whether the revision with this id is applied.
    pub fn is_applied(&self, applied: &AppliedSet, id: &str) -> bool {
        self.position(id).is_some_and(|position| applied.contains(position))
    }
}

impl AppliedSet {
    /// Whether the revision at this position is applied.
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.members.contains(position)
    }

    pub(crate) fn members(&self) -> &RevisionSet {
        &self.members
    }

    pub(crate) fn tops(&self) -> &[usize] {
        &self.tops
    }

    pub(crate) fn missing(&self) -> &[usize] {
        &self.missing
    }
}
