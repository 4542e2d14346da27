//! The revision that runs now. The engine reports a panic in it as its failure, so the panic hook does not print it a
//! second time. If the user ends the process during a revision, this module provides the revision for the message.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use seachange_graph::Direction;

use crate::event::Event;

static RUNNING: Mutex<Option<CurrentRevision>> = Mutex::new(None);
static IS_WRITING_SCRIPT: AtomicBool = AtomicBool::new(false);
static LOCATION: Mutex<Option<String>> = Mutex::new(None);

/// A revision that is running.
#[derive(Debug, Clone)]
pub(crate) struct CurrentRevision {
    pub(crate) revision: String,
    pub(crate) message: String,
    pub(crate) direction: Direction,
    /// Whether it runs in a transaction that can roll it back.
    pub(crate) rolls_back: bool,
    /// The number of statements that have run.
    pub(crate) statements: usize,
}

/// Replaces the panic hook by one that stores the place of a panic in a revision, and prints any other panic.
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

/// Runs the code of revisions to write a script; no events of it are reported.
pub(crate) async fn writing_script<T>(work: impl Future<Output = T>) -> T {
    IS_WRITING_SCRIPT.store(true, Ordering::Relaxed);
    let outcome = work.await;
    IS_WRITING_SCRIPT.store(false, Ordering::Relaxed);
    outcome
}

/// Updates the running revision from the events of a run.
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

/// The place of the last panic in a revision: file, line and column.
pub(crate) fn location() -> Option<String> {
    LOCATION.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
