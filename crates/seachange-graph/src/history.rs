//! The revisions of a range.

use thiserror::Error;

use crate::applied::AppliedSet;
use crate::error::quoted;
use crate::graph::Graph;
use crate::range::Range;
use crate::resolve::ResolveError;
use crate::revision::Revision;
use crate::revision_set::RevisionSet;
use crate::target::Target;

/// A range without revisions, or with an end that cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// An end stands for no revision, or is ambiguous.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The lower end is not below the upper one.
    #[error("{} {} not below the end of the range `{range}`", quoted(outside), if outside.len() == 1 { "is" } else { "are" })]
    NotBelow {
        /// The range.
        range: Box<Range>,
        /// The revisions of the lower end that are not below the upper one.
        outside: Vec<String>,
        /// Whether the ends are in the wrong order.
        is_reversed: bool,
    },
}

impl Graph {
    /// Lists the revisions of a range, each after those it points at. These are the revisions of the upper end and
    /// all below them, dependencies included, that descend from the lower end. Both ends belong to the range.
    ///
    /// `applied` gives the meaning of `current`.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] when an end cannot be resolved, or when the lower end is not below the upper one.
    pub fn history(&self, applied: &AppliedSet, range: &Range) -> Result<Vec<&Revision>, HistoryError> {
        let (from, to) = self.ends(applied, range)?;
        let mut members = self.closure_below(to.iter().copied());
        if !from.is_empty() {
            let outside: Vec<usize> = from.iter().copied().filter(|&position| !members.contains(position)).collect();
            if !outside.is_empty() {
                let below = self.closure_below(from);
                let is_reversed = !to.is_empty() && to.iter().all(|&position| below.contains(position));
                let outside = self.names(outside);
                return Err(HistoryError::NotBelow { range: Box::new(range.clone()), outside, is_reversed });
            }
            members.intersect(&RevisionSet::reached(self, from, |position| self.child_positions(position)));
        }
        Ok(members.iter().map(|position| self.revision(position)).collect())
    }

    /// Resolves both ends; a number of steps without a place is counted from the other end.
    fn ends(&self, applied: &AppliedSet, range: &Range) -> Result<(Vec<usize>, Vec<usize>), ResolveError> {
        let is_bare = |target: &Target| target.place().is_none();
        let from = range.from.clone().unwrap_or(Target::BASE);
        let to = range.to.clone().unwrap_or_else(|| Target::heads_on(from.branch()));
        match (is_bare(&from), is_bare(&to)) {
            (true, false) => {
                let (to, _) = self.locate(applied, &to)?;
                Ok((self.each_from(&from, &to.place)?, to.place))
            }
            (false, true) => {
                let (from, _) = self.locate(applied, &from)?;
                let to = self.each_from(&to, &from.place)?;
                Ok((from.place, to))
            }
            _ => Ok((self.locate(applied, &from)?.0.place, self.locate(applied, &to)?.0.place)),
        }
    }

    /// Counts the steps of a target from each of some revisions.
    fn each_from(&self, target: &Target, starts: &[usize]) -> Result<Vec<usize>, ResolveError> {
        let branch = target.branch().map(|name| self.branch(name)).transpose()?;
        if starts.is_empty() {
            return Ok(self.walk(target, Vec::new(), branch.as_ref())?.place);
        }
        let mut found = Vec::new();
        for &start in starts {
            found.extend(self.walk(target, vec![start], branch.as_ref())?.place);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}
