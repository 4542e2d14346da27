//! Which changes are made, and which revisions are compiled: rustc takes a second for each, and CI has two minutes for all
//! databases.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
};

use seachange_matrix::Case as Change;

/// If this variable is set, the changes run on servers too; `all` makes every change on each version, compiles every
/// revision, and migrates between more random schemas.
const MATRIX: &str = "MATRIX";

/// Returns whether the user asks for the changes on servers.
pub(super) fn is_asked_for() -> bool {
    env::var_os(MATRIX).is_some()
}

/// Returns whether the user asks for the complete run.
pub(in crate::autogenerate) fn is_complete() -> bool {
    env::var(MATRIX).is_ok_and(|value| value == "all")
}

/// How many changes are made on the first version of a database system for one on another version, where not all are.
const SHARE: usize = 4;

/// Selects the changes that are made on a second version of a database system.
pub(super) fn for_another_version(changes: impl Iterator<Item = Change>) -> Vec<Change> {
    changes.step_by(if is_complete() { 1 } else { SHARE }).collect()
}

/// Selects files that together call every function that any file calls. The others make the same calls.
pub(super) fn select(files: &BTreeMap<String, &str>) -> BTreeSet<String> {
    if is_complete() {
        return files.keys().cloned().collect();
    }
    let mut open: BTreeMap<_, _> = files.iter().map(|(file, text)| (file, called(text))).collect();
    let mut selected = BTreeSet::new();
    while let Some((file, calls)) = open.iter().max_by_key(|(_, calls)| calls.len()) {
        if calls.is_empty() {
            break;
        }
        selected.insert((*file).clone());
        let calls = calls.clone();
        open.values_mut().for_each(|others| others.retain(|call| !calls.contains(call)));
    }
    selected
}

/// The functions that a text calls: the word before each parenthesis.
fn called(text: &str) -> BTreeSet<&str> {
    let before = text.split('(').map(|before| before.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    before.filter_map(|mut words| words.next()).filter(|word| !word.is_empty()).collect()
}
