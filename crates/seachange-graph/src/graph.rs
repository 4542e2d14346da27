//! The checked graph, and the questions that it answers.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::error::GraphErrors;
use crate::index::IdIndex;
use crate::links::Adjacency;
use crate::revision::Revision;
use crate::squash::Squashes;
use crate::validate::{self, Labels};

/// A set of revisions in which every pointer has a target, ids and labels are unique, and there are no cycles.
///
/// Loading is linear in the number of revisions and pointers, except for one sort. Questions about the whole graph
/// are linear; questions about one revision read only that revision.
#[derive(Debug, Clone)]
pub struct Graph {
    /// In an order in which each revision comes after all that it points at. A position is an index into this.
    revisions: Vec<Revision>,
    /// Parents and dependencies.
    below: Adjacency,
    /// Children and dependants.
    above: Adjacency,
    ids: IdIndex,
    labels: Labels,
    squashes: Squashes,
    sorted_ids: Vec<usize>,
    heads: Vec<usize>,
    bases: Vec<usize>,
    /// For each revision the positions of the revisions that carry its labels; computed on first use.
    pub(crate) memberships: OnceLock<Vec<Arc<[usize]>>>,
}

impl Graph {
    /// Checks a set of revisions and makes a graph of it. Dependencies given as labels become ids. A revision named
    /// twice, or both as a parent and as a dependency, is kept once.
    ///
    /// # Errors
    ///
    /// [`GraphErrors`] with all errors of the set.
    pub fn new(revisions: impl IntoIterator<Item = Revision>) -> Result<Self, GraphErrors> {
        let mut unordered: Vec<Revision> = revisions.into_iter().collect();
        let mut faults = Vec::new();
        let mut squashes = Squashes::take(&mut unordered, &mut faults);
        let mut ids = validate::index(&unordered, &mut faults);
        let mut labels = validate::labels(&unordered, &ids, &mut faults);
        let links = validate::links(&unordered, &ids, &labels, &squashes, &mut faults);
        squashes.check(&unordered, &ids, &labels, &links, &mut faults);
        let mut sorted_ids = validate::sorted_ids(&unordered);
        let order = validate::order(&unordered, &sorted_ids, &links, &mut faults);
        GraphErrors::check(faults)?;

        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
        ids.renumber(&place);
        labels.values_mut().chain(&mut sorted_ids).for_each(|position| *position = place[*position]);
        let below = links.renumbered(&order, &place);
        let above = below.reversed();
        let revisions: Vec<Revision> = order.iter().map(|&old| std::mem::take(&mut unordered[old])).collect();
        squashes.set_positions(&revisions, &ids);
        let [heads, bases] = [&above, &below]
            .map(|links| (0..order.len()).filter(|&position| links.first(position).is_empty()).collect::<Vec<_>>());
        let memberships = OnceLock::new();
        let mut graph = Self { revisions, below, above, ids, labels, squashes, sorted_ids, heads, bases, memberships };
        graph.normalise();
        Ok(graph)
    }

    /// Replaces labels by ids in dependencies, replaced revisions by the squash revision, and removes duplicates.
    fn normalise(&mut self) {
        for position in 0..self.revisions.len() {
            if self.squashes.is_pointer_replaced(&self.revisions[position]) {
                self.resolve_replaced(position);
            }
            let [parents, dependencies] = [self.below.first(position), self.below.second(position)];
            if self.revisions[position].down_revision.len() != parents.len() {
                self.revisions[position].down_revision = self.names(parents.iter().copied());
            }
            let is_label = |name: &String| self.labels.contains_key(name);
            let depends_on = &self.revisions[position].depends_on;
            if depends_on.len() != dependencies.len() || depends_on.iter().any(is_label) {
                self.revisions[position].depends_on = self.names(dependencies.iter().copied());
            }
        }
    }

    /// Replaces the ids of replaced revisions in the pointers of a revision.
    fn resolve_replaced(&mut self, position: usize) {
        let revision = &self.revisions[position];
        let id = |pointer: &String| match self.carrier(pointer) {
            Some(carrier) => self.revision(carrier).id.clone(),
            None => pointer.clone(),
        };
        let depends_on = revision.depends_on.iter().map(id).collect();
        self.squashes.keep_written(revision, [revision.down_revision.clone(), depends_on]);
        let [parents, dependencies] = [self.below.first(position), self.below.second(position)];
        let [parents, dependencies] = [parents, dependencies].map(|links| self.names(links.iter().copied()));
        let revision = &mut self.revisions[position];
        (revision.down_revision, revision.depends_on) = (parents, dependencies);
    }

    /// The squash revisions.
    pub(crate) fn squashes(&self) -> &Squashes {
        &self.squashes
    }

    /// The number of revisions.
    pub fn len(&self) -> usize {
        self.revisions.len()
    }

    /// Whether the graph has no revisions.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The revision with exactly this id.
    pub fn get(&self, id: &str) -> Option<&Revision> {
        self.position(id).map(|position| self.revision(position))
    }

    /// All revisions, each after those it points at. The order depends only on the set of revisions.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Revision> + ExactSizeIterator {
        self.revisions.iter()
    }

    /// The revisions without children, in the order of [`iter`](Self::iter).
    pub fn heads(&self) -> Vec<&Revision> {
        self.at(self.heads.iter().copied())
    }

    /// The heads that labels do not distinguish: several without a label, or several with the same labels, in the
    /// order of those labels. A head with its own label is meant to stay separate; these heads should probably be
    /// merged.
    pub fn stray_heads(&self) -> Vec<&Revision> {
        let mut alike: BTreeMap<Vec<&str>, Vec<&Revision>> = BTreeMap::new();
        for head in self.heads() {
            alike.entry(self.labels(&head.id)).or_default().push(head);
        }
        alike.into_values().filter(|heads| heads.len() > 1).flatten().collect()
    }

    /// The revisions that no other revision has as a parent or a dependency. These are the [`heads`](Self::heads)
    /// without those that an upgrade to the other heads also applies.
    pub fn unreferenced(&self) -> Vec<&Revision> {
        self.at((0..self.len()).filter(|&position| self.above(position).is_empty()))
    }

    /// The revisions without a parent, in the order of [`iter`](Self::iter).
    pub fn bases(&self) -> Vec<&Revision> {
        self.at(self.bases.iter().copied())
    }

    /// The revisions with several children, in the order of [`iter`](Self::iter).
    pub fn branch_points(&self) -> Vec<&Revision> {
        self.at((0..self.len()).filter(|&position| self.child_positions(position).len() > 1))
    }

    /// The revisions with several parents, in the order of [`iter`](Self::iter).
    pub fn merge_points(&self) -> Vec<&Revision> {
        self.at((0..self.len()).filter(|&position| self.parent_positions(position).len() > 1))
    }

    /// The revisions that have `id` as a parent. Dependencies do not count.
    pub fn children(&self, id: &str) -> impl Iterator<Item = &Revision> {
        let children = self.position(id).map(|position| self.child_positions(position)).unwrap_or_default();
        children.iter().map(|&child| self.revision(child))
    }

    /// The revisions that depend on `id` without being its children.
    pub fn dependants(&self, id: &str) -> impl Iterator<Item = &Revision> {
        let dependants = self.position(id).map(|position| self.dependant_positions(position));
        dependants.unwrap_or_default().iter().map(|&dependant| self.revision(dependant))
    }

    fn at(&self, positions: impl IntoIterator<Item = usize>) -> Vec<&Revision> {
        positions.into_iter().map(|position| self.revision(position)).collect()
    }

    pub(crate) fn names(&self, positions: impl IntoIterator<Item = usize>) -> Vec<String> {
        positions.into_iter().map(|position| self.revision(position).id.clone()).collect()
    }

    /// The position of an id. Each revision has a higher position than all that it points at.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.ids.get(&self.revisions, id)
    }

    /// The position of the revision that carries a label.
    pub(crate) fn carrier(&self, label: &str) -> Option<usize> {
        self.labels.get(label).copied()
    }

    /// Every label with the position of the revision that carries it, sorted.
    pub(crate) fn carriers(&self) -> impl Iterator<Item = (&str, usize)> {
        self.labels.iter().map(|(label, &carrier)| (label.as_str(), carrier))
    }

    pub(crate) fn revision(&self, position: usize) -> &Revision {
        &self.revisions[position]
    }

    pub(crate) fn head_positions(&self) -> &[usize] {
        &self.heads
    }

    pub(crate) fn base_positions(&self) -> &[usize] {
        &self.bases
    }

    pub(crate) fn parent_positions(&self, position: usize) -> &[usize] {
        self.below.first(position)
    }

    pub(crate) fn child_positions(&self, position: usize) -> &[usize] {
        self.above.first(position)
    }

    pub(crate) fn dependency_positions(&self, position: usize) -> &[usize] {
        self.below.second(position)
    }

    pub(crate) fn dependant_positions(&self, position: usize) -> &[usize] {
        self.above.second(position)
    }

    /// The revisions that this one points at: parents and dependencies.
    pub(crate) fn below(&self, position: usize) -> &[usize] {
        self.below.all(position)
    }

    /// The revisions that point at this one: children and dependants.
    pub(crate) fn above(&self, position: usize) -> &[usize] {
        self.above.all(position)
    }

    /// Positions sorted by their ids.
    pub(crate) fn sorted_ids(&self) -> &[usize] {
        &self.sorted_ids
    }
}
