//! How many rows the next batch takes, and how long a backfill pauses between batches. Pure.

use std::time::{Duration, Instant};

/// How many rows the first batch takes.
pub(super) const FIRST_ROWS: u64 = 200;

/// The most rows of a batch that the database changes by itself.
pub(super) const MOST_ROWS: u64 = 50_000;

/// The most rows of a batch that code gets.
pub(super) const MOST_ROWS_FOR_CODE: u64 = 2_000;

/// The longest pause after a batch.
const MOST_PAUSE: Duration = Duration::from_secs(3600);

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

    /// The most rows of a batch. Where the rate is limited, a batch takes at most the rows of 25 ms.
    pub(super) fn limit(&self) -> u64 {
        self.rows_per_second.map_or(self.most, |rate| (rate / 40).clamp(1, self.most))
    }

    /// The rows of a batch after one whose `rows` rows took `work`, and its other statements `overhead`. Where the rate is
    /// limited, they are the fewest that reach it, with some time to spare: other writers wait for a batch of few rows for
    /// less time, and fewer of them do.
    fn fewest(&self, rows: u64, work: Duration, overhead: Duration) -> u64 {
        let Some(rate) = self.rows_per_second else { return self.most };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "the product is a number of rows within the limits below"
        )]
        let fewest = {
            let (rate, row) = (rate as f64, work.as_secs_f64().max(1e-6) / rows.max(1) as f64);
            // The part of each second that is left for the other statements.
            let left = (1.0 - rate * row).max(1e-3);
            let seconds = 1.5 * overhead.as_secs_f64() / left;
            // With less work than its other statements, a batch does not become shorter.
            (rate * seconds).max(overhead.as_secs_f64() / row).ceil() as u64
        };
        fewest.clamp(1, self.limit())
    }

    /// How long SQLite is left to other writers after a batch. One that waits asks again after times that grow with its
    /// wait: 1, 2, 5, 10, 15, 20, 25, 25, 25, 50 ms and so on.
    pub(super) fn pause_of_sqlite(batch: Duration) -> Duration {
        let most = if batch < Duration::from_millis(120) { 27 } else { 52 };
        (batch / 2 + Duration::from_millis(7)).min(Duration::from_millis(most))
    }

    /// When `rows` rows are due that were passed now, after rows that were due at `before`. After a pause, the rate is
    /// not exceeded for more than the rows of a second.
    pub(super) fn due(&self, before: Instant, now: Instant, rows: u64) -> Instant {
        let Some(rate) = self.rows_per_second.filter(|rate| *rate > 0) else { return now };
        #[expect(clippy::cast_precision_loss, reason = "a duration does not need every row")]
        let time = Duration::try_from_secs_f64(rows as f64 / rate as f64).unwrap_or(MOST_PAUSE).min(MOST_PAUSE);
        let earliest = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        before.max(earliest) + time
    }
}

/// How many rows the next batch of a run takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchSize {
    pace: Pace,
    pub(super) rows: u64,
    /// The shortest time of a statement without rows, which does not become less with fewer rows. A longer one may have
    /// waited for another program that runs the same backfill.
    round_trip: Option<Duration>,
    /// How long the rows of the last batch took, without the round trip.
    work: Duration,
    /// How long all else in batches takes, on average.
    overhead: Option<Duration>,
}

impl BatchSize {
    pub(super) fn new(pace: Pace, rows: u64) -> Self {
        Self { pace, rows: rows.clamp(1, pace.limit()), round_trip: None, work: Duration::ZERO, overhead: None }
    }

    /// Remembers how long a statement without rows took.
    pub(super) fn saw_round_trip(&mut self, time: Duration) {
        self.round_trip = Some(self.round_trip.map_or(time, |least| least.min(time)));
    }

    /// After a batch whose rows took `time`, the number of rows of the next one.
    pub(super) fn next(&mut self, time: Duration) -> u64 {
        self.work = time.saturating_sub(self.round_trip.unwrap_or_default());
        let fewest = self.overhead.map_or(u64::MAX, |overhead| self.pace.fewest(self.rows, self.work, overhead));
        self.rows = self.pace.next(self.rows, self.work).min(fewest);
        self.rows
    }

    /// Remembers how long the whole batch took.
    pub(super) fn saw_batch(&mut self, whole: Duration) {
        let own = whole.saturating_sub(self.work);
        self.overhead = Some(self.overhead.map_or(own, |before| (before * 3 + own) / 4));
    }

    /// Takes half of the rows after a batch that another session disturbed.
    pub(super) fn shrink(&mut self) {
        self.rows = (self.rows / 2).max(1);
    }

    /// Takes half of the rows, now and later, after a batch that took longer than a statement may.
    pub(super) fn slow_down(&mut self) {
        self.shrink();
        self.pace.target = (self.pace.target / 2).max(Duration::from_millis(1));
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
        let (now, ms) = (Instant::now(), Duration::from_millis);
        assert_eq!(pace(Some(1000)).due(now, now + ms(40), 100), now + ms(100));
        assert_eq!(pace(None).due(now, now, 1000), now);
        assert_eq!(pace(Some(3)).limit(), 1);
        assert_eq!(pace(Some(1000)).next(1000, Duration::from_millis(1)), 25);
    }

    #[test]
    fn a_limited_rate_is_reached_with_few_rows() {
        // A row takes 4 µs and what is around them 1 ms, of which the round trip of the rows is a part.
        let [round_trip, overhead] = [200, 1000].map(Duration::from_micros);
        let rows_of = |rate: u64| {
            let mut size = BatchSize::new(pace(Some(rate)), 25);
            for _ in 0..60 {
                size.saw_round_trip(round_trip);
                let work = round_trip + Duration::from_micros(4 * size.rows);
                size.next(work);
                size.saw_batch(work + overhead);
            }
            size.rows
        };
        for (rate, rows) in [(200, 5), (10_000, 250), (125_000, 450), (200_000, 1_800), (300_000, 7_500)] {
            let found = rows_of(rate);
            assert!(found.abs_diff(rows) <= rows / 10, "{rate}: {found}");
            let (needed, time) = (found * 4 + 1200, found * 1_000_000 / rate);
            assert!(needed <= time || rate > 200_000, "{rate}: {found} rows take {needed} µs of {time} µs");
        }
    }

    #[test]
    fn after_a_pause_the_rate_is_not_exceeded_for_long() {
        let (begun, ms) = (Instant::now(), Duration::from_millis);
        let mut now = begun + Duration::from_secs(600);
        let (mut due, mut rows) = (begun, 0);
        while due <= now {
            (due, rows) = (pace(Some(1000)).due(due, now, 100), rows + 100);
            now += ms(1);
        }
        assert!(rows <= 1200, "{rows} rows at once");
    }

    #[test]
    fn a_wait_for_another_program_makes_no_batch_larger() {
        let mut size = BatchSize::new(pace(None), 1000);
        for round_trip in [1, 300, 300] {
            size.saw_round_trip(Duration::from_millis(round_trip));
            size.next(Duration::from_millis(101));
        }
        assert_eq!(size.rows, 1000);
    }
}
