//! The order of the rows: one that can be drawn with few lines side by side.
//!
//! From a head the walk goes down, at a merge point along the last parent first. Where it comes to a revision that
//! something not drawn yet is above, it goes up there first: so a side branch is whole before the line goes on below the
//! place where it left, and two lines that merge again and again are drawn in turns. Revisions that hang together by
//! parents are one tree; trees are drawn one after the other, those that depend on another above it.

use crate::graph::Graph;

/// The positions, the newest first, each before all it points at.
pub(super) fn newest_first(graph: &Graph) -> Vec<usize> {
    let trees = Components::new(graph);
    let mut walk = TopologicalWalk::new(graph);
    for top in trees.order(graph).into_iter().flat_map(|tree| &trees.tops[tree]) {
        walk.go_on(*top);
    }
    walk.rows
}

/// What is drawn, and what is next.
struct TopologicalWalk<'a> {
    graph: &'a Graph,
    /// What points at each position: other trees first, then the newest.
    above: Vec<Vec<usize>>,
    /// How much of that, from the start, is known to be drawn.
    drawn_above: Vec<usize>,
    is_drawn: Vec<bool>,
    /// Something above each is drawn; the last is next.
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

    /// Draws a revision, everything below it, and what has to stand above that.
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
        // Dependencies wait until the line that needs them is at its end.
        let dependencies = self.graph.dependency_positions(position);
        self.open.extend(dependencies.iter().chain(self.graph.parent_positions(position)));
    }

    /// Goes up from a revision to one that nothing undrawn is above. What is passed on the way is drawn before the
    /// revision is come to again, so that a way is hardly ever gone twice.
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

/// Revisions that hang together by parents.
struct Components {
    /// The tree of each position.
    of: Vec<usize>,
    /// What nothing points at in each tree, the newest first.
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

    /// The trees, those that depend on another before it as far as that goes.
    fn order(&self, graph: &Graph) -> Vec<usize> {
        let mut dependants = vec![Vec::new(); self.tops.len()];
        for position in 0..graph.len() {
            let above = graph.dependant_positions(position).iter().rev();
            dependants[self.of[position]].extend(above.map(|&above| self.of[above]));
        }
        closing_order(0..self.tops.len(), &dependants)
    }
}

/// Puts everything that hangs together with `start` into `tree`.
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

/// Walks depth first from each start, and lists what it meets once all that follows from it is listed.
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
