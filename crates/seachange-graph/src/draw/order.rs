//! The order of the rows, chosen so that few lines run side by side.
//!
//! The walk goes down from a head; at a merge point it takes the last parent first. Before it draws a revision, it
//! draws every revision above it. So a side branch is complete before the walk continues below its branch point, and
//! two lines that merge repeatedly are drawn in turns. Revisions that are connected by parents form one component.
//! Components are drawn one after the other; one that depends on another is above it.

use crate::graph::Graph;

/// The positions, the newest first, each before all positions that it points at.
pub(super) fn newest_first(graph: &Graph) -> Vec<usize> {
    let trees = Components::new(graph);
    let mut walk = TopologicalWalk::new(graph);
    for top in trees.order(graph).into_iter().flat_map(|tree| &trees.tops[tree]) {
        walk.go_on(*top);
    }
    walk.rows
}

/// The revisions that are drawn, and those that are next.
struct TopologicalWalk<'a> {
    graph: &'a Graph,
    /// The revisions that point at each position: dependants first, then children, each from the newest.
    above: Vec<Vec<usize>>,
    /// How many of them, from the start, are known to be drawn.
    drawn_above: Vec<usize>,
    is_drawn: Vec<bool>,
    /// Revisions with at least one drawn revision above them; the last is next.
    open: Vec<usize>,
    rows: Vec<usize>,
}

impl<'a> TopologicalWalk<'a> {
    fn new(graph: &'a Graph) -> Self {
        let count = graph.len();
        let above = |position: usize| {
            let newest_first = |positions: &'a [usize]| positions.iter().rev().copied();
            let dependants = newest_first(graph.dependant_positions(position));
            dependants.chain(newest_first(graph.child_positions(position))).collect()
        };
        Self {
            graph,
            above: (0..count).map(above).collect(),
            drawn_above: vec![0; count],
            is_drawn: vec![false; count],
            open: Vec::new(),
            rows: Vec::with_capacity(count),
        }
    }

    /// Draws a revision, everything below it, and the revisions that must be above those.
    fn go_on(&mut self, top: usize) {
        self.open.push(top);
        while let Some(&position) = self.open.last() {
            if self.is_drawn[position] {
                self.open.pop();
            } else {
                let next = self.highest_undrawn(position);
                self.draw(next);
            }
        }
    }

    fn draw(&mut self, position: usize) {
        self.is_drawn[position] = true;
        self.rows.push(position);
        // Dependencies are drawn after the line that needs them ends.
        let dependencies = self.graph.dependency_positions(position);
        self.open.extend(dependencies.iter().chain(self.graph.parent_positions(position)));
    }

    /// Goes up from a revision to one with no undrawn revision above it. The revisions passed on the way are drawn
    /// before the walk returns to the start, so the walk rarely takes a path twice.
    fn highest_undrawn(&mut self, mut position: usize) -> usize {
        while let Some(above) = self.undrawn_above(position) {
            position = above;
        }
        position
    }

    fn undrawn_above(&mut self, position: usize) -> Option<usize> {
        let above = &self.above[position];
        let drawn_above = &mut self.drawn_above[position];
        while above.get(*drawn_above).is_some_and(|&above| self.is_drawn[above]) {
            *drawn_above += 1;
        }
        above.get(*drawn_above).copied()
    }
}

/// Revisions that are connected by parents.
struct Components {
    /// The component of each position.
    of: Vec<usize>,
    /// The revisions of each component that no other points at, the newest first.
    tops: Vec<Vec<usize>>,
}

impl Components {
    fn new(graph: &Graph) -> Self {
        let count = graph.len();
        let mut of = vec![usize::MAX; count];
        let mut tops: Vec<Vec<usize>> = Vec::new();
        for start in (0..count).rev() {
            if of[start] == usize::MAX {
                fill(&mut of, graph, start, tops.len());
                tops.push(Vec::new());
            }
            if graph.above(start).is_empty() {
                tops[of[start]].push(start);
            }
        }
        Self { of, tops }
    }

    /// The components; where possible, one that depends on another comes before it.
    fn order(&self, graph: &Graph) -> Vec<usize> {
        let mut dependants = vec![Vec::new(); self.tops.len()];
        for position in 0..graph.len() {
            let above = graph.dependant_positions(position).iter().rev();
            dependants[self.of[position]].extend(above.map(|&above| self.of[above]));
        }
        closing_order(0..self.tops.len(), &dependants)
    }
}

/// Puts all revisions that are connected with `start` into component `tree`.
fn fill(of: &mut [usize], graph: &Graph, start: usize, tree: usize) {
    of[start] = tree;
    let mut open = vec![start];
    while let Some(position) = open.pop() {
        for &next in graph.parent_positions(position).iter().chain(graph.child_positions(position)) {
            if of[next] != tree {
                of[next] = tree;
                open.push(next);
            }
        }
    }
}

/// Walks depth first from each start, and lists each node after all nodes that can be reached from it.
fn closing_order(starts: impl IntoIterator<Item = usize>, next: &[Vec<usize>]) -> Vec<usize> {
    let mut is_seen = vec![false; next.len()];
    let mut closed = Vec::with_capacity(next.len());
    for start in starts {
        let mut path = Vec::new();
        if !std::mem::replace(&mut is_seen[start], true) {
            path.push((start, next[start].iter()));
        }
        while let Some((position, following)) = path.last_mut() {
            match following.next() {
                Some(&after) if !std::mem::replace(&mut is_seen[after], true) => path.push((after, next[after].iter())),
                Some(_) => {}
                None => {
                    closed.push(*position);
                    path.pop();
                }
            }
        }
    }
    closed
}
