//! A clock that goes on while the process is stopped or the machine sleeps.

use std::ops::Add;
use std::time::Duration;

/// A moment on that clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(Duration);

impl Moment {
    /// The present moment.
    pub(super) fn now() -> Self {
        Self(now())
    }

    /// How long ago it was; zero for a later one.
    pub(super) fn elapsed(self) -> Duration {
        now().saturating_sub(self.0)
    }

    /// Whether it is over.
    pub(super) fn is_past(self) -> bool {
        now() >= self.0
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        Self(self.0 + length)
    }
}

/// The time since the start of the machine.
#[cfg(target_os = "linux")]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

/// The time since the first call.
#[cfg(not(target_os = "linux"))]
fn now() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_on() {
        let before = Moment::now();
        let after = before + Duration::from_secs(3600);
        assert!(before.is_past() && !after.is_past());
        assert_eq!(after.elapsed(), Duration::ZERO);
    }
}
