//! Disturbed runs: killed, disconnected, started many at once, without disk space. Each has to end like an undisturbed
//! run.
//!
//! The revisions are those of the member crate `ten-migration`, whose rows show when a statement ran twice. By default
//! a selection of points is tested, spread over the run; with `TORTURE=all` every point, with `TORTURE=60` sixty of
//! each kind. The counts are printed at the end.

mod concurrent_runs;
mod counts;
mod crashes;
mod disconnects;
mod disks;
mod fixture;
mod kills;
mod locks;
mod oracle;
mod pooling;
mod recovery;
mod selection;
mod sqlite_write_kills;

use seachange_tests::harness::Case;

pub(crate) use counts::report;
pub(crate) use fixture::check_loss_is_told;
pub(crate) use oracle::answer;
pub(crate) use selection::random_moment;

pub(crate) fn trials() -> Vec<Case> {
    let topics = [
        crashes::trials(),
        concurrent_runs::trials(),
        disconnects::trials(),
        disks::trials(),
        kills::trials(),
        locks::trials(),
        pooling::trials(),
        sqlite_write_kills::trials(),
    ];
    topics.into_iter().flatten().collect()
}
