//! How long to wait for a server that is not yet available, as an argument.

use std::time::Duration;

use clap::Args;

use super::limits::{OptionalValue, duration};

// Clap would use the doc comment of this group as the description of the program that flattens it.
#[cfg_attr(doc, doc = "How long to wait for a database server that is still starting, or cannot be reached yet.")]
#[cfg_attr(not(doc), expect(missing_docs, reason = "clap does not see it"))]
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitArgs {
    /// How long to wait for a database server that is starting or cannot be reached yet, such as `60s` [default: 0]
    ///
    /// A server that refuses the user, the password or the database ends the wait at once. On a standby of PostgreSQL, an
    /// upgrade waits until the standby has received the revisions, or takes writes.
    #[arg(
        long,
        env = "MIGRATE_WAIT",
        value_name = "DURATION",
        value_parser = duration,
        global = true,
        help_heading = "Limits",
        hide_env_values = true,
        hide_short_help = true
    )]
    wait: Option<OptionalValue<Duration>>,
}

impl WaitArgs {
    /// Returns the given time; zero by default.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.wait.and_then(|given| given.0).unwrap_or_default()
    }
}
