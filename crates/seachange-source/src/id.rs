//! New revision ids.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Returns a new random id: twelve lower-case hexadecimal digits, at least one of them a letter.
///
/// The letter distinguishes an id from a number of steps (`up 3`). With 48 random bits, a project with ten thousand
/// revisions has one clash in five million ids; `write_new` rejects a clashing id.
///
/// ```
/// let id = seachange_source::new_id();
/// assert_eq!(id.len(), 12);
/// ```
pub fn new_id() -> String {
    loop {
        let id = format!("{:012x}", random() >> 16);
        if id.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return id;
        }
    }
}

/// Returns 64 bits from the standard library's hasher, which the operating system seeds: ids must differ, but need
/// not be secret, and build scripts need no dependency for it.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::new_id;

    #[test]
    fn ids_are_legal_and_differ() {
        let ids: BTreeSet<String> = (0..2_000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 2_000);
        for id in &ids {
            assert!(seachange_graph::check_id(id).is_ok(), "{id}");
            assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
            assert!(id.bytes().any(|byte| byte.is_ascii_lowercase()), "{id}");
        }
    }
}
