//! The output formats of commands.

use clap::{Args, ValueEnum};

/// The output format of a command that reads.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// The choice of [`Format`] for a command.
#[derive(Debug, Args)]
pub struct FormatArgs {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// The output format of a run.
#[derive(Debug, Default, Args)]
pub struct EventsArgs {
    /// How to report the run: for people, or as lines of JSON on the standard output, one per event
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

impl EventsArgs {
    /// Whether the run is reported as lines of JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.format, Format::Json)
    }
}
