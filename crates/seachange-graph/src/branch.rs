//! Branches: the revisions that belong to a label, or to the line of a revision.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::graph::Graph;
use crate::revision_set::RevisionSet;

/// The line of a revision: all its ancestors and descendants by parents. Dependencies do not count.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    /// The name as it was typed: a label, or the beginning of an id.
    pub(crate) name: String,
    /// The revision that the line goes through.
    pub(crate) start: usize,
    members: RevisionSet,
}

impl Branch {
    /// The line of the revision at `start`, which `name` stands for.
    pub(crate) fn through(graph: &Graph, start: usize, name: &str) -> Self {
        let mut members = RevisionSet::reached(graph, [start], |position| graph.parent_positions(position));
        let children = graph.child_positions(start).iter().copied();
        members.extend(children, |position| graph.child_positions(position), |_| true);
        Self { name: name.to_owned(), start, members }
    }

    pub(crate) fn contains(&self, position: usize) -> bool {
        self.members.contains(position)
    }

    /// Keeps the revisions that belong to the branch; keeps all of them without a branch.
    pub(crate) fn keep(branch: Option<&Self>, positions: impl IntoIterator<Item = usize>) -> Vec<usize> {
        positions.into_iter().filter(|&position| branch.is_none_or(|branch| branch.contains(position))).collect()
    }
}

impl Graph {
    /// The labels of the branches that a revision is part of, sorted. These are the labels that the revision or one
    /// below it carries, and those carried above it where the path up to the head neither forks nor joins another.
    ///
    /// The first call takes time linear in the size of the graph and the labels of each revision; later calls take
    /// constant time.
    pub fn labels(&self, id: &str) -> Vec<&str> {
        let memberships = self.memberships.get_or_init(|| self.find_memberships());
        let carriers =
            self.position(id).and_then(|position| memberships.get(position)).into_iter().flat_map(|list| list.iter());
        let mut labels: Vec<&str> =
            carriers.flat_map(|&carrier| &self.revision(carrier).branch_labels).map(String::as_str).collect();
        labels.sort_unstable();
        labels
    }

    /// For each revision the revisions that carry its labels; empty if the graph has no labels. A revision that
    /// carries no label shares the list of its parent.
    fn find_memberships(&self) -> Vec<Arc<[usize]>> {
        if self.carriers().next().is_none() {
            return Vec::new();
        }
        let mut carriers: Vec<Arc<[usize]>> = Vec::with_capacity(self.len());
        for position in 0..self.len() {
            let own = Some(position).filter(|_| !self.revision(position).branch_labels.is_empty());
            let shared = match (self.parent_positions(position), own) {
                ([first, others @ ..], None) => {
                    let first = &carriers[*first];
                    others.iter().all(|&other| Arc::ptr_eq(first, &carriers[other])).then(|| first.clone())
                }
                _ => None,
            };
            let inherited =
                || self.parent_positions(position).iter().flat_map(|&parent| carriers[parent].iter().copied());
            let merged = || inherited().chain(own).collect::<BTreeSet<usize>>().into_iter().collect();
            let list = shared.unwrap_or_else(merged);
            carriers.push(list);
        }
        for &head in self.head_positions() {
            self.pass_down(head, &mut carriers);
        }
        carriers
    }

    /// Gives the labels of a head to the revisions below it, down to the first one where the path forks or joins
    /// another.
    fn pass_down(&self, head: usize, carriers: &mut [Arc<[usize]>]) {
        let labels = carriers[head].clone();
        let mut next = Some(head).filter(|_| !labels.is_empty());
        while let Some(position) = next {
            if self.above(position).len() > 1 || self.parent_positions(position).len() > 1 {
                return;
            }
            carriers[position] = labels.clone();
            next = self.parent_positions(position).first().copied();
        }
    }
}
