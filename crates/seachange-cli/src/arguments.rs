//! The arguments of every command.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use crate::terminal::Terminal;

/// Texts of the help that both programs print.
pub mod help {
    /// What the programs do, in one line.
    pub const ABOUT: &str = "Move a database along its revisions, and write new ones";
    /// What the programs do.
    pub const LONG_ABOUT: &str = "Move a database along its revisions, and write new ones.\n\n\
        Revisions are Rust files that point at the one before them (their down-revision). The table \
        `seachange_revision` records which of them a database has; `up` applies the others, `down` reverts them.";
    /// How targets are written.
    pub const TARGETS: &str = "Start with `status`. A target is `head`, `heads`, `base`, `current`, a label, a revision \
        id or the beginning of one, or a number of steps: `up 2`, `down 1`. It can count from a place (`ae10+2`, \
        `head-1`) and be limited to a branch (`billing@head`, `billing@+1`).";
    /// The columns of the help, at most.
    pub const WIDTH: usize = 100;
}

/// The arguments of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct GlobalArgs {
    /// Print answers and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every statement and its duration; in lists of revisions, also files, dates and parents
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Use the settings of this name: `NAME_DATABASE_URL` and so on are read as `DATABASE_URL` and so on
    #[arg(short = 'n', long, global = true, value_name = "NAME", help_heading = "Database")]
    settings: Option<String>,
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
pub fn apply_color_choice(raw: &[OsString]) {
    let raw: Vec<_> = raw.iter().map(|argument| argument.to_string_lossy()).collect();
    let behind = raw.iter().position(|argument| argument == "--color").and_then(|position| raw.get(position + 1));
    let attached = raw.iter().find_map(|argument| argument.strip_prefix("--color="));
    if let Some(Ok(color)) = attached.or(behind.map(|word| &**word)).map(|word| Color::from_str(word, false)) {
        color.set();
    }
}

impl GlobalArgs {
    /// The name of the settings.
    pub fn settings(&self) -> Option<&str> {
        self.settings.as_deref()
    }

    /// Sets the colours of the process, and returns the terminal with its level of detail.
    pub fn terminal(&self) -> Terminal {
        self.color.set();
        Terminal { quiet: self.quiet, verbose: self.verbose, json: false }
    }
}
