//! Panics inside a revision: they are reported as the failure of that revision, so that the hook of the standard
//! library need not report them a second time.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

static IN_REVISION: AtomicBool = AtomicBool::new(false);
static LOCATION: Mutex<Option<String>> = Mutex::new(None);

/// Replaces the panic hook by one that keeps the place of a panic in a revision, and prints any other.
pub(crate) fn keep_quiet_in_revisions() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if IN_REVISION.load(Ordering::Relaxed) {
            *LOCATION.lock().unwrap_or_else(PoisonError::into_inner) = info.location().map(ToString::to_string);
        } else {
            print(info);
        }
    }));
}

pub(crate) fn enter() {
    IN_REVISION.store(true, Ordering::Relaxed);
}

pub(crate) fn leave() {
    IN_REVISION.store(false, Ordering::Relaxed);
}

/// Where the last panic in a revision happened: file, line and column.
pub(crate) fn location() -> Option<String> {
    LOCATION.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
