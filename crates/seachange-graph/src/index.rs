//! Ids looked up without a copy of each: the table holds positions, and the ids stay in the revisions.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::revision::Revision;

/// The position of each id among some revisions; the first counts where an id occurs twice, or in upper and lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdIndex {
    hasher: DefaultHashBuilder,
    positions: HashTable<usize>,
}

impl IdIndex {
    /// Indexes revisions, and tells `on_repeated` each position whose id is there already but for upper and lower case,
    /// with the position where it is.
    pub(crate) fn new(revisions: &[Revision], mut on_repeated: impl FnMut(usize, usize)) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut positions: HashTable<usize> = HashTable::with_capacity(revisions.len());
        for (position, Revision { id, .. }) in revisions.iter().enumerate() {
            let hash = hash(&hasher, id);
            if let Some(&known) = positions.find(hash, |&known| revisions[known].id.eq_ignore_ascii_case(id)) {
                on_repeated(position, known);
            } else {
                positions.insert_unique(hash, position, |&known| self::hash(&hasher, &revisions[known].id));
            }
        }
        Self { hasher, positions }
    }

    /// The position of an id among the revisions that were indexed.
    pub(crate) fn get(&self, revisions: &[Revision], id: &str) -> Option<usize> {
        self.positions.find(hash(&self.hasher, id), |&position| revisions[position].id == id).copied()
    }

    /// Numbers the revisions anew: `place` lists the new positions.
    pub(crate) fn renumber(&mut self, place: &[usize]) {
        self.positions.iter_mut().for_each(|position| *position = place[*position]);
    }
}

/// The same for ids that differ only in case.
fn hash(hasher: &DefaultHashBuilder, id: &str) -> u64 {
    let mut state = hasher.build_hasher();
    for part in id.as_bytes().chunks(32) {
        let mut lower = [0; 32];
        lower[..part.len()].copy_from_slice(part);
        lower.make_ascii_lowercase();
        state.write(&lower[..part.len()]);
    }
    state.finish()
}
