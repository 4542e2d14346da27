//! Medians, and the range of the values.

use std::fmt;
use std::time::Duration;

/// Measured values of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// Sorted, never empty.
    values: Vec<f64>,
}

impl Figures {
    /// Takes values. No value counts as one value of zero.
    pub(crate) fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        if values.is_empty() {
            values.push(0.0);
        }
        values.sort_by(f64::total_cmp);
        Self { values }
    }

    /// Durations, in milliseconds.
    pub(crate) fn milliseconds(durations: &[Duration]) -> Self {
        Self::new(durations.iter().map(|duration| duration.as_secs_f64() * 1e3))
    }

    /// The ratios of values that were measured side by side, pair by pair: a slower machine slows both.
    pub(crate) fn ratios(over: &[Duration], under: &[Duration]) -> Self {
        Self::new(over.iter().zip(under).map(|(over, under)| over.as_secs_f64() / under.as_secs_f64()))
    }

    /// The value in the middle, or the mean of the two values there.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.values.len() / 2;
        if self.values.len() % 2 == 1 {
            self.values[middle]
        } else {
            self.values[middle - 1].midpoint(self.values[middle])
        }
    }
}

/// Shows the median, the least and the greatest value.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2} ({:.2}-{:.2})", self.median(), self.values[0], self.values[self.values.len() - 1]);
        f.pad(&text)
    }
}
