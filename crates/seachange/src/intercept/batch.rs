//! Marks the statements of a batch of a backfill. The scope is the task in which the code of a revision runs; the
//! connection that this code holds reads the scope there.

tokio::task_local! {
    static BATCH: BatchCaller;
}

/// Whose statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchCaller {
    /// The engine's own.
    Engine,
    /// One of the code that changes the rows of a batch.
    Code,
}

impl BatchCaller {
    /// The caller of a statement that is sent now; `None` outside of batches.
    pub(super) fn current() -> Option<Self> {
        BATCH.try_with(|caller| *caller).ok()
    }
}

/// Runs `future`, whose statements are those of a batch.
pub(crate) async fn in_batch<F: Future>(caller: BatchCaller, future: F) -> F::Output {
    BATCH.scope(caller, future).await
}
