//! Reports which sessions block a statement of a revision while it waits.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use sea_orm::DbErr;

use super::{Runner, StepContext};
use crate::event::{Blocker, Event};
use crate::intercept::{self, RunOutcome, StatementHandler};

/// How long a statement runs before the engine asks the server whether it waits.
const SUSPICIOUS: Duration = Duration::from_secs(3);

/// How often the engine asks the server.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often the event is repeated when nothing has changed.
const REMINDER: Duration = Duration::from_secs(10);

impl Runner<'_> {
    /// Runs the code of a revision, and emits an event when one of its statements waits for a lock.
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
        let backend = self.context.connection.get_database_backend();
        let mut running = pin!(intercept::run(job.code(in_transaction), backend, session));
        let mut told = None;
        loop {
            match select(running.as_mut(), pin!(tokio::time::sleep(INTERVAL))).await {
                Either::Left((ran, _)) => return ran,
                Either::Right(_) => self.tell_blocked(job, &mut told).await,
            }
        }
    }

    /// Emits an event with the sessions that block the running statement. `told` holds the time and the sessions of the
    /// last event.
    async fn tell_blocked(&self, job: StepContext<'_>, told: &mut Option<(Instant, Vec<Blocker>)>) {
        let context = self.context;
        let Some(waited) = context.deadline.running().filter(|running| *running >= SUSPICIOUS) else {
            *told = None;
            return;
        };
        // The run continues when the server does not answer this query.
        let Ok(Some(by)) = context.backend.blockers(context.connection, context.store.lock_key()).await else { return };
        if told.as_ref().is_none_or(|(when, who)| *who != by || when.elapsed() >= REMINDER) {
            context.emit(&Event::Blocked { step: job.step, message: job.script.message, by: &by, waited });
            *told = Some((Instant::now(), by));
        }
    }
}
