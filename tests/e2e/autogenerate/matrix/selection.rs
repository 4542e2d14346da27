//! Which revisions are compiled: rustc takes a second for each, and CI has two minutes for all databases.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
};

/// Set to `all` to compile every revision.
const MATRIX: &str = "MATRIX";

/// Selects revisions in which together every function is called that any of them calls. The others make the same calls.
pub(super) fn select(revisions: &BTreeMap<String, String>) -> BTreeSet<String> {
    if env::var(MATRIX).is_ok_and(|value| value == "all") {
        return revisions.keys().cloned().collect();
    }
    let mut open: BTreeMap<_, _> = revisions.iter().map(|(change, text)| (change, called(text))).collect();
    let mut selected = BTreeSet::new();
    while let Some((change, calls)) = open.iter().max_by_key(|(_, calls)| calls.len()) {
        if calls.is_empty() {
            break;
        }
        selected.insert((*change).clone());
        let calls = calls.clone();
        open.values_mut().for_each(|others| others.retain(|call| !calls.contains(call)));
    }
    selected
}

/// What is called in a text: the word before each parenthesis.
fn called(text: &str) -> BTreeSet<&str> {
    let before = text.split('(').map(|before| before.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    before.filter_map(|mut words| words.next()).filter(|word| !word.is_empty()).collect()
}
