//! The progress of a running statement, as the server reports it.

use std::fmt;

/// How far a statement is, in the words of the server. The numbers are those of a phase; a statement can have several.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatementProgress {
    /// The phase: `building index: scanning table`, `copy to tmp table`.
    pub phase: String,
    /// The number of the phase, from 1, and the number of phases; MariaDB only.
    pub stage: Option<(u64, u64)>,
    /// What is counted: `blocks`, `tuples`, `lockers` or `percent`. `None` when the server counts nothing in this phase.
    pub unit: Option<&'static str>,
    /// How much of the phase is done.
    pub done: u64,
    /// How much the phase has to do; 0 when the server does not count.
    pub total: u64,
}

impl fmt::Display for StatementProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.phase)?;
        if let Some((stage, stages)) = self.stage {
            write!(f, ", stage {stage} of {stages}")?;
        }
        let (done, total) = (self.done, self.total);
        match done.saturating_mul(100).checked_div(total) {
            Some(percent) => write!(f, ", {}%", percent.min(100)),
            None => Ok(()),
        }
    }
}
