//! How an alteration inside a transaction tells the runner that it needs foreign keys off.
//!
//! `PRAGMA foreign_keys` does nothing inside a transaction, so an alteration that has to rebuild a table cannot help
//! itself there. It fails, and says so here; the runner rolls back, switches foreign keys off, and runs the revision
//! again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

tokio::task_local! {
    static NEEDED: Arc<AtomicBool>;
}

/// Runs `future`, and says whether a rebuild in it needed foreign keys off and could not switch them off.
pub(crate) async fn watch<F: Future>(future: F) -> (F::Output, bool) {
    let needed = Arc::new(AtomicBool::new(false));
    let output = NEEDED.scope(Arc::clone(&needed), future).await;
    (output, needed.load(Ordering::Relaxed))
}

/// Notes that a rebuild needs foreign keys off. Outside [`watch`] it does nothing.
pub(super) fn report() {
    // Without a scope there is nobody to tell: the error that follows says what to do.
    let _ = NEEDED.try_with(|needed| needed.store(true, Ordering::Relaxed));
}
