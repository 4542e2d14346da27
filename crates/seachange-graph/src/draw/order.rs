//! The order of the rows: one that can be drawn with few lines side by side.
//!
//! A revision is drawn once all above it are: the walk goes up from a base, and what it closes first is drawn first. So
//! a side branch is whole before the line goes on below the place where it left. Revisions that hang together by
//! parents are one tree; trees are drawn one after the other, those that depend on another above it.

use super::pointers::Pointers;

/// The positions, the newest first, each before all it points at.
pub(super) fn newest_first(pointers: &Pointers) -> Vec<usize> {
    let count = pointers.parents.len();
    let trees = Trees::new(pointers);
    let bases = trees.order(pointers).into_iter().flat_map(|tree| trees.bases[tree].iter().copied());
    let above: Vec<Vec<usize>> = (0..count).map(|position| pointers.above(position).collect()).collect();
    closing_order(bases, &above)
}

/// Revisions that hang together by parents.
struct Trees {
    /// The tree of each position.
    of: Vec<usize>,
    /// The bases of each tree, the newest first.
    bases: Vec<Vec<usize>>,
}

impl Trees {
    fn new(pointers: &Pointers) -> Self {
        let count = pointers.parents.len();
        let mut of = vec![usize::MAX; count];
        let mut bases: Vec<Vec<usize>> = Vec::new();
        for start in (0..count).rev() {
            if of[start] == usize::MAX {
                fill(&mut of, pointers, start, bases.len());
                bases.push(Vec::new());
            }
            if pointers.parents[start].is_empty() {
                bases[of[start]].push(start);
            }
        }
        Self { of, bases }
    }

    /// The trees, those that depend on another before it as far as that goes.
    fn order(&self, pointers: &Pointers) -> Vec<usize> {
        let mut dependants = vec![Vec::new(); self.bases.len()];
        for (position, above) in pointers.dependants.iter().enumerate() {
            dependants[self.of[position]].extend(above.iter().map(|&above| self.of[above]));
        }
        closing_order(0..self.bases.len(), &dependants)
    }
}

/// Puts everything that hangs together with `start` into `tree`.
fn fill(of: &mut [usize], pointers: &Pointers, start: usize, tree: usize) {
    of[start] = tree;
    let mut open = vec![start];
    while let Some(position) = open.pop() {
        for &next in pointers.parents[position].iter().chain(&pointers.children[position]) {
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
