//! The arguments and the `--help` text.

use std::ffi::OsString;

use clap::{Args, Parser, ValueEnum};

use super::commands::Command;
use super::terminal::Terminal;
use crate::args::{DatabaseArgs, WaitArgs};

/// Runs and writes the revisions of this program.
#[derive(Debug, Parser)]
#[command(
    about = "Move a database along its revisions, and write new ones",
    long_about = "Move a database along its revisions, and write new ones.\n\n\
        Revisions are Rust files that point at the one before them (their down-revision). The table \
        `seachange_revision` records which of them a database has; `up` applies the others, `down` reverts them.",
    after_help = "Start with `status`. A target is `head`, `heads`, `base`, `current`, a label, a revision id or the \
        beginning of one, or a number of steps: `up 2`, `down 1`. It can count from a place (`ae10+2`, `head-1`) and \
        be limited to a branch (`billing@head`, `billing@+1`).",
    arg_required_else_help = true,
    max_term_width = 100
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

/// The arguments of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct GlobalArgs {
    /// Print answers and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every statement and its duration; in lists of revisions, also files, dates and parents
    #[arg(short, long, global = true)]
    verbose: bool,
    /// When to use colours; `NO_COLOR` is also respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Sets the colours of the process.
    fn set(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Sets the colours of the process from arguments that are not yet parsed, for the output of clap itself.
pub(crate) fn apply_color_choice(raw: &[OsString]) {
    let raw: Vec<_> = raw.iter().map(|argument| argument.to_string_lossy()).collect();
    let behind = raw.iter().position(|argument| argument == "--color").and_then(|position| raw.get(position + 1));
    let attached = raw.iter().find_map(|argument| argument.strip_prefix("--color="));
    if let Some(Ok(color)) = attached.or(behind.map(|word| &**word)).map(|word| Color::from_str(word, false)) {
        color.set();
    }
}

impl GlobalArgs {
    /// Sets the colours of the process, and returns the terminal with its level of detail.
    pub(crate) fn terminal(&self) -> Terminal {
        self.color.set();
        Terminal { quiet: self.quiet, verbose: self.verbose, json: false }
    }
}
