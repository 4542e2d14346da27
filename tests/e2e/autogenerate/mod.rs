//! What is written for changes of entities.

mod matrix;

use seachange_tests::harness::Case;

pub(crate) fn trials() -> Vec<Case> {
    matrix::trials()
}
