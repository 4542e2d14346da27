//! The lanes that revisions and lines are drawn in.
//!
//! The rows are walked once from the top. A line takes a lane between its upper and its lower revision; after that
//! the lane is free again. The leftmost free lane is taken first. Lines to the same parent share a lane.

use std::collections::{BTreeSet, HashMap};

use super::{Edge, EdgeKind, GraphLayout};

/// A lane for each row and for each line.
pub(super) struct Lanes {
    /// The lane of the revision in each row.
    pub(super) nodes: Vec<usize>,
    /// The lane of each line between the rows of its ends.
    pub(super) edges: Vec<usize>,
    /// The number of lanes.
    pub(super) count: usize,
}

/// The lanes that are not taken.
#[derive(Default)]
struct FreeLanes {
    lanes: BTreeSet<usize>,
    count: usize,
}

impl FreeLanes {
    fn take_leftmost(&mut self) -> usize {
        self.lanes.pop_first().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }

    fn take(&mut self, wanted: usize) -> usize {
        if self.lanes.remove(&wanted) { wanted } else { self.take_leftmost() }
    }
}

/// The lanes of the lines that end at a revision.
#[derive(Default)]
struct IncomingLanes {
    /// From right to left: the last is the leftmost.
    parent: Vec<usize>,
    dependency: Vec<usize>,
}

impl Lanes {
    pub(super) fn new(picture: &GraphLayout<'_>) -> Self {
        let mut free = FreeLanes::default();
        let mut arriving: HashMap<usize, IncomingLanes> = HashMap::new();
        let mut nodes = Vec::with_capacity(picture.nodes.len());
        let mut edges = Vec::with_capacity(picture.edges.len());
        for row in 0..picture.nodes.len() {
            let ending = arriving.remove(&row).unwrap_or_default();
            let lane = ending.lane().unwrap_or_else(|| free.take_leftmost());
            free.lanes.extend(ending.parent.iter().chain(&ending.dependency).chain([&lane]));
            nodes.push(lane);
            for edge in picture.edges_below(row) {
                edges.push(arriving.entry(edge.lower).or_default().add(edge, lane, &mut free));
            }
        }
        Self { nodes, edges, count: free.count }
    }
}

impl IncomingLanes {
    fn lane(&self) -> Option<usize> {
        self.parent.last().or(self.dependency.first()).copied()
    }

    /// Finds a lane for a line from a revision in lane `from`. The line joins a line to the same parent, unless lane
    /// `from` is free and further to the left: then the two lines meet at the parent.
    fn add(&mut self, edge: &Edge, from: usize, free: &mut FreeLanes) -> usize {
        if edge.kind == EdgeKind::Dependency {
            let lane = free.take(from);
            self.dependency.push(lane);
            return lane;
        }
        let is_shared = |shared: usize| shared < from || !free.lanes.contains(&from);
        if let Some(shared) = self.parent.last().copied().filter(|&shared| is_shared(shared)) {
            return shared;
        }
        let lane = free.take(from);
        self.parent.push(lane);
        lane
    }
}
