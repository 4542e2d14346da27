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
