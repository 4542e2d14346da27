//! Watches the running statement of a revision: for which sessions it waits, and how far it is.
//!
//! The questions go over a connection of their own, which is opened for a statement that takes long. It is dropped when
//! the statement ends, whatever the server answers, so that a run never waits for an answer. A server that refuses
//! the connection or a question is not asked again about that statement.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::runtime::Handle;
use tokio::time::{interval, sleep, timeout};

use super::StepContext;
use crate::error::Error;
use crate::event::{Blocker, Event, StatementProgress};
use crate::lock::Reminder;
use crate::run_context::RunContext;
use crate::session::SessionSource;

/// How often the clock of the running statement is read.
const INTERVAL: Duration = Duration::from_millis(250);

/// How long a statement runs before the engine asks the server about it.
const SUSPICIOUS: Duration = Duration::from_secs(2);

/// How long the connection may take: the driver repeats the attempt while the server has too many connections.
const CONNECTING: Duration = Duration::from_secs(5);

/// The time between two questions about a statement.
const PAUSE: Duration = Duration::from_secs(1);

/// Emits events about each statement of a revision that runs for two seconds, until the future is dropped.
pub(super) async fn watch_statements(
    context: RunContext<'_>,
    source: &SessionSource,
    job: StepContext<'_>,
) -> Infallible {
    if context.backend.is_single_writer() {
        // SQLite has no session that could answer; the engine reports the wait for the write lock itself.
        return std::future::pending().await;
    }
    loop {
        sleep(INTERVAL).await;
        let Some(statement) = context.deadline.running() else { continue };
        if statement.elapsed < SUSPICIOUS {
            continue;
        }
        let ended = pin!(wait_until_ended(context, statement.start));
        if let Either::Right((failed, ended)) =
            select(ended, Box::pin(report(context, source, job, statement.start))).await
        {
            if let Err(error) = failed {
                tracing::debug!(target: "seachange", %error, "the server does not tell what the statement does");
            }
            ended.await;
        }
    }
}

/// Waits until the statement that began at `start` has ended.
async fn wait_until_ended(context: RunContext<'_>, start: u64) {
    while context.deadline.running().is_some_and(|statement| statement.start == start) {
        sleep(INTERVAL).await;
    }
}

/// Asks the server about the statement that began at `start` once a second, and emits an event with each answer. Ends
/// when the server does not say in which session the statement runs.
async fn report(
    context: RunContext<'_>,
    source: &SessionSource,
    job: StepContext<'_>,
    start: u64,
) -> Result<(), Error> {
    let asked = |error: DbErr| Error::database("cannot ask the server about a running statement")(error);
    let late = |_| asked(DbErr::Custom("no connection within five seconds".to_owned()));
    let opened = timeout(CONNECTING, WatchConnection::open(source)).await.map_err(late)??;
    let Some(watching) = opened else { return Ok(()) };
    let (backend, connection) = (context.backend, &watching.0);
    let Some(session) = backend.work_session(connection, context.store.lock_key()).await.map_err(asked)? else {
        return Ok(());
    };
    let (step, message) = (job.step, job.script.message);
    let mut reminder = Reminder::default();
    let mut pace = Pace::default();
    let mut pause = interval(PAUSE);
    loop {
        pause.tick().await;
        let blockers = backend.blockers(connection, session).await.map_err(asked)?;
        let progress = match &blockers {
            Some(_) => None,
            None => backend.statement_progress(connection, session).await.map_err(asked)?,
        };
        // The statement may have ended since the question.
        let Some(statement) = context.deadline.running().filter(|statement| statement.start == start) else { continue };
        let elapsed = statement.elapsed;
        match &blockers {
            Some(by) if reminder.is_due(&by.iter().map(identity).collect::<Vec<_>>()) => {
                context.emit(&Event::Blocked { step, message, by, waited: elapsed });
            }
            Some(_) => {}
            None => reminder = Reminder::default(),
        }
        match &progress {
            Some(progress) => {
                let remaining = pace.remaining(progress, elapsed);
                context.emit(&Event::StatementProgress { step, message, progress, remaining, elapsed });
            }
            None => pace = Pace::default(),
        }
    }
}

/// What tells a session or a prepared transaction from the others.
fn identity(blocker: &Blocker) -> (i64, Option<String>) {
    (blocker.session, blocker.prepared.clone())
}

/// The connection over which the server is asked.
struct WatchConnection(DatabaseConnection);

impl WatchConnection {
    async fn open(source: &SessionSource) -> Result<Option<Self>, Error> {
        Ok(source.open().await?.map(|opened| Self(opened.connection)))
    }
}

impl Drop for WatchConnection {
    /// Says goodbye to the server, without waiting for it.
    fn drop(&mut self) {
        let connection = self.0.clone();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { connection.close().await });
        }
    }
}

/// How fast the present phase of a statement proceeds.
#[derive(Default)]
struct Pace(Option<SeenPhase>);

/// A phase of a statement, since it was first seen.
struct SeenPhase {
    last: StatementProgress,
    /// How much of the phase was done when it was first seen.
    first_done: u64,
    /// How long the statement had run then.
    since: Duration,
}

impl Pace {
    /// The estimated remaining time of the phase, if the server has counted on since the phase was first seen;
    /// `elapsed` is how long the statement has run.
    fn remaining(&mut self, now: &StatementProgress, elapsed: Duration) -> Option<Duration> {
        let continues = |last: &StatementProgress| {
            (&last.phase, last.stage, last.unit, last.total) == (&now.phase, now.stage, now.unit, now.total)
                && last.done <= now.done
        };
        let (first_done, since) = match &self.0 {
            Some(seen) if continues(&seen.last) => (seen.first_done, seen.since),
            _ => (now.done, elapsed),
        };
        self.0 = Some(SeenPhase { last: now.clone(), first_done, since });
        let (done, left) = (now.done - first_done, now.total.saturating_sub(now.done));
        let part = u32::try_from(left.saturating_mul(1000).checked_div(done)?).unwrap_or(u32::MAX);
        Some(elapsed.saturating_sub(since).saturating_mul(part) / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(phase: &str, done: u64) -> StatementProgress {
        StatementProgress { phase: phase.to_owned(), stage: None, unit: Some("blocks"), done, total: 100 }
    }

    #[test]
    fn the_rest_of_a_phase_takes_as_long_as_what_was_seen_of_it() {
        let second = Duration::from_secs(1);
        let mut pace = Pace::default();
        let mut check = |phase, done, seconds, expected: Option<u32>| {
            let remaining = pace.remaining(&progress(phase, done), seconds * second);
            assert_eq!(remaining, expected.map(|seconds| seconds * second), "{phase} {done}");
        };
        check("scan", 20, 2, None);
        check("scan", 20, 3, None);
        check("scan", 40, 4, Some(6));
        check("scan", 100, 10, Some(0));
        check("sort", 0, 11, None);
        check("sort", 50, 13, Some(2));
        check("sort", 10, 14, None);
    }

    #[test]
    fn a_phase_that_is_not_counted_has_no_estimate() {
        let mut pace = Pace::default();
        let uncounted = StatementProgress { unit: None, total: 0, ..progress("wait", 0) };
        for seconds in 2..5 {
            assert_eq!(pace.remaining(&uncounted, Duration::from_secs(seconds)), None);
        }
    }
}
