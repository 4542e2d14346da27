//! The progress bar for tables that are built for a comparison.

use std::sync::OnceLock;

use indicatif::ProgressDrawTarget;
use seachange_cli::Terminal;

use super::bar::Bar;

/// From this number of tables on, a terminal shows a bar.
const MANY: usize = 200;

/// Shows how many tables are built.
pub(crate) struct BuildProgress {
    terminal: Terminal,
    bar: OnceLock<Bar>,
}

impl BuildProgress {
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal, bar: OnceLock::new() }
    }

    pub(crate) fn show(&self, done: usize, of: usize) {
        if of < MANY || self.terminal.quiet || !self.terminal.is_watched() {
            return;
        }
        let bar = self.bar.get_or_init(|| Bar::new(of, "tables", ProgressDrawTarget::stderr()));
        bar.reach(done as u64);
    }
}
