//! How much is tried: everything, or a selection that CI has time for.

use std::{
    env,
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use seachange_tests::harness::TestResult;

/// Whether every place has its turn.
pub(super) fn is_everything() -> bool {
    env::var("TORTURE").is_ok_and(|value| value == "all")
}

/// One number or the other.
pub(super) fn size(everything: usize, selection: usize) -> usize {
    if is_everything() { everything } else { selection }
}

/// The numbers from 1 to `last`: all of them, or `few`, spread evenly, the first and the last among them.
pub(super) fn spread(last: usize, few: usize) -> Vec<usize> {
    if is_everything() || few >= last {
        return (1..=last).collect();
    }
    (0..few).map(|place| 1 + place * (last - 1) / (few - 1).max(1)).collect()
}

/// How many failures are told in full.
const TOLD: usize = 5;

/// Disturbs at each of the places, the next one also after a failure, and fails with the failures.
pub(super) fn each<P>(places: impl IntoIterator<Item = P>, mut disturb: impl FnMut(P) -> TestResult) -> TestResult {
    let failures: Vec<_> = places.into_iter().filter_map(|place| disturb(place).err()).collect();
    if failures.is_empty() {
        return Ok(());
    }
    let told: Vec<_> = failures.iter().take(TOLD).filter_map(|failure| failure.message()).collect();
    Err(format!("{} failures:\n{}", failures.len(), told.join("\n")).into())
}

/// What random moments are drawn from: `TORTURE_SEED`, or the time.
pub(super) fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let of_the_time = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.subsec_nanos().into());
    *SEED.get_or_init(|| env::var("TORTURE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(of_the_time))
}

/// A moment within `whole`, for each `number` another one.
pub(super) fn random_moment(number: usize, whole: Duration) -> Duration {
    // SplitMix64, which any seed will do for.
    let mut bits = seed().wrapping_add((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let part = ((bits ^ (bits >> 31)) >> 40) as f64 / f64::from(1 << 24);
    whole.mul_f64(part)
}
