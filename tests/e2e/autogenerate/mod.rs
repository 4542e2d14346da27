//! The comparison of a database with entities, and the revisions that come of it.

mod matrix;
mod public;

use seachange_tests::harness::Case;

pub(crate) fn trials() -> Vec<Case> {
    [matrix::trials(), public::trials()].into_iter().flatten().collect()
}
