//! Prints the progress of a run over a fleet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use indicatif::ProgressDrawTarget;
use seachange_cli::{
    describe, printable,
    terminal::{ERROR, ID, Terminal, VERB, styled},
};

use super::document;
use crate::cli::hints::problem;
use crate::cli::progress::Bar;
use crate::event::Event;
use crate::fleet::{FleetEvent, FleetTarget, TargetOutcome, TargetReport};

/// How often a line says how far the run is, where there is no terminal.
const EACH: Duration = Duration::from_secs(10);

/// How many targets that did not succeed get a line of their own, for each outcome.
const SHOWN: usize = 10;

/// Prints the events of a run over a fleet.
pub(super) struct FleetProgress {
    terminal: Terminal,
    state: Mutex<ProgressState>,
}

struct ProgressState {
    begun: Instant,
    told: Instant,
    open: usize,
    ended: BTreeMap<TargetOutcome, usize>,
    bar: Option<Bar>,
    /// The names of the targets that have begun and not ended.
    at_work: BTreeSet<String>,
    /// The names of the targets with applied revisions that were edited since.
    edited: BTreeSet<String>,
}

impl FleetProgress {
    pub(super) fn new(terminal: Terminal) -> Self {
        let now = Instant::now();
        let state = ProgressState {
            begun: now,
            told: now,
            open: 0,
            ended: BTreeMap::new(),
            bar: None,
            at_work: BTreeSet::new(),
            edited: BTreeSet::new(),
        };
        Self { terminal, state: Mutex::new(state) }
    }

    pub(super) fn show(&self, event: &FleetEvent<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.note(event);
        if self.terminal.json {
            return self.tell(event);
        }
        match event {
            FleetEvent::Planned { targets, open } => state.plan(self.terminal, *targets, *open),
            FleetEvent::Started { target } if self.terminal.verbose => {
                state.say(self.terminal, format!("{} {}", styled(VERB, "Running"), name(target)));
            }
            FleetEvent::Target { target, event } if self.terminal.verbose => {
                if let Some(text) = happened(event) {
                    state.say(self.terminal, format!("    {}: {text}", name(target)));
                }
            }
            FleetEvent::Deferred { target } if self.terminal.verbose => {
                state.say(self.terminal, format!("{} {} for another run", styled(VERB, "Waiting"), name(target)));
            }
            FleetEvent::Settled { target, transaction, commits } => {
                let what = if *commits { "committed" } else { "rolled back" };
                let transaction = printable::name(transaction);
                state.say(self.terminal, format!("{}: {what} the prepared transaction `{transaction}`", name(target)));
            }
            FleetEvent::Finished { report } => state.finish(self.terminal, report),
            _ => {}
        }
    }

    fn tell(&self, event: &FleetEvent<'_>) {
        match document::line(event, Utc::now()) {
            Ok(Some(line)) => self.terminal.answer_raw(line),
            Ok(None) => {}
            Err(error) => self.terminal.warn(error),
        }
    }

    /// The names of the targets that have begun and not ended.
    pub(super) fn at_work(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).at_work.iter().cloned().collect()
    }

    /// The names of the targets with applied revisions that were edited since.
    pub(super) fn edited(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).edited.iter().cloned().collect()
    }

    /// Removes the bar from the screen.
    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = state.bar.take() {
            bar.clear();
        }
    }
}

impl ProgressState {
    /// Notes which targets are at work, and which have edited revisions.
    fn note(&mut self, event: &FleetEvent<'_>) {
        match event {
            FleetEvent::Started { target } => {
                self.at_work.insert(target.name.clone());
            }
            FleetEvent::Target { target, event: Event::Edited { .. } } => {
                self.edited.insert(target.name.clone());
            }
            FleetEvent::Deferred { target } => {
                self.at_work.remove(&target.name);
            }
            FleetEvent::Finished { report } => {
                self.at_work.remove(&report.target.name);
            }
            _ => {}
        }
    }

    fn plan(&mut self, terminal: Terminal, targets: usize, open: usize) {
        let count = describe::counted(targets, "target", "targets");
        let text = match open {
            _ if open == targets => count,
            0 => format!("{count}, none with something to do"),
            _ => format!("{count}, {open} with something to do"),
        };
        self.say(terminal, text);
        self.open += open;
        if terminal.is_watched() && !terminal.quiet && !terminal.verbose && open > 1 {
            self.bar = Some(Bar::new(self.open, "targets", ProgressDrawTarget::stderr()));
        }
    }

    fn finish(&mut self, terminal: Terminal, report: &TargetReport) {
        let count = self.ended.entry(report.outcome).or_default();
        *count += 1;
        let count = *count;
        if let Some(error) = &report.error {
            if count <= SHOWN || terminal.verbose {
                let what = format!("{} {}: ", report.outcome, report.target);
                let message = problem(error).message;
                self.say(terminal, format!("{}{message}", styled(ERROR, printable::name(&what))));
            }
        } else if terminal.verbose {
            let time = describe::time(report.elapsed);
            self.say(terminal, format!("{} {} in {time}", report.outcome, name(&report.target)));
        }
        let done: usize = self.ended.values().sum();
        match &self.bar {
            Some(bar) => bar.reach(done as u64),
            None if self.told.elapsed() >= EACH => self.remind(terminal, done),
            None => {}
        }
    }

    /// Says how far the run is.
    fn remind(&mut self, terminal: Terminal, done: usize) {
        self.told = Instant::now();
        let pace = self.begun.elapsed() / u32::try_from(done).unwrap_or(u32::MAX).max(1);
        let left = u32::try_from(self.open.saturating_sub(done)).unwrap_or(u32::MAX);
        let failed: usize =
            self.ended.iter().filter(|(outcome, _)| !outcome.is_success()).map(|(_, count)| *count).sum();
        let failed = if failed == 0 { String::new() } else { format!(", {failed} without success") };
        let left = describe::time(pace.saturating_mul(left));
        terminal.status(format!("{done} of {} targets{failed}, about {left} left", self.open));
    }

    fn say(&self, terminal: Terminal, text: String) {
        match &self.bar {
            Some(bar) => bar.suspend(|| terminal.status(text)),
            None => terminal.status(text),
        }
    }
}

fn name(target: &FleetTarget) -> String {
    styled(ID, printable::name(&target.name))
}

/// What is said of an event in a target.
fn happened(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Finished { step, message, elapsed } => {
            format!("{} {}, {message} … {}", step.direction, step.route(), describe::time(*elapsed))
        }
        Event::Ahead { unknown } => describe::ahead(unknown),
        Event::Waits { waiting, .. } => {
            let reasons: Vec<String> = waiting.reasons.iter().map(ToString::to_string).collect();
            printable::name(&format!("`{}` waits for {}", waiting.step.revision, reasons.join("; "))).into_owned()
        }
        _ => return None,
    })
}
