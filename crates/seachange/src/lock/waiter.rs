//! Waits for another run, reports which one, and ends at the time limit.

use std::time::{Duration, Instant};

use super::Backoff;
use crate::error::Error;
use crate::event::Event;
use crate::run_context::RunContext;
use crate::store::Holder;

/// How often the event is repeated when nothing has changed.
const REMINDER: Duration = Duration::from_secs(10);

/// Waits for another run, up to the time limit.
pub(crate) struct LockWait<'a> {
    context: RunContext<'a>,
    since: Instant,
    pause: Backoff,
    /// The time and the holder of the last event.
    told: Option<(Instant, Option<Holder>)>,
}

impl<'a> LockWait<'a> {
    pub(crate) fn new(context: RunContext<'a>) -> Self {
        Self { context, since: Instant::now(), pause: Backoff::new(), told: None }
    }

    /// Waits for one pause.
    ///
    /// # Errors
    ///
    /// [`Error::LockTimeout`] when the time limit is reached, [`Error::Stopped`] when the run is asked to stop.
    pub(crate) async fn wait(&mut self) -> Result<(), Error> {
        if self.context.is_stopping() {
            return Err(Error::Stopped { waited: self.since.elapsed() });
        }
        let holder = self.holder().await;
        let (waited, limit) = (self.since.elapsed(), self.context.limits.run_lock_timeout());
        if waited >= limit {
            return Err(Error::LockTimeout { holder: holder.map(Box::new), waited });
        }
        self.tell(holder, waited);
        let start = Instant::now();
        self.pause.sleep(limit - waited, self.context.stop).await;
        self.context.waited.add(start.elapsed());
        Ok(())
    }

    /// The run that is running. The wait continues if it cannot be read.
    async fn holder(&self) -> Option<Holder> {
        let RunContext { connection, backend, store, .. } = self.context;
        let mut holder = store.holder(connection, backend).await.ok()??;
        holder.locate(&store.rows(connection).await.unwrap_or_default());
        Some(holder)
    }

    fn tell(&mut self, holder: Option<Holder>, waited: Duration) {
        let is_old = |(when, who): &(Instant, Option<Holder>)| *who != holder || when.elapsed() >= REMINDER;
        if self.told.as_ref().is_none_or(is_old) {
            self.context.emit(&Event::Waiting { holder: holder.as_ref(), waited });
            self.told = Some((Instant::now(), holder));
        }
    }
}
