//! Targets resolved: which revisions a text means.

use thiserror::Error;

use crate::applied::AppliedSet;
use crate::branch::Branch;
use crate::error::quoted;
use crate::graph::Graph;
use crate::lookup::{LookupError, on_branch};
use crate::revision::Revision;
use crate::revision_set::RevisionSet;
use crate::target::{Anchor, Target};

/// A target that means nothing in this graph, or too much.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// A name leads to no revision, or to several.
    #[error(transparent)]
    Find(#[from] LookupError),
    /// `head` was asked for, and there are several.
    #[error("{} heads{}: {}", heads.len(), on_branch(branch.as_ref()), quoted(heads))]
    SeveralHeads {
        /// The heads.
        heads: Vec<String>,
        /// The branch that has them, if one was named.
        branch: Option<String>,
    },
    /// Steps are to be counted from several revisions at once.
    #[error("`{target}` counts from several revisions: {}", quoted(starts))]
    SeveralStarts {
        /// The target.
        target: Target,
        /// The revisions.
        starts: Vec<String>,
    },
    /// More steps were asked for than there are.
    #[error("`{target}` leads too far: {asked} {} asked for, {available} available", revisions(*asked))]
    TooFar {
        /// The target.
        target: Target,
        /// The steps asked for.
        asked: u64,
        /// The steps that can be made.
        available: u64,
    },
    /// A number of steps leads to a place where there are several ways on.
    #[error("`{target}` leads several ways after {made} of {asked} {}: {}", revisions(*asked), quoted(candidates))]
    SeveralWays {
        /// The target.
        target: Target,
        /// The steps asked for.
        asked: u64,
        /// The steps that were clear.
        made: u64,
        /// The revisions that the next step may lead to.
        candidates: Vec<String>,
    },
}

/// Where the steps of a target lead.
#[derive(Debug)]
pub(crate) struct ResolvedTarget {
    /// What the target stands for, in order; nothing is the base.
    pub(crate) place: Vec<usize>,
    /// The revision that the last step was taken from.
    pub(crate) from: Option<usize>,
}

fn revisions(count: u64) -> &'static str {
    if count == 1 { "revision" } else { "revisions" }
}

impl Graph {
    /// Finds the revisions that a target stands for, in order: none for `base`, several for `heads`, for `current` on
    /// a database that stands at several, and for a step below a merge point.
    ///
    /// `applied` says where the database stands; [`everything`](Self::all_applied) serves where there is none.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] when a name leads nowhere or to several, or when steps lead too far or several ways.
    pub fn resolve(&self, applied: &AppliedSet, target: &Target) -> Result<Vec<&Revision>, ResolveError> {
        let (found, _) = self.locate(applied, target)?;
        Ok(found.place.into_iter().map(|position| self.revision(position)).collect())
    }

    /// Finds what a target stands for, in order, and the branch it is kept to.
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

    /// Finds where the steps of a target are counted from.
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

    /// Where a database stands on a branch: its topmost applied revisions that belong to the branch.
    fn tops_on(&self, applied: &AppliedSet, branch: Option<&Branch>) -> Vec<usize> {
        let tops = Branch::keep(branch, applied.tops().iter().copied());
        let Some(branch) = branch.filter(|_| tops.is_empty()) else {
            return tops;
        };
        // Only what other branches stand on is applied here: the branch goes on from the topmost of that.
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
        // One step below a merge point are all of its parents; that there are several ways on matters to the next step.
        Ok(walk)
    }

    /// Everything below some revisions, them included.
    pub(crate) fn closure_below(&self, starts: impl IntoIterator<Item = usize>) -> RevisionSet {
        RevisionSet::reached(self, starts, |position| self.below(position))
    }
}
