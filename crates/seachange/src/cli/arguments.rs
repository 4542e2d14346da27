//! The arguments and the `--help` text.

use clap::Parser;
use seachange_cli::arguments::{GlobalArgs, help};

use super::commands::Command;
use crate::args::{DatabaseArgs, WaitArgs};

/// Runs and writes the revisions of this program.
#[derive(Debug, Parser)]
#[command(
    about = help::ABOUT,
    long_about = help::LONG_ABOUT,
    after_help = help::TARGETS,
    arg_required_else_help = true,
    max_term_width = help::WIDTH
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}
