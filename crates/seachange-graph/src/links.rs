//! The links of revisions, in two flat lists: a graph of any size needs only a few allocations.

/// For each revision the positions of others, in two groups: parents and dependencies, or children and dependants.
#[derive(Debug, Clone, Default)]
pub(crate) struct Adjacency {
    /// Where the first group of each revision starts and ends; the second group ends where the next revision starts.
    bounds: Vec<Offsets>,
    targets: Vec<usize>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Offsets {
    start: usize,
    split: usize,
}

impl Adjacency {
    pub(crate) fn with_capacity(revisions: usize) -> Self {
        Self { bounds: Vec::with_capacity(revisions), targets: Vec::with_capacity(revisions) }
    }

    /// Starts the next revision: the links pushed next belong to its first group.
    pub(crate) fn begin(&mut self) {
        let start = self.targets.len();
        self.bounds.push(Offsets { start, split: start });
    }

    /// Starts the second group: the links pushed next belong to it.
    pub(crate) fn split(&mut self) {
        if let Some(bounds) = self.bounds.last_mut() {
            bounds.split = self.targets.len();
        }
    }

    /// Adds a link of the revision that was started last.
    pub(crate) fn push(&mut self, target: usize) {
        self.targets.push(target);
    }

    /// Both groups, the first group first.
    pub(crate) fn all(&self, position: usize) -> &[usize] {
        let end = self.bounds.get(position + 1).map_or(self.targets.len(), |next| next.start);
        &self.targets[self.bounds[position].start..end]
    }

    /// The first group.
    pub(crate) fn first(&self, position: usize) -> &[usize] {
        let Offsets { start, split } = self.bounds[position];
        &self.targets[start..split]
    }

    /// The second group.
    pub(crate) fn second(&self, position: usize) -> &[usize] {
        &self.all(position)[self.first(position).len()..]
    }

    /// The same links after renumbering: `order` lists the old numbers, `place` the new ones.
    pub(crate) fn renumbered(&self, order: &[usize], place: &[usize]) -> Self {
        let mut renumbered = Self::with_capacity(order.len());
        for &old in order {
            let start = renumbered.targets.len();
            renumbered.bounds.push(Offsets { start, split: start + self.first(old).len() });
            renumbered.targets.extend(self.all(old).iter().map(|&target| place[target]));
        }
        renumbered
    }

    /// The reversed links; each group is in the order of the revisions that it names.
    pub(crate) fn reversed(&self) -> Self {
        let mut counts = vec![(0, 0); self.bounds.len()];
        for from in 0..self.bounds.len() {
            self.first(from).iter().for_each(|&to| counts[to].0 += 1);
            self.second(from).iter().for_each(|&to| counts[to].1 += 1);
        }
        let mut start = 0;
        let mut bounds = Vec::with_capacity(counts.len());
        for (first, second) in counts {
            bounds.push(Offsets { start, split: start + first });
            start += first + second;
        }
        let mut next = bounds.clone();
        let mut targets = vec![0; start];
        for from in 0..self.bounds.len() {
            for &to in self.first(from) {
                targets[next[to].start] = from;
                next[to].start += 1;
            }
            for &to in self.second(from) {
                targets[next[to].split] = from;
                next[to].split += 1;
            }
        }
        Self { bounds, targets }
    }
}
