//! How many rows the next batch takes, and how long a backfill pauses between batches. Pure.

use std::time::Duration;

/// How many rows the first batch takes.
pub(super) const FIRST_ROWS: u64 = 200;

/// The most rows of a batch that the database changes by itself.
pub(super) const MOST_ROWS: u64 = 50_000;

/// The most rows of a batch that code gets.
pub(super) const MOST_ROWS_FOR_CODE: u64 = 2_000;

/// The pace of a backfill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How long a batch should take.
    pub(super) target: Duration,
    /// The most rows of a batch.
    pub(super) most: u64,
    /// The most rows a second, on average.
    pub(super) rows_per_second: Option<u64>,
}

impl Pace {
    /// The number of rows of the next batch, after one of `rows` rows that took `elapsed`: at most twice as many, and at
    /// least a quarter.
    pub(super) fn next(&self, rows: u64, elapsed: Duration) -> u64 {
        let ratio = self.target.as_secs_f64() / elapsed.as_secs_f64().max(1e-6);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the product is a number of rows within the limits below"
        )]
        let next = (rows as f64 * ratio.clamp(0.25, 2.0)).round() as u64;
        next.clamp(1, self.limit())
    }

    /// The number of rows after a batch that another session disturbed.
    pub(super) fn after_conflict(rows: u64) -> u64 {
        (rows / 2).max(1)
    }

    /// The most rows of a batch. Where the rate is limited, a batch takes the rows of a tenth of a second.
    pub(super) fn limit(&self) -> u64 {
        self.rows_per_second.map_or(self.most, |rate| (rate / 10).clamp(1, self.most))
    }

    /// How long to pause when `passed` rows took `elapsed` so far.
    pub(super) fn pause(&self, passed: u64, elapsed: Duration) -> Duration {
        let Some(rate) = self.rows_per_second.filter(|rate| *rate > 0) else { return Duration::ZERO };
        #[expect(clippy::cast_precision_loss, reason = "a duration does not need every row")]
        let due = Duration::try_from_secs_f64(passed as f64 / rate as f64).unwrap_or(Duration::MAX);
        due.saturating_sub(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Duration = Duration::from_millis(100);

    fn pace(rows_per_second: Option<u64>) -> Pace {
        Pace { target: TARGET, most: MOST_ROWS, rows_per_second }
    }

    #[test]
    fn batches_approach_the_target() {
        let ms = Duration::from_millis;
        assert_eq!(pace(None).next(1000, ms(100)), 1000);
        assert_eq!(pace(None).next(1000, ms(10)), 2000);
        assert_eq!(pace(None).next(1000, ms(200)), 500);
        assert_eq!(pace(None).next(1000, ms(10_000)), 250);
        assert_eq!(pace(None).next(1, ms(10_000)), 1);
        assert_eq!(pace(None).next(MOST_ROWS, Duration::ZERO), MOST_ROWS);
    }

    #[test]
    fn a_limited_rate_pauses() {
        assert_eq!(pace(Some(1000)).pause(1000, Duration::from_millis(400)), Duration::from_millis(600));
        assert_eq!(pace(Some(1000)).pause(1000, Duration::from_secs(2)), Duration::ZERO);
        assert_eq!(pace(None).pause(1000, Duration::ZERO), Duration::ZERO);
        assert_eq!(pace(Some(3)).limit(), 1);
        assert_eq!(pace(Some(1000)).next(1000, Duration::from_millis(1)), 100);
    }
}
