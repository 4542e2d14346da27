//! The comparison of a database with entities, and the revisions that come of it.

mod public;

use seachange_tests::harness::Case;

pub(crate) fn trials() -> Vec<Case> {
    public::trials()
}
