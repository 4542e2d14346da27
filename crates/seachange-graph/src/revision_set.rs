//! The revisions that can be reached from given ones.

use crate::graph::Graph;

/// A set of revisions of a graph, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RevisionSet {
    is_member: Vec<bool>,
}

impl RevisionSet {
    pub(crate) fn empty(graph: &Graph) -> Self {
        Self { is_member: vec![false; graph.len()] }
    }

    pub(crate) fn full(graph: &Graph) -> Self {
        Self { is_member: vec![true; graph.len()] }
    }

    /// Everything that `next` reaches from each of `starts`; the starts belong to the set.
    pub(crate) fn reached<'a>(
        graph: &Graph,
        starts: impl IntoIterator<Item = usize>,
        next: impl Fn(usize) -> &'a [usize],
    ) -> Self {
        let mut set = Self::empty(graph);
        set.extend(starts, next, |_| true);
        set
    }

    /// Adds the revisions that `next` reaches from `starts` through revisions that `passes` accepts; returns the
    /// added ones, unordered.
    pub(crate) fn extend<'a>(
        &mut self,
        starts: impl IntoIterator<Item = usize>,
        next: impl Fn(usize) -> &'a [usize],
        passes: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let mut added = Vec::new();
        let mut open: Vec<usize> = starts.into_iter().collect();
        while let Some(position) = open.pop() {
            if passes(position) && self.insert(position) {
                added.push(position);
                open.extend(next(position));
            }
        }
        added
    }

    /// Adds a revision; returns false if the set already has it.
    pub(crate) fn insert(&mut self, position: usize) -> bool {
        !std::mem::replace(&mut self.is_member[position], true)
    }

    pub(crate) fn contains(&self, position: usize) -> bool {
        self.is_member[position]
    }

    /// The members in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.is_member.iter().enumerate().filter(|(_, is_member)| **is_member).map(|(position, _)| position)
    }

    /// Keeps the members that are also in `other`.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.is_member.iter_mut().zip(&other.is_member).for_each(|(mine, theirs)| *mine &= theirs);
    }
}
