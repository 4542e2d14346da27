//! Ill-behaved revisions, and the guarantees of the engine for them.
//!
//! There is one file for each kind of fault. The revisions are those of the member crate `scripted-migration`, which
//! read their actions from a file.

mod hangs;
mod losses;
mod resumed;
mod rows;
mod runs;
pub(crate) mod script;
mod watch;
mod words;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, TestDatabase};

pub(crate) fn trials() -> Vec<Case> {
    [
        rows::trials(),
        runs::trials(),
        words::trials(),
        hangs::trials(),
        losses::trials(),
        watch::trials(),
        resumed::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The same test on MariaDB and on MySQL.
fn like_mysql(name: &str, test: impl Fn(&TestDatabase) -> TestResult + Clone + Send + 'static) -> [Case; 2] {
    Backend::LIKE_MYSQL.map(|backend| Case::on(backend, name, test.clone()))
}
