//! How a command that reads answers.

use clap::{Args, ValueEnum};

/// How a command that reads answers.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// The choice of [`Format`] for a command.
#[derive(Debug, Args)]
pub(crate) struct FormatArgs {
    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// How a command tells of a run.
#[derive(Debug, Default, Args)]
pub(crate) struct EventsArgs {
    /// How to tell of the run: for people, or as lines of JSON on the standard output, one an event
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

impl EventsArgs {
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.format, Format::Json)
    }
}
