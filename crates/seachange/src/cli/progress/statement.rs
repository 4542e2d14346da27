//! The progress of a running statement: a line that is rewritten on a terminal, and lines at intervals elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use seachange_cli::{describe, printable};

use crate::event::StatementProgress;

/// The time between two lines where no terminal can rewrite one.
const PAUSE: Duration = Duration::from_secs(10);

/// What has been shown of the running statement.
#[derive(Debug, Default)]
pub(super) struct StatementLine {
    line: Option<ProgressBar>,
    printed: Option<Instant>,
}

impl StatementLine {
    /// Rewrites the line; a terminal cuts what is longer than a line.
    pub(super) fn rewrite(&mut self, text: String, target: impl FnOnce() -> ProgressDrawTarget) {
        let line = self.line.get_or_insert_with(|| {
            let line = ProgressBar::with_draw_target(None, target());
            if let Ok(style) = ProgressStyle::with_template("    {wide_msg}") {
                line.set_style(style);
            }
            line
        });
        line.set_message(text);
    }

    /// Whether the line is on the screen.
    pub(super) fn is_shown(&self) -> bool {
        self.line.is_some()
    }

    /// Whether a line is due where none can be rewritten; if so, it counts as printed.
    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.printed.is_none_or(|printed| printed.elapsed() >= PAUSE);
        if is_due {
            self.printed = Some(Instant::now());
        }
        is_due
    }

    /// Removes the line: the statement has ended, or something else is printed.
    pub(super) fn clear(&mut self) {
        if let Some(line) = self.line.take() {
            line.finish_and_clear();
        }
        self.printed = None;
    }
}

/// The progress as one text: `building index: scanning table, 42%, about 12 s left`.
pub(super) fn text(progress: &StatementProgress, remaining: Option<Duration>) -> String {
    let left = remaining.map(|left| format!(", about {} left", describe::time(left))).unwrap_or_default();
    printable::name(&format!("{progress}{left}")).to_string()
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn progress(done: u64) -> StatementProgress {
        let (phase, unit) = ("copy to tmp table".to_owned(), Some("percent"));
        StatementProgress { phase, stage: Some((1, 2)), unit, done, total: 100 }
    }

    #[test]
    fn the_line_is_rewritten_and_removed() {
        let screen = InMemoryTerm::new(10, 60);
        let target = || ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
        let mut line = StatementLine::default();
        line.rewrite(text(&progress(12), None), target);
        assert_eq!(screen.contents(), "    copy to tmp table, stage 1 of 2, 12%");
        line.rewrite(text(&progress(40), Some(Duration::from_secs(3))), target);
        assert_eq!(screen.contents(), "    copy to tmp table, stage 1 of 2, 40%, about 3.0 s left");
        assert!(line.is_shown());
        line.clear();
        assert_eq!(screen.contents(), "");
        assert!(!line.is_shown());
    }

    #[test]
    fn lines_are_printed_at_intervals() {
        let mut line = StatementLine::default();
        assert!(line.is_due());
        assert!(!line.is_due());
        line.clear();
        assert!(line.is_due());
    }
}
