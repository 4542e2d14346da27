//! The checked graph, and what can be asked of it.

use crate::fault::Faults;
use crate::load::{self, Index, Pointers};
use crate::revision::Revision;

/// A set of revisions in which every pointer leads somewhere, ids and labels are unique, and nothing is circular.
///
/// Loading is linear in the number of revisions and pointers, but for one sort; questions about the whole graph
/// are linear, and those about one revision look at that revision alone.
#[derive(Debug, Clone)]
pub struct Graph {
    revisions: Vec<Revision>,
    index: Index,
    below: Pointers,
    above: Pointers,
    order: Vec<usize>,
    sorted_ids: Vec<usize>,
}

impl Graph {
    /// Checks a set of revisions and makes a graph of it.
    ///
    /// # Errors
    ///
    /// All [`Faults`] of the set together.
    pub fn new(revisions: impl IntoIterator<Item = Revision>) -> Result<Self, Faults> {
        let revisions: Vec<Revision> = revisions.into_iter().collect();
        let mut faults = Vec::new();
        let index = load::index(&revisions, &mut faults);
        load::check_labels(&revisions, &index, &mut faults);
        let below = load::pointers(&revisions, &index, &mut faults);
        let order = load::order(&revisions, &below, &mut faults);
        Faults::check(faults)?;
        let mut sorted_ids = order.clone();
        sorted_ids.sort_unstable_by(|&a, &b| revisions[a].id.cmp(&revisions[b].id));
        let above = reversed(&below, &order);
        Ok(Self { revisions, index, below, above, order, sorted_ids })
    }

    /// The number of revisions.
    pub fn len(&self) -> usize {
        self.revisions.len()
    }

    /// Whether there is no revision at all.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The revision with exactly this id.
    pub fn get(&self, id: &str) -> Option<&Revision> {
        self.position(id).map(|position| self.revision(position))
    }

    /// All revisions, each after those it points at. The order is a function of the set alone.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Revision> + ExactSizeIterator {
        self.order.iter().map(|&position| self.revision(position))
    }

    /// The revisions that no other is the child of, in the order of [`iter`](Self::iter).
    pub fn heads(&self) -> Vec<&Revision> {
        self.iter().filter(|revision| self.children(&revision.id).next().is_none()).collect()
    }

    /// The revisions without a parent, in the order of [`iter`](Self::iter).
    pub fn bases(&self) -> Vec<&Revision> {
        self.iter().filter(|revision| revision.down_revision.is_empty()).collect()
    }

    /// The revisions that have `id` as a parent. Dependencies do not count.
    pub fn children<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Revision> {
        let above = self.position(id).map(|position| self.above[position].as_slice()).unwrap_or_default();
        above
            .iter()
            .map(|&position| self.revision(position))
            .filter(move |child| child.down_revision.iter().any(|parent| parent == id))
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    pub(crate) fn revision(&self, position: usize) -> &Revision {
        &self.revisions[position]
    }

    /// What the revision points at: parents and dependencies.
    pub(crate) fn below(&self, position: usize) -> &[usize] {
        &self.below[position]
    }

    /// What points at the revision: children and dependants.
    pub(crate) fn above(&self, position: usize) -> &[usize] {
        &self.above[position]
    }

    /// Positions, each after those it points at.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// Positions in the order of their ids.
    pub(crate) fn sorted_ids(&self) -> &[usize] {
        &self.sorted_ids
    }

    /// Marks everything reachable from `starts`, the starts included.
    pub(crate) fn reach<'a>(
        &self,
        starts: impl IntoIterator<Item = usize>,
        next: impl Fn(usize) -> &'a [usize],
    ) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut open: Vec<usize> = starts.into_iter().collect();
        while let Some(position) = open.pop() {
            if !std::mem::replace(&mut reached[position], true) {
                open.extend(next(position));
            }
        }
        reached
    }
}

/// Turns pointers round, filling each list in the order given.
fn reversed(pointers: &Pointers, order: &[usize]) -> Pointers {
    let mut reversed = vec![Vec::new(); pointers.len()];
    for &from in order {
        for &to in &pointers[from] {
            reversed[to].push(from);
        }
    }
    reversed
}
