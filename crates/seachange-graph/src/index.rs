//! Ids looked up without a copy of each: the table holds positions, and the ids stay in the revisions.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::revision::Revision;

/// The position of each id among some revisions; the first counts where an id occurs twice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    hasher: DefaultHashBuilder,
    positions: HashTable<usize>,
}

impl Index {
    /// Indexes revisions, and tells `on_repeated` each position whose id is there already.
    pub(crate) fn new(revisions: &[Revision], mut on_repeated: impl FnMut(usize)) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut positions: HashTable<usize> = HashTable::with_capacity(revisions.len());
        for (position, revision) in revisions.iter().enumerate() {
            let hash = hasher.hash_one(revision.id.as_str());
            if positions.find(hash, |&known| revisions[known].id == revision.id).is_some() {
                on_repeated(position);
            } else {
                positions.insert_unique(hash, position, |&known| hasher.hash_one(revisions[known].id.as_str()));
            }
        }
        Self { hasher, positions }
    }

    /// The position of an id among the revisions that were indexed.
    pub(crate) fn get(&self, revisions: &[Revision], id: &str) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        self.positions.find(hash, |&position| revisions[position].id == id).copied()
    }

    /// Numbers the revisions anew: `place` lists the new positions.
    pub(crate) fn renumber(&mut self, place: &[usize]) {
        self.positions.iter_mut().for_each(|position| *position = place[*position]);
    }
}
