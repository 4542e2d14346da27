//! Tells an alteration that its statements go to an offline script, and marks the statements that only check the
//! alteration.
//!
//! An offline script runs later, on a database that cannot be queried now. The alteration therefore leaves to that
//! database what it would otherwise query, and its checks stay out of the script. The scope is the task in which the
//! code of a revision runs; the connection that this code holds reads the scope there.

tokio::task_local! {
    static WRITTEN_DOWN: ();
    static CHECK: ();
    static PRECONDITION: ();
}

/// Runs `future`, whose statements go to an offline script.
pub(crate) async fn written_down<F: Future>(future: F) -> F::Output {
    WRITTEN_DOWN.scope((), future).await
}

/// Whether statements go to an offline script now.
pub(super) fn is_written_down() -> bool {
    WRITTEN_DOWN.try_with(|()| ()).is_ok()
}

/// Runs `future`, whose statements check an alteration and are not part of it.
pub(super) async fn check<F: Future>(future: F) -> F::Output {
    CHECK.scope((), future).await
}

/// Whether a statement that is sent now is such a check.
pub(crate) fn is_check() -> bool {
    CHECK.try_with(|()| ()).is_ok()
}

/// Runs `future`, whose queries decide whether a change is made, and do not decide how.
pub(super) async fn precondition<F: Future>(future: F) -> F::Output {
    PRECONDITION.scope((), future).await
}

/// Whether a query that is sent now is such a query.
pub(crate) fn is_precondition() -> bool {
    PRECONDITION.try_with(|()| ()).is_ok()
}
