//! Runs that are disturbed: killed, cut off, crowded, starved. Each of them has to end as an undisturbed one does.
//!
//! The revisions are those of the member crate `ten-migration`, whose rows tell when a statement ran twice. Here is a
//! selection, spread over the run; with `TORTURE=all` every place has its turn, with `TORTURE=60` sixty of each kind. The
//! counts are printed at the end.

mod bank;
mod counts;
mod crashes;
mod crowds;
mod cuts;
mod disks;
mod doubt;
mod kills;
mod locks;
mod pooling;
mod recovery;
mod selection;
mod writes;

use seachange_tests::harness::Case;

pub(crate) use counts::report;

pub(crate) fn trials() -> Vec<Case> {
    let topics = [
        crashes::trials(),
        crowds::trials(),
        cuts::trials(),
        disks::trials(),
        kills::trials(),
        locks::trials(),
        pooling::trials(),
        writes::trials(),
    ];
    topics.into_iter().flatten().collect()
}
