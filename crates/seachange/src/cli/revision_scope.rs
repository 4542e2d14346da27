//! The revision that runs now: a panic in it is reported as its failure, so that the hook of the standard library need
//! not report it a second time, and who ends the process in its middle is told what is left.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use seachange_graph::Direction;

use crate::event::Event;

static RUNNING: Mutex<Option<CurrentRevision>> = Mutex::new(None);
static IS_WRITING_SCRIPT: AtomicBool = AtomicBool::new(false);
static LOCATION: Mutex<Option<String>> = Mutex::new(None);

/// A revision in its middle.
#[derive(Debug, Clone)]
pub(crate) struct CurrentRevision {
    pub(crate) revision: String,
    pub(crate) message: String,
    pub(crate) direction: Direction,
    /// Whether a transaction holds it.
    pub(crate) rolls_back: bool,
    /// The statements that have run.
    pub(crate) statements: usize,
}

/// Replaces the panic hook by one that keeps the place of a panic in a revision, and prints any other.
pub(crate) fn install_panic_hook() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if running().is_some() || IS_WRITING_SCRIPT.load(Ordering::Relaxed) {
            *LOCATION.lock().unwrap_or_else(PoisonError::into_inner) = info.location().map(ToString::to_string);
        } else {
            print(info);
        }
    }));
}

/// Runs the code of revisions to write a script, which nobody follows.
pub(crate) async fn writing_script<T>(work: impl Future<Output = T>) -> T {
    IS_WRITING_SCRIPT.store(true, Ordering::Relaxed);
    let outcome = work.await;
    IS_WRITING_SCRIPT.store(false, Ordering::Relaxed);
    outcome
}

/// Follows a run.
pub(crate) fn follow(event: &Event<'_>) {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        Event::Started { step, message, rolls_back, .. } => {
            *running = Some(CurrentRevision {
                revision: step.revision.clone(),
                message: (*message).to_owned(),
                direction: step.direction,
                rolls_back: *rolls_back,
                statements: 0,
            });
        }
        Event::Statement { failed: false, .. } => running.iter_mut().for_each(|running| running.statements += 1),
        Event::Retrying { .. } => running.iter_mut().for_each(|running| running.statements = 0),
        Event::Finished { .. } | Event::Overtaken { .. } | Event::Failed { .. } | Event::Stopped { .. } => {
            *running = None;
        }
        _ => {}
    }
}

/// The revision that runs now.
pub(crate) fn running() -> Option<CurrentRevision> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Where the last panic in a revision happened: file, line and column.
pub(crate) fn location() -> Option<String> {
    LOCATION.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
