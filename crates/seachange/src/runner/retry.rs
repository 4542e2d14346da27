//! Runs a revision again that came to nothing because a lock kept it waiting.

use std::time::Duration;

use super::failure::{Failure, Left};
use super::{Job, Runner};
use crate::error::Error;
use crate::event::Event;
use crate::limits::Limit;
use crate::lock::Pause;

impl Runner<'_> {
    /// Runs a step as often as the limits say, and says how long it took in the end; nothing when another run has done
    /// it. It is run again only where nothing of it is left.
    pub(super) async fn run_patiently(&self, job: Job<'_>) -> Result<Option<Duration>, Error> {
        let mut pause = Pause::retreat();
        let mut retries = 0;
        loop {
            let mut failure = match self.run_step(job).await {
                Err(Error::Failed(failure)) => failure,
                outcome => return outcome,
            };
            failure.attempts = retries + 1;
            if retries >= self.site.limits.retries || !may_do_better(&failure) {
                return Err(Error::Failed(failure));
            }
            retries += 1;
            self.tell_of_retry(job, retries, &failure);
            pause.sleep(Duration::MAX, self.site.stop).await;
            if self.site.is_stopping() {
                return Err(Error::Stopped { waited: self.site.waited.so_far() });
            }
        }
    }

    fn tell_of_retry(&self, job: Job<'_>, attempt: u32, failure: &Failure) {
        self.site.tell(&Event::Retrying {
            step: job.step,
            message: job.script.message,
            attempt,
            of: self.site.limits.retries,
            cause: &failure.cause,
        });
    }
}

/// Whether another session may let it through next time, and nothing is left of it.
fn may_do_better(failure: &Failure) -> bool {
    failure.limit == Some(Limit::Lock) && failure.left == Left::Nothing
}
