//! Tells an alteration whether the run counts the values that a change of a type would not keep.
//!
//! The scope is the task in which the code of a revision runs. Outside of a scope, and where the code itself says
//! nothing, the values are counted.

tokio::task_local! {
    static UNCOUNTED: ();
}

/// Runs `future`, in which no alteration counts such values.
pub(crate) async fn uncounted<F: Future>(future: F) -> F::Output {
    UNCOUNTED.scope((), future).await
}

/// Whether an alteration counts such values now.
pub(super) fn is_counted() -> bool {
    UNCOUNTED.try_with(|()| ()).is_err()
}
