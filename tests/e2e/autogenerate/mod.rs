//! The comparison of a database with entities, and the revisions that it generates.

mod matrix;
mod public;
mod random;

use seachange_tests::harness::Case;

/// The longest of the tests, for which others wait.
pub(crate) fn runs() -> Vec<Case> {
    matrix::runs()
}

pub(crate) fn trials() -> Vec<Case> {
    [matrix::trials(), public::trials(), random::trials()].into_iter().flatten().collect()
}
