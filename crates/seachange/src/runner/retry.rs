//! Runs a revision again that waited too long for a lock and was rolled back.

use std::time::Duration;

use seachange_graph::Step;

use super::Runner;
use crate::error::{Error, Leftover, RevisionFailure};
use crate::event::Event;
use crate::limits::Limit;
use crate::lock::Backoff;

impl Runner<'_> {
    /// Makes attempts at some steps, with as many retries as the limits allow. A retry requires that the last attempt
    /// left nothing.
    pub(super) async fn with_retries<T, F: Future<Output = Result<T, Error>>>(
        &self,
        steps: &[Step],
        attempt: impl Fn() -> F,
    ) -> Result<T, Error> {
        let mut pause = Backoff::for_retry();
        let mut retries = 0;
        loop {
            let mut failure = match attempt().await {
                Err(Error::Failed(failure)) => failure,
                outcome => return outcome,
            };
            failure.attempts = retries + 1;
            if retries >= self.context.limits.retries || !may_do_better(&failure) {
                return Err(Error::Failed(failure));
            }
            retries += 1;
            self.tell_of_retry(steps, retries, &failure);
            pause.sleep(Duration::MAX, self.context.stop).await;
            if self.context.is_stopping() {
                return Err(Error::Stopped { waited: self.context.waited.elapsed() });
            }
        }
    }

    fn tell_of_retry(&self, steps: &[Step], attempt: u32, failure: &RevisionFailure) {
        let Some(step) = steps.iter().find(|step| step.revision == failure.revision) else { return };
        let of = self.context.limits.retries;
        self.context.emit(&Event::Retrying { step, message: &failure.message, attempt, of, cause: &failure.cause });
    }
}

/// Whether a retry may succeed: the revision failed at a lock, and left nothing.
fn may_do_better(failure: &RevisionFailure) -> bool {
    failure.limit == Some(Limit::Lock) && failure.left == Leftover::Nothing
}
