//! How much is tested: everything, or a selection that CI has time for.

use std::{
    env,
    io::{self, Write},
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use libtest_mimic::Failed;
use seachange_tests::harness::TestResult;

/// How many points of a kind are tested: all of them with `TORTURE=all`, as many as `TORTURE=60` says, or else `few`.
pub(super) fn size(all: usize, few: usize) -> usize {
    let wanted = env::var("TORTURE").unwrap_or_default();
    if wanted == "all" { all } else { wanted.parse().unwrap_or(few).min(all) }
}

/// Some of the numbers from 1 to `last`, as many as [`size`] says, spread evenly, the first and the last among them.
pub(super) fn spread(last: usize, few: usize) -> Vec<usize> {
    let count = size(last, few);
    (0..count).map(|place| 1 + place * (last - 1) / (count - 1).max(1)).collect()
}

/// How many failures are printed in full.
const TOLD: usize = 5;

/// Disturbs at each point, continues after a failure, and fails with all failures.
pub(super) fn each<P>(places: impl IntoIterator<Item = P>, mut disturb: impl FnMut(P) -> TestResult) -> TestResult {
    let failures: Vec<_> = places.into_iter().filter_map(|place| disturb(place).err()).inspect(tell).collect();
    if failures.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = failures.iter().take(TOLD).filter_map(|failure| failure.message()).collect();
    Err(format!("{} failures:\n{}", failures.len(), told.join("\n")).into())
}

/// Prints at once, because a thousand points may follow.
fn tell(failure: &Failed) {
    let _ = writeln!(io::stderr(), "{}", failure.message().unwrap_or_default());
}

/// The seed of random points in time: `TORTURE_SEED`, or the current time.
pub(super) fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let of_the_time = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.subsec_nanos().into());
    *SEED.get_or_init(|| env::var("TORTURE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(of_the_time))
}

/// A point in time within `whole`, a different one for each `number`.
pub(crate) fn random_moment(number: usize, whole: Duration) -> Duration {
    // SplitMix64, for which any seed is suitable.
    let mut bits = seed().wrapping_add((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let part = ((bits ^ (bits >> 31)) >> 40) as f64 / f64::from(1 << 24);
    whole.mul_f64(part)
}
