//! Somebody who waits, says for whom, and gives up in the end.

use std::time::{Duration, Instant};

use super::Backoff;
use crate::error::Error;
use crate::event::Event;
use crate::run_context::RunContext;
use crate::store::Holder;

/// How often those who watch are told again, though nothing has changed.
const REMINDER: Duration = Duration::from_secs(10);

/// Waits for another run, as long as the limits say.
pub(crate) struct LockWait<'a> {
    site: RunContext<'a>,
    since: Instant,
    pause: Backoff,
    /// When those who watch were told, and of whom.
    told: Option<(Instant, Option<Holder>)>,
}

impl<'a> LockWait<'a> {
    pub(crate) fn new(site: RunContext<'a>) -> Self {
        Self { site, since: Instant::now(), pause: Backoff::new(), told: None }
    }

    /// Waits for a moment.
    ///
    /// # Errors
    ///
    /// [`Error::LockTimeout`] when the time is over, [`Error::Stopped`] when somebody asks to stop.
    pub(crate) async fn wait(&mut self) -> Result<(), Error> {
        if self.site.is_stopping() {
            return Err(Error::Stopped { waited: self.since.elapsed() });
        }
        let holder = self.holder().await;
        let (waited, limit) = (self.since.elapsed(), self.site.limits.run_lock_timeout());
        if waited >= limit {
            return Err(Error::LockTimeout { holder: holder.map(Box::new), waited });
        }
        self.tell(holder, waited);
        let start = Instant::now();
        self.pause.sleep(limit - waited, self.site.stop).await;
        self.site.waited.add(start.elapsed());
        Ok(())
    }

    /// Who is at work. That it cannot be read is no reason not to wait.
    async fn holder(&self) -> Option<Holder> {
        let RunContext { connection, backend, store, .. } = self.site;
        let mut holder = store.holder(connection, backend).await.ok()??;
        holder.locate(&store.rows(connection).await.unwrap_or_default());
        Some(holder)
    }

    fn tell(&mut self, holder: Option<Holder>, waited: Duration) {
        let is_old = |(when, who): &(Instant, Option<Holder>)| *who != holder || when.elapsed() >= REMINDER;
        if self.told.as_ref().is_none_or(is_old) {
            self.site.emit(&Event::Waiting { holder: holder.as_ref(), waited });
            self.told = Some((Instant::now(), holder));
        }
    }
}
