//! The command line, and the environment variables that stand for its options.

use std::time::Duration;

use clap::{Parser, ValueEnum};
use seachange::AheadPolicy;
use seachange::args::{DatabaseArgs, LimitArgs, WaitArgs};

/// Serves people, posts and votes over HTTP.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// The address to listen on: a name or an IP address
    #[arg(long, env = "APP_HOST", value_name = "HOST", default_value = "127.0.0.1")]
    pub(crate) host: String,

    /// The port to listen on; 0 picks a free port, which the first line on stdout names
    #[arg(long, env = "APP_PORT", value_name = "PORT", default_value_t = 8000)]
    pub(crate) port: u16,

    /// What to do about the schema before taking requests
    #[arg(long, env = "MIGRATE_ON_START", value_name = "MODE", default_value = "up")]
    pub(crate) migrate: MigrateMode,

    /// What to do when a newer program has migrated the database, so that revisions unknown to this program lie above
    /// all known ones, as during the rollout of a new version. Applies to `/health/ready` too
    #[arg(long, env = "MIGRATE_AHEAD", value_name = "POLICY", default_value = "allow")]
    pub(crate) ahead: AheadPolicy,

    /// The format of log lines on stderr; `RUST_LOG` selects the lines
    #[arg(long, env = "APP_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,

    /// How long running requests may still take after SIGTERM or Ctrl-C
    #[arg(long, env = "APP_SHUTDOWN_SECONDS", value_name = "SECONDS", default_value_t = 10)]
    shutdown_seconds: u16,

    /// Which database to use
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,

    /// How long migrations wait for locks, and how often they are retried
    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// How long to wait for a server that is still starting
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

impl Args {
    /// Returns how long running requests may still take after the service was told to stop.
    pub(crate) fn shutdown_limit(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds.into())
    }
}

/// What to do about the schema before taking requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MigrateMode {
    /// Apply the pending revisions
    Up,
    /// Refuse to start while revisions are pending
    Check,
    /// Leave the schema unchanged
    Off,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line for people
    Text,
    /// One JSON object for each line
    Json,
}
