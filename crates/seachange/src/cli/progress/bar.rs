//! The progress bar of a long run.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use seachange_cli::describe;

/// A bar on a terminal. A clone is the same bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar for `steps` things; `things` is their name in the plural.
    pub(crate) fn new(steps: usize, things: &str, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target);
        if let Ok(style) = ProgressStyle::with_template(&format!("{{bar:30}} {{pos}}/{{len}} {things}{{msg}}")) {
            bar.set_style(style);
        }
        bar.tick();
        Self(bar)
    }

    /// Prints something above the bar.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// Advances the bar by one revision; after the last one the bar is removed.
    pub(crate) fn advance(&self) {
        self.reach(self.0.position() + 1);
    }

    /// Sets the number of finished things; after the last one the bar is removed.
    pub(crate) fn reach(&self, done: u64) {
        self.0.set_position(done);
        let (done, all) = (self.0.position(), self.0.length().unwrap_or_default());
        if done >= all {
            return self.clear();
        }
        let left = remaining(self.0.elapsed(), done, all - done);
        self.0.set_message(format!(", about {} left", describe::time(left)));
    }

    /// Shows a text beside the number, until the next thing is finished.
    pub(crate) fn note(&self, text: String) {
        self.0.set_message(text);
    }

    /// Restarts the bar from zero.
    pub(crate) fn restart(&self) {
        self.0.set_message("");
        self.0.reset();
    }

    /// Removes the bar from the screen.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// The estimated remaining time at the current pace.
fn remaining(elapsed: Duration, done: u64, left: u64) -> Duration {
    let pace = elapsed / u32::try_from(done).unwrap_or(u32::MAX).max(1);
    pace.saturating_mul(u32::try_from(left).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn bar(steps: usize) -> (Bar, InMemoryTerm) {
        let screen = InMemoryTerm::new(10, 80);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
        (Bar::new(steps, "revisions", target), screen)
    }

    #[test]
    fn it_says_how_many_are_done_and_how_long_the_rest_takes() {
        let (bar, screen) = bar(3);
        assert_eq!(screen.contents(), format!("{} 0/3 revisions", "░".repeat(30)));
        bar.advance();
        bar.0.force_draw();
        let contents = screen.contents();
        assert!(contents.contains(" 1/3 revisions, about ") && contents.ends_with(" left"), "{contents}");
    }

    #[test]
    fn it_is_gone_at_the_end_and_when_it_is_cleared() {
        let (bar, screen) = bar(1);
        bar.advance();
        assert_eq!(screen.contents(), "");
        let (bar, screen) = self::bar(2);
        bar.advance();
        bar.clear();
        assert_eq!(screen.contents(), "");
    }

    #[test]
    fn lines_stand_above_it() {
        use indicatif::TermLike;

        let (bar, screen) = bar(2);
        bar.suspend(|| assert!(screen.write_line("Running upgrade").is_ok()));
        assert_eq!(screen.contents(), format!("Running upgrade\n{} 0/2 revisions", "░".repeat(30)));
    }

    #[test]
    fn the_rest_takes_as_long_as_what_was_done() {
        let second = Duration::from_secs(1);
        assert_eq!(remaining(10 * second, 5, 20), 40 * second);
        assert_eq!(remaining(Duration::ZERO, 5, 20), Duration::ZERO);
    }
}
