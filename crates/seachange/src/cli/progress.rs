//! Prints the progress of a run.

mod bar;
pub(crate) mod building;
mod statement;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::Utc;
use indicatif::ProgressDrawTarget;
use seachange_cli::{
    describe, printable,
    terminal::{DIM, ERROR, ID, Terminal, VERB, styled},
};
use seachange_graph::Step;

use super::revision_scope;
use crate::Error;
use crate::event::{BackfillPhase, BackfillProgress, Event, StatementProgress, describe_blockers, json};
use crate::report::WaitingRevision;
use crate::store::Holder;
pub(crate) use bar::Bar;
use statement::StatementLine;

/// From this number of steps on, a terminal shows a bar.
const MANY: usize = 20;

/// Prints events.
pub(crate) struct Progress {
    terminal: Terminal,
    bar: Mutex<Option<Bar>>,
    line: Mutex<StatementLine>,
}

impl Progress {
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal, bar: Mutex::new(None), line: Mutex::default() }
    }

    pub(crate) fn show(&self, event: &Event<'_>) {
        revision_scope::follow(event);
        if self.terminal.json {
            return self.tell(event);
        }
        if !matches!(event, Event::StatementProgress { .. } | Event::Backfill { .. } | Event::Statement { .. }) {
            self.line.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        match event {
            Event::Ahead { unknown } => self.terminal.warn(describe::ahead(unknown)),
            Event::Edited { revisions } => self.terminal.warn(edited(revisions)),
            Event::Untried { system } => {
                self.terminal.warn(format!("this server is {system}, on which seachange is not tested"));
            }
            Event::Standby { primary, .. } => self.wait_for_primary(*primary),
            Event::Planned { steps } => self.plan(steps.len()),
            Event::Started { step, message, .. } => self.start(step, message),
            Event::Waiting { holder, .. } => self.wait(*holder),
            Event::Statement { sql, elapsed, .. } => self.statement(sql, *elapsed),
            Event::Retrying { step, message, attempt, of, cause } => {
                let of = of.map_or_else(String::new, |of| format!(", {attempt} of {of}"));
                self.interject(step, message, &format!("{cause}; trying again{of}"));
            }
            Event::Blocked { step, message, by, .. } => {
                self.interject(step, message, &format!("waiting for a lock of {}", describe_blockers(by)));
            }
            Event::StatementProgress { step, message, progress, remaining, .. } => {
                self.progress(step, message, progress, *remaining);
            }
            Event::Waits { waiting, message } => self.waits(waiting, message),
            Event::Backfill { progress } => self.backfill(progress),
            Event::Restarted => self.restart(),
            Event::Overtaken { step, message } => self.overtaken(step, message),
            Event::Finished { step, message, elapsed } => self.finish(step, message, *elapsed),
            Event::Failed { step, message } => self.fail(step, message),
            Event::Stopped { .. } => self.clear(),
        }
    }

    fn tell(&self, event: &Event<'_>) {
        match json::line(event, Utc::now()) {
            Ok(line) => self.terminal.answer_raw(line),
            Err(error) => self.terminal.warn(error),
        }
    }

    fn plan(&self, steps: usize) {
        if steps < MANY || self.terminal.quiet || self.terminal.verbose || !self.terminal.is_watched() {
            return;
        }
        let bar = Bar::new(steps, "revisions", ProgressDrawTarget::stderr());
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn wait(&self, holder: Option<&Holder>) {
        let blocker =
            holder.map_or_else(|| "another program that writes to the database".to_owned(), ToString::to_string);
        self.terminal.status(format!("{} for {}", styled(VERB, "Waiting"), printable::name(&blocker)));
    }

    fn wait_for_primary(&self, primary: Option<&str>) {
        let primary = primary.map(|primary| format!(" at `{}`", printable::name(primary))).unwrap_or_default();
        let what = "which takes no writes: the revisions have to come from it, or this server has to be promoted";
        let verb = styled(VERB, "Waiting");
        self.terminal.status(format!("{verb} for the primary{primary} of this standby, {what}"));
    }

    fn statement(&self, sql: &str, elapsed: Duration) {
        if self.terminal.verbose {
            let time = styled(DIM, describe::time(elapsed));
            self.terminal.status(format!("    {} {time}", printable::lines(sql.trim())));
        }
    }

    fn start(&self, step: &Step, message: &str) {
        let line = running(step, message);
        match (self.bar(), self.terminal.verbose) {
            (Some(_), _) => {}
            (None, true) => self.terminal.status(line),
            (None, false) => self.terminal.begin(format!("{line} … ")),
        }
    }

    /// Ends the line with the reason for a delay, and begins it again.
    fn interject(&self, step: &Step, message: &str, what: &str) {
        let what = styled(DIM, printable::name(what));
        match (self.bar(), self.terminal.verbose) {
            (Some(bar), _) => bar.suspend(|| self.terminal.status(format!("{} … {what}", running(step, message)))),
            (None, true) => self.terminal.status(format!("    … {what}")),
            (None, false) => {
                self.terminal.end(what);
                self.terminal.begin(format!("{} … ", running(step, message)));
            }
        }
    }

    /// Shows how far the running statement is.
    fn progress(&self, step: &Step, message: &str, progress: &StatementProgress, remaining: Option<Duration>) {
        let text = statement::text(progress, remaining);
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match self.bar() {
            _ if self.terminal.quiet => {}
            Some(bar) => bar.note(format!(": `{}`, {text}", step.revision)),
            None if self.terminal.is_watched() => {
                if !line.is_shown() {
                    self.terminal.break_line();
                }
                line.rewrite(text, ProgressDrawTarget::stderr);
            }
            None if line.is_due() => self.interject(step, message, &text),
            None => {}
        }
    }

    fn waits(&self, waiting: &WaitingRevision, message: &str) {
        let reasons: Vec<String> = waiting.reasons.iter().map(ToString::to_string).collect();
        let (id, what) = (styled(ID, &waiting.step.revision), printable::name(&reasons.join("; ")).to_string());
        let line = format!("{} {id}, {message}, for {what}", styled(VERB, "Waiting"));
        match self.bar() {
            Some(bar) => bar.suspend(|| self.terminal.status(line)),
            None => self.terminal.status(line),
        }
    }

    /// Shows how far a backfill is: on one line of a terminal, elsewhere at most every ten seconds.
    fn backfill(&self, progress: &BackfillProgress) {
        let remaining =
            progress.remaining.map(|time| format!(", about {} left", describe::time(time))).unwrap_or_default();
        let text = printable::name(&format!("`{}`: {progress}{remaining}", progress.name)).to_string();
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.bar(), progress.phase) {
            _ if self.terminal.quiet => {}
            (Some(bar), _) => bar.note(format!(": {text}")),
            (None, BackfillPhase::Running) if self.terminal.is_watched() => {
                if !line.is_shown() {
                    self.terminal.break_line();
                }
                line.rewrite(text, ProgressDrawTarget::stderr);
            }
            (None, BackfillPhase::Running) if progress.elapsed.is_zero() || !line.is_due() => {}
            // The command says it at its end.
            (None, BackfillPhase::Complete | BackfillPhase::Paused) if revision_scope::running().is_none() => {}
            (None, _) => {
                line.clear();
                self.terminal.break_line();
                self.terminal.status(text);
            }
        }
    }

    fn restart(&self) {
        const WHY: &str = "starting again with foreign keys off: a table has to be rebuilt";
        match self.bar() {
            Some(bar) => {
                bar.suspend(|| self.terminal.status(WHY));
                bar.restart();
            }
            None => self.terminal.status(WHY),
        }
    }

    fn finish(&self, step: &Step, message: &str, elapsed: Duration) {
        self.end(step, message, styled(DIM, describe::time(elapsed)));
    }

    fn overtaken(&self, step: &Step, message: &str) {
        self.end(step, message, styled(DIM, "done by another run"));
    }

    fn end(&self, step: &Step, message: &str, time: String) {
        match (self.bar(), self.terminal.verbose) {
            (Some(bar), _) => {
                bar.suspend(|| self.terminal.status(format!("{} … {time}", running(step, message))));
                bar.advance();
            }
            (None, true) => self.terminal.status(format!("    … {time}")),
            (None, false) => self.terminal.end(time),
        }
    }

    fn fail(&self, step: &Step, message: &str) {
        self.clear();
        let failed = styled(ERROR, "failed");
        match (self.bar(), self.terminal.verbose) {
            (Some(_), _) => self.terminal.status(format!("{} … {failed}", running(step, message))),
            (None, true) => self.terminal.status(format!("    … {failed}")),
            (None, false) => self.terminal.end(failed),
        }
    }

    /// Removes the bar from the screen, so that the next output starts on a new line.
    fn clear(&self) {
        if let Some(bar) = self.bar() {
            bar.clear();
        }
    }

    fn bar(&self) -> Option<Bar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn running(step: &Step, message: &str) -> String {
    let route = step.route();
    let route = route.replacen(&step.revision, &styled(ID, &step.revision), 1);
    let verb = if step.records_only { "Recording" } else { "Running" };
    format!("{} {} {route}, {message}", styled(VERB, verb), step.direction)
}

/// The warning for edited revisions, if they do not stop the run.
fn edited(revisions: &[String]) -> String {
    let error = Error::Edited { revisions: revisions.to_vec() };
    format!("{error}; `repair --accept-edited` records the current code")
}
