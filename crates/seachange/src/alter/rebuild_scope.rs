//! Lets an alteration inside a transaction tell the runner that it needs foreign keys off, and marks the setting that a
//! rebuild changes and restores.
//!
//! `PRAGMA foreign_keys` has no effect inside a transaction, so an alteration that has to rebuild a table cannot switch
//! foreign keys off there. It fails and reports this here. The runner rolls back, switches foreign keys off, and runs
//! the revision again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

tokio::task_local! {
    static NEEDED: Arc<AtomicBool>;
    static RESTORED: ();
}

/// Runs `future`, whose statement changes a setting that the rebuild restores, unless the session sends nothing any more.
pub(super) async fn restored<F: Future>(future: F) -> F::Output {
    RESTORED.scope((), future).await
}

/// Whether a statement that is sent now changes such a setting.
pub(crate) fn is_restored() -> bool {
    RESTORED.try_with(|()| ()).is_ok()
}

/// Runs `future`, and returns whether a rebuild in it needed foreign keys off and could not switch them off.
pub(crate) async fn watch<F: Future>(future: F) -> (F::Output, bool) {
    let needed = Arc::new(AtomicBool::new(false));
    let output = NEEDED.scope(Arc::clone(&needed), future).await;
    (output, needed.load(Ordering::Relaxed))
}

/// Reports that a rebuild needs foreign keys off. Outside [`watch`] this does nothing.
pub(crate) fn report() {
    // Without a scope no runner reads the report. The error that follows says what to do.
    let _ = NEEDED.try_with(|needed| needed.store(true, Ordering::Relaxed));
}
