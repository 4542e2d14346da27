//! Medians, and how far the values lie apart.

use std::fmt;
use std::time::Duration;

/// Measured values of one kind.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// Sorted, never empty.
    values: Vec<f64>,
}

impl Figures {
    /// Takes values; none at all count as one of nothing.
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

    /// What was measured side by side, divided pair by pair: what slows the machine down slows both.
    pub(crate) fn ratios(over: &[Duration], under: &[Duration]) -> Self {
        Self::new(over.iter().zip(under).map(|(over, under)| over.as_secs_f64() / under.as_secs_f64()))
    }

    /// The value in the middle, or between the two there.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.values.len() / 2;
        if self.values.len() % 2 == 1 {
            self.values[middle]
        } else {
            self.values[middle - 1].midpoint(self.values[middle])
        }
    }
}

/// Shows the median, and the least and the greatest value.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2} ({:.2}-{:.2})", self.median(), self.values[0], self.values[self.values.len() - 1]);
        f.pad(&text)
    }
}
