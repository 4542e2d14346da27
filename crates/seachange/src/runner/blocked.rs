//! Says for whom a statement of a revision waits, while it does.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use sea_orm::DbErr;

use super::{Runner, StepContext};
use crate::event::{Blocker, Event};
use crate::intercept::{self, RunOutcome, StatementHandler};

/// How long a statement runs before the server is asked whether it waits.
const SUSPICIOUS: Duration = Duration::from_secs(3);

/// How often the server is asked.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often those who watch are told again, though nothing has changed.
const REMINDER: Duration = Duration::from_secs(10);

impl Runner<'_> {
    /// Runs the code of a revision, and tells those who watch when one of its statements waits for a lock.
    ///
    /// # Errors
    ///
    /// As [`intercept::run`].
    pub(super) async fn run_code<S: StatementHandler + 'static>(
        &self,
        job: StepContext<'_>,
        in_transaction: bool,
        session: S,
    ) -> Result<(RunOutcome, S), DbErr> {
        let backend = self.site.connection.get_database_backend();
        let mut running = pin!(intercept::run(job.code(in_transaction), backend, session));
        let mut told = None;
        loop {
            match select(running.as_mut(), pin!(tokio::time::sleep(INTERVAL))).await {
                Either::Left((ran, _)) => return ran,
                Either::Right(_) => self.tell_blocked(job, &mut told).await,
            }
        }
    }

    /// Tells for whom the statement waits that runs now. `told` is when they were told last, and of whom.
    async fn tell_blocked(&self, job: StepContext<'_>, told: &mut Option<(Instant, Vec<Blocker>)>) {
        let site = self.site;
        let Some(waited) = site.deadline.running().filter(|running| *running >= SUSPICIOUS) else {
            *told = None;
            return;
        };
        // A server that does not answer this is no reason to end the run.
        let Ok(Some(by)) = site.backend.blockers(site.connection, site.store.lock_key()).await else { return };
        if told.as_ref().is_none_or(|(when, who)| *who != by || when.elapsed() >= REMINDER) {
            site.emit(&Event::Blocked { step: job.step, message: job.script.message, by: &by, waited });
            *told = Some((Instant::now(), by));
        }
    }
}
