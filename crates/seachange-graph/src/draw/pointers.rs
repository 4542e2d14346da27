//! Who points at whom, by position, both ways.

use std::collections::HashMap;

use super::{Edge, EdgeKind};
use crate::revision::Revision;

/// Pointers between positions, without repetition; what is a parent is no dependency.
pub(super) struct Pointers {
    /// As they are declared.
    pub(super) parents: Vec<Vec<usize>>,
    /// As they are declared.
    pub(super) dependencies: Vec<Vec<usize>>,
    /// The newest first.
    pub(super) children: Vec<Vec<usize>>,
    /// The newest first.
    pub(super) dependants: Vec<Vec<usize>>,
}

impl Pointers {
    /// Takes the revisions of a graph, each after those it points at.
    pub(super) fn new(revisions: &[&Revision]) -> Self {
        let index: HashMap<&str, usize> = revisions.iter().map(|revision| revision.id.as_str()).zip(0..).collect();
        let positions =
            |ids: &[String]| -> Vec<usize> { ids.iter().filter_map(|id| index.get(&**id)).copied().collect() };
        let mut parents = Vec::with_capacity(revisions.len());
        let mut dependencies = Vec::with_capacity(revisions.len());
        for revision in revisions {
            let above = unique(positions(&revision.down_revision), &[]);
            dependencies.push(unique(positions(&revision.depends_on), &above));
            parents.push(above);
        }
        let (children, dependants) = (reversed(&parents), reversed(&dependencies));
        Self { parents, dependencies, children, dependants }
    }

    /// Everything that points at a revision.
    pub(super) fn above(&self, position: usize) -> impl Iterator<Item = usize> {
        self.children[position].iter().chain(&self.dependants[position]).copied()
    }

    /// Every pointer as a line between rows, given the positions in the order of the rows.
    pub(super) fn edges(&self, rows: &[usize]) -> Vec<Edge> {
        let mut row_of = vec![0; rows.len()];
        for (row, &position) in rows.iter().enumerate() {
            row_of[position] = row;
        }
        let edges_of = |(upper, &position): (usize, &usize)| {
            let edge = |kind| move |&below: &usize| (below, kind);
            let parents = self.parents[position].iter().map(edge(EdgeKind::Parent));
            let dependencies = self.dependencies[position].iter().map(edge(EdgeKind::Dependency));
            let row_of = &row_of;
            parents.chain(dependencies).map(move |(below, kind)| Edge { upper, lower: row_of[below], kind })
        };
        rows.iter().enumerate().flat_map(edges_of).collect()
    }
}

/// Keeps the first of equals, and none of `others`. The lists are short, but for merge points of very many revisions.
fn unique(positions: Vec<usize>, others: &[usize]) -> Vec<usize> {
    let mut seen: std::collections::HashSet<usize> = others.iter().copied().collect();
    positions.into_iter().filter(|&position| seen.insert(position)).collect()
}

/// Turns pointers round; the last position, the newest, comes first.
fn reversed(pointers: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); pointers.len()];
    for (from, below) in pointers.iter().enumerate().rev() {
        for &to in below {
            reversed[to].push(from);
        }
    }
    reversed
}
