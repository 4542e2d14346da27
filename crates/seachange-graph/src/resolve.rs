//! Resolution of targets: the revisions that a text stands for.

use thiserror::Error;

use crate::applied::AppliedSet;
use crate::branch::Branch;
use crate::error::quoted;
use crate::graph::Graph;
use crate::lookup::{LookupError, on_branch};
use crate::revision::Revision;
use crate::revision_set::RevisionSet;
use crate::target::{Anchor, Target};

/// A target that stands for no revision, or is ambiguous.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A name matches no revision, or several.
    #[error(transparent)]
    Find(#[from] LookupError),
    /// The target is `head`, and there are several heads.
    #[error("{} heads{}: {}", heads.len(), on_branch(branch.as_ref()), quoted(heads))]
    SeveralHeads {
        /// The heads.
        heads: Vec<String>,
        /// The branch that has them, if one was named.
        branch: Option<String>,
    },
    /// The target counts steps from several revisions.
    #[error("`{target}` counts from several revisions: {}", quoted(starts))]
    SeveralStarts {
        /// The target.
        target: Target,
        /// The revisions.
        starts: Vec<String>,
    },
    /// The target has more steps than there are revisions.
    #[error("`{target}` leads too far: {asked} {} asked for, {available} available", revisions(*asked))]
    TooFar {
        /// The target.
        target: Target,
        /// The number of steps in the target.
        asked: u64,
        /// The number of steps that are possible.
        available: u64,
    },
    /// A number of steps reaches a revision where the next step is ambiguous.
    #[error("`{target}` is ambiguous after {made} of {asked} {}: {}", revisions(*asked), quoted(candidates))]
    SeveralWays {
        /// The target.
        target: Target,
        /// The number of steps in the target.
        asked: u64,
        /// The number of steps before the ambiguity.
        made: u64,
        /// The candidates for the next step.
        candidates: Vec<String>,
    },
}

/// Where the steps of a target end.
#[derive(Debug)]
pub(crate) struct ResolvedTarget {
    /// The revisions that the target stands for, in order; empty for the base.
    pub(crate) place: Vec<usize>,
    /// The revision that the last step started from.
    pub(crate) from: Option<usize>,
}

fn revisions(count: u64) -> &'static str {
    if count == 1 { "revision" } else { "revisions" }
}

impl Graph {
    /// Finds the revisions that a target stands for, in order. `base` stands for no revision, and there can be several
    /// for `heads`, for `current` on a database with several current revisions, and for a step below a merge point.
    ///
    /// `applied` gives the meaning of `current`; use [`all_applied`](Self::all_applied) without a database.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] when a name matches no revision or several, when there are too few steps, or when a step is
    /// ambiguous.
    pub fn resolve(&self, applied: &AppliedSet, target: &Target) -> Result<Vec<&Revision>, ResolveError> {
        let (found, _) = self.locate(applied, target)?;
        Ok(found.place.into_iter().map(|position| self.revision(position)).collect())
    }

    /// Finds the revisions that a target stands for, in order, and the branch that it is limited to.
    pub(crate) fn locate(
        &self,
        applied: &AppliedSet,
        target: &Target,
    ) -> Result<(ResolvedTarget, Option<Branch>), ResolveError> {
        let branch = target.branch().map(|name| self.branch(name)).transpose()?;
        let start = self.start(applied, target, branch.as_ref())?;
        let found = self.walk(target, start, branch.as_ref())?;
        Ok((found, branch))
    }

    /// Finds the revisions that the steps of a target are counted from.
    fn start(
        &self,
        applied: &AppliedSet,
        target: &Target,
        branch: Option<&Branch>,
    ) -> Result<Vec<usize>, ResolveError> {
        Ok(match target.place() {
            None | Some(Anchor::Current) => self.tops_on(applied, branch),
            Some(Anchor::Base) => Vec::new(),
            Some(Anchor::Heads) => Branch::keep(branch, self.head_positions().iter().copied()),
            Some(Anchor::Head) => self.only_head(branch)?,
            Some(Anchor::Named(name)) => vec![self.find_position(name, branch)?],
        })
    }

    fn only_head(&self, branch: Option<&Branch>) -> Result<Vec<usize>, ResolveError> {
        let heads = Branch::keep(branch, self.head_positions().iter().copied());
        if heads.len() > 1 {
            let branch = branch.map(|branch| branch.name.clone());
            return Err(ResolveError::SeveralHeads { heads: self.names(heads), branch });
        }
        Ok(heads)
    }

    /// The current revisions of a database on a branch: its topmost applied revisions that belong to the branch.
    fn tops_on(&self, applied: &AppliedSet, branch: Option<&Branch>) -> Vec<usize> {
        let tops = Branch::keep(branch, applied.tops().iter().copied());
        let Some(branch) = branch.filter(|_| tops.is_empty()) else {
            return tops;
        };
        // Only revisions shared with other branches are applied here: the branch continues from the topmost of those.
        let shared = |position: usize| applied.contains(position) && branch.contains(position);
        let is_top = |&position: &usize| !self.child_positions(position).iter().any(|&child| shared(child));
        applied.members().iter().filter(|&position| shared(position)).filter(is_top).collect()
    }

    /// Takes the steps of a target: up along children, down along parents. An empty start is the base.
    pub(crate) fn walk(
        &self,
        target: &Target,
        start: Vec<usize>,
        branch: Option<&Branch>,
    ) -> Result<ResolvedTarget, ResolveError> {
        let asked = target.steps().unsigned_abs();
        if asked > 0 && start.len() > 1 {
            return Err(ResolveError::SeveralStarts { target: target.clone(), starts: self.names(start) });
        }
        let is_up = target.steps() > 0;
        let too_far = |available| Err(ResolveError::TooFar { target: target.clone(), asked, available });
        let several_ways = |made, candidates: &[usize]| {
            let candidates = self.names(candidates.iter().copied());
            Err(ResolveError::SeveralWays { target: target.clone(), asked, made, candidates })
        };
        let mut walk = ResolvedTarget { place: start, from: None };
        for made in 0..asked {
            let next = match (walk.place.as_slice(), is_up) {
                ([], true) => self.base_positions().to_vec(),
                ([], false) => return too_far(made),
                (&[at], true) => self.child_positions(at).to_vec(),
                (&[at], false) => self.parent_positions(at).to_vec(),
                (several, _) => return several_ways(made, several),
            };
            walk = ResolvedTarget { from: walk.place.first().copied(), place: Branch::keep(branch, next) };
            match walk.place.len() {
                0 if is_up => return too_far(made),
                2.. if is_up => return several_ways(made, &walk.place),
                _ => {}
            }
        }
        // One step below a merge point leads to all of its parents; the ambiguity matters only to the next step.
        Ok(walk)
    }

    /// Everything below some revisions, including them.
    pub(crate) fn closure_below(&self, starts: impl IntoIterator<Item = usize>) -> RevisionSet {
        RevisionSet::reached(self, starts, |position| self.below(position))
    }
}
