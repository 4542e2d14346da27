//! Revisions that are not well behaved: what the engine guarantees for them all the same.
//!
//! A file for each kind of fault. The revisions are those of the member crate `scripted-migration`, which read what they do
//! from a file.

mod hangs;
mod rows;
mod runs;
pub(crate) mod script;
mod words;

use seachange_tests::harness::Case;

pub(crate) fn trials() -> Vec<Case> {
    [rows::trials(), runs::trials(), words::trials(), hangs::trials()].into_iter().flatten().collect()
}
