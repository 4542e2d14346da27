//! The comparison of a database with entities, and the revisions that it generates.

mod matrix;
mod public;
mod random;

use seachange_tests::harness::Case;

pub(crate) fn trials() -> Vec<Case> {
    [matrix::trials(), public::trials(), random::trials()].into_iter().flatten().collect()
}
