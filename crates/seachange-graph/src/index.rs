//! Lookup of ids without a copy of each: the table holds positions, and the ids stay in the revisions.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::revision::Revision;

/// The position of each id among some revisions. If ids are equal, or differ only in case, the first one is found.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdIndex {
    hasher: DefaultHashBuilder,
    positions: HashTable<usize>,
}

impl IdIndex {
    /// Indexes revisions. Calls `on_repeated` with the position of each id that is already in the index, ignoring
    /// case, and with the position found there.
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

    /// The position of an id among the indexed revisions.
    pub(crate) fn get(&self, revisions: &[Revision], id: &str) -> Option<usize> {
        self.positions.find(hash(&self.hasher, id), |&position| revisions[position].id == id).copied()
    }

    /// Renumbers the revisions: `place` lists the new positions.
    pub(crate) fn renumber(&mut self, place: &[usize]) {
        self.positions.iter_mut().for_each(|position| *position = place[*position]);
    }
}

/// Returns the same hash for ids that differ only in case.
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
