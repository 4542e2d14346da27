//! Revisions that a seed determines, most of them ill-behaved, and runs of them that are disturbed.
//!
//! Each plan of some revisions is run undisturbed, in one run and in one run for each revision: both leave the same
//! contents. Then a run is killed at a random point, and continued in the way that the program offers; in some plans, a
//! run meets a lock of another session. The outcome equals the undisturbed one, or the program says that it refuses or
//! is in doubt; and the record and the messages are true.
//!
//! - `RANDOM_REVISIONS=1000`: the number of plans for each database; 50 if not set.
//! - `RANDOM_REVISIONS_SEED=N`: the seed of the first plan; those after it have the next numbers. Without it, the time.
//! - `RANDOM_REVISIONS_PLAN=PATH`: no random plans, but the one in this file, as a failure prints it, with the seed
//!   that `RANDOM_REVISIONS_SEED` names.

mod counts;
mod disturbance;
mod plain;
mod plan;
mod random;
mod unusual;

use std::env;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use seachange_tests::TestDatabase;
use seachange_tests::harness::{Case, TestResult, each_backend};

pub(crate) use counts::report;

use counts::{What, counted};
use plan::Plan;

/// The default number of plans.
const FEW: u64 = 50;

/// How many failures are printed in full at the end.
const TOLD: usize = 3;

/// How many of a hundred plain revisions have to continue after a kill.
const PLAIN_SHARE: usize = 90;

pub(crate) fn trials() -> Vec<Case> {
    each_backend("random_revisions::hold_the_guarantees", hold_the_guarantees)
}

/// The seed of the first plan.
fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let of_the_time =
        || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_secs() % 1_000_000 * 1000);
    *SEED.get_or_init(|| number("RANDOM_REVISIONS_SEED").unwrap_or_else(of_the_time))
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

fn hold_the_guarantees(database: &TestDatabase) -> TestResult {
    if let Ok(path) = env::var("RANDOM_REVISIONS_PLAN") {
        return Ok(disturbance::disturb(database, &Plan::read(&path)?, seed())?);
    }
    let mut failures = Vec::new();
    let count = number("RANDOM_REVISIONS").unwrap_or(FEW);
    for seed in seed()..seed() + count {
        let plan = Plan::generate(seed, database.backend());
        if let Err(error) = disturbance::disturb(database, &plan, seed) {
            let failure = format!("seed {seed} on {}: {error}\nthe plan is\n{}", database.backend(), plan.entries);
            // Printed at once, because a thousand plans may follow.
            let _ = writeln!(io::stderr(), "{failure}\n");
            failures.push(failure);
        }
    }
    check_share(database)?;
    if failures.is_empty() {
        return Ok(());
    }
    let told = &failures[..failures.len().min(TOLD)];
    Err(format!("{} of {count} plans failed:\n{}", failures.len(), told.join("\n\n")).into())
}

/// Checks that nearly all plain revisions continue after a kill.
fn check_share(database: &TestDatabase) -> TestResult {
    let of = |what| counted(database.backend(), what);
    let (killed, gone_on) = (of(What::PlainKilled), of(What::PlainResumed));
    if gone_on * 100 < killed * PLAIN_SHARE {
        return Err(format!("of {killed} plain runs that were killed, only {gone_on} went on").into());
    }
    Ok(())
}
