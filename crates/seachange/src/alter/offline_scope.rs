//! How an alteration learns that its statements are written down for another database, and how it says which of them are
//! only there to check itself.
//!
//! What is written down runs later, on a database that nobody can ask now. An alteration then leaves to that database
//! what it would ask it, and its checks stay out of the script. The scope is that of the task in which the code of a
//! revision runs; the connection that the code holds looks at it there.

tokio::task_local! {
    static WRITTEN_DOWN: ();
    static CHECK: ();
}

/// Runs `future`, whose statements are written down.
pub(crate) async fn written_down<F: Future>(future: F) -> F::Output {
    WRITTEN_DOWN.scope((), future).await
}

/// Whether statements are written down now.
pub(super) fn is_written_down() -> bool {
    WRITTEN_DOWN.try_with(|()| ()).is_ok()
}

/// Runs `future`, whose statements check an alteration and are no part of it.
pub(super) async fn check<F: Future>(future: F) -> F::Output {
    CHECK.scope((), future).await
}

/// Whether a statement that is sent now is such a check.
pub(crate) fn is_check() -> bool {
    CHECK.try_with(|()| ()).is_ok()
}
