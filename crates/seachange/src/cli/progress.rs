//! A run as it is printed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use seachange_graph::Step;

use super::terminal::{DIM, ERROR, ID, Terminal, VERB, styled};
use super::{describe, revision_scope};
use crate::event::Event;
use crate::store::Holder;

/// From this many steps on, a terminal shows a bar.
const MANY: usize = 20;

/// Prints events.
pub(crate) struct Progress {
    terminal: Terminal,
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress {
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal, bar: Mutex::new(None) }
    }

    pub(crate) fn show(&self, event: &Event<'_>) {
        match event {
            Event::Ahead { unknown } => self.terminal.warn(describe::ahead(unknown)),
            Event::Edited { revisions } => self.terminal.warn(describe::edited(revisions)),
            Event::Planned { steps } => self.plan(steps.len()),
            Event::Started { step, message, .. } => self.start(step, message),
            Event::Waiting { holder, .. } => self.wait(*holder),
            Event::Statement { sql, elapsed, .. } => self.statement(sql, *elapsed),
            Event::Overtaken { step, message } => self.overtaken(step, message),
            Event::Finished { step, message, elapsed } => self.finish(step, message, *elapsed),
            Event::Failed { step, message } => self.fail(step, message),
            Event::Stopped { .. } => self.clear(),
        }
    }

    fn plan(&self, steps: usize) {
        if steps < MANY || self.terminal.quiet || self.terminal.verbose || !self.terminal.is_watched() {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} revisions, {eta} left") {
            bar.set_style(style);
        }
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn wait(&self, holder: Option<&Holder>) {
        let whom = holder.map_or_else(|| "whoever writes to the database".to_owned(), ToString::to_string);
        self.terminal.say(format!("{} for {whom}", styled(VERB, "Waiting")));
    }

    fn statement(&self, sql: &str, elapsed: Duration) {
        if self.terminal.verbose {
            let time = styled(DIM, describe::time(elapsed));
            self.terminal.say(format!("    {} {time}", sql.trim()));
        }
    }

    fn start(&self, step: &Step, message: &str) {
        revision_scope::enter();
        let line = running(step, message);
        match (self.bar(), self.terminal.verbose) {
            (Some(_), _) => {}
            (None, true) => self.terminal.say(line),
            (None, false) => self.terminal.begin(format!("{line} … ")),
        }
    }

    fn finish(&self, step: &Step, message: &str, elapsed: Duration) {
        self.end(step, message, styled(DIM, describe::time(elapsed)));
    }

    fn overtaken(&self, step: &Step, message: &str) {
        self.end(step, message, styled(DIM, "done by another run"));
    }

    fn end(&self, step: &Step, message: &str, time: String) {
        revision_scope::leave();
        match (self.bar(), self.terminal.verbose) {
            (Some(bar), _) => {
                bar.suspend(|| self.terminal.say(format!("{} … {time}", running(step, message))));
                bar.inc(1);
                if bar.length() == Some(bar.position()) {
                    bar.finish_and_clear();
                }
            }
            (None, true) => self.terminal.say(format!("    … {time}")),
            (None, false) => self.terminal.end(time),
        }
    }

    fn fail(&self, step: &Step, message: &str) {
        revision_scope::leave();
        self.clear();
        let failed = styled(ERROR, "failed");
        match (self.bar(), self.terminal.verbose) {
            (Some(_), _) => self.terminal.say(format!("{} … {failed}", running(step, message))),
            (None, true) => self.terminal.say(format!("    … {failed}")),
            (None, false) => self.terminal.end(failed),
        }
    }

    /// Takes the bar off the screen: what comes next stands on a line of its own.
    fn clear(&self) {
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> Option<ProgressBar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn running(step: &Step, message: &str) -> String {
    let route = step.route();
    let route = route.replacen(&step.revision, &styled(ID, &step.revision), 1);
    format!("{} {} {route}, {message}", styled(VERB, "Running"), step.direction)
}
