//! Why the lease of a run ended before the run did.

use std::fmt;
use std::time::Duration;

/// Why the lease of a run on a cluster ended before the run did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaseEnd {
    /// Another run has taken it over, because it was not renewed in time.
    TakenOver,
    /// This process did not run for too long: it was stopped, or its machine was.
    Stopped {
        /// How long it did not run.
        elapsed: Duration,
    },
    /// The database did not renew it.
    NotRenewed {
        /// What the database said last.
        reason: String,
    },
}

impl fmt::Display for LeaseEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lease that keeps other runs out has ended: ")?;
        match self {
            Self::TakenOver => f.write_str("another run has taken it over"),
            Self::Stopped { elapsed } => {
                write!(
                    f,
                    "this process did not run for {:.1} s, so that another run may have begun",
                    elapsed.as_secs_f64()
                )
            }
            Self::NotRenewed { reason } => write!(f, "the database did not renew it: {reason}"),
        }
    }
}
