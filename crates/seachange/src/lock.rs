//! One run at a time: a second run waits, and knows which run it waits for.
//!
//! On a server, the lock belongs to the session, so that the server releases it when the process dies. On a cluster of
//! MySQL or MariaDB such a lock holds on one server only, and a run takes a lease besides. SQLite is a
//! single-writer database and has no such lock: there, each revision waits until it can write (see
//! [`begin`]), and then checks whether another run has already executed it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionTrait};

use crate::backend::{Cluster, LockRole};
use crate::connection::SingleConnection;
use crate::error::Error;
use crate::event::Event;
use crate::lease::{Lease, LeaseAttempt, LeaseSession};
use crate::run_context::RunContext;
use crate::store::Holder;

const DOING: &str = "cannot take the lock that keeps other runs out";

/// Refuses a connection through a pooler: it would be unknown which session holds the lock.
///
/// # Errors
///
/// [`Error::LockLost`].
pub(crate) async fn refuse_pooler(context: RunContext<'_>) -> Result<(), Error> {
    match context.backend.is_pooled(context.connection).await {
        true => Err(Error::LockLost { is_pooled: true }),
        false => Ok(()),
    }
}

/// Waits until no other run is running, and excludes later runs.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn acquire(context: RunContext<'_>) -> Result<(), Error> {
    let mut waiter = LockWait::new(context);
    let key = context.store.lock_key();
    while !context
        .backend
        .try_lock(&context.connection.into(), key, LockRole::Run)
        .await
        .map_err(Error::database(DOING))?
    {
        waiter.wait().await?;
    }
    Ok(())
}

/// Releases the lock. If this fails, the session is lost, and its lock with it.
pub(crate) async fn release(context: RunContext<'_>) {
    let _ = context.backend.unlock(&context.connection.into(), context.store.lock_key(), LockRole::Run).await;
}

/// Waits until no other run holds the lease of a cluster, and takes it. `session` is used for nothing else.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long; [`Error::Database`].
pub(crate) async fn acquire_lease(
    context: RunContext<'_>,
    session: SingleConnection,
    cluster: Cluster,
    program: &str,
) -> Result<Lease, Error> {
    let mut waiter = LockWait::new(context);
    let kind = (context.store, context.backend, cluster);
    let opened = LeaseSession::open(session, kind, program, context.limits.lease).await;
    let mut session = opened.map_err(Error::database(DOING))?;
    loop {
        match waiter.answer(session.attempt()).await?.map_err(Error::database(DOING))? {
            LeaseAttempt::Taken => return Ok(session.keep()),
            LeaseAttempt::Held(holder) => waiter.wait_for(Some(*holder)).await?,
            LeaseAttempt::Changed => waiter.pause_before_retry().await?,
        }
    }
}

/// On a single-writer database, waits until no other run is executing a revision that no transaction holds: there, the
/// lock excludes no run.
///
/// # Errors
///
/// [`Error::LockTimeout`] when that takes too long.
pub(crate) async fn wait_until_idle(context: RunContext<'_>) -> Result<(), Error> {
    let wrap = |error| Error::database("cannot read which revisions are applied")(error);
    let mut waiter = LockWait::new(context);
    while context.backend.is_single_writer() && is_busy(context, context.connection).await.map_err(wrap)? {
        waiter.wait().await?;
    }
    Ok(())
}

/// Whether another run is executing a revision. The record is read only if the lock table names a run.
pub(crate) async fn is_busy(context: RunContext<'_>, connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    if !is_at_work(context, connection).await {
        return Ok(false);
    }
    match context.store.rows(connection).await {
        Ok(rows) => Ok(rows.iter().any(|row| !row.is_applied())),
        Err(error) if context.backend.is_missing_table(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether another run is running. On a single-writer database, this means that the process in the lock table exists; a
/// process on another machine counts as existing for an hour.
pub(crate) async fn is_at_work(context: RunContext<'_>, connection: &impl ConnectionTrait) -> bool {
    if !context.backend.is_single_writer() {
        return context.backend.is_locked(context.connection, context.store.lock_key()).await.unwrap_or(false)
            || is_leased(context).await;
    }
    let holder = context.store.holder(connection, context.backend).await;
    holder.ok().flatten().is_some_and(|holder| !holder.is_gone())
}

/// Whether a run on any server of a cluster holds the lease.
async fn is_leased(context: RunContext<'_>) -> bool {
    if !context.backend.has_leases() {
        return false;
    }
    context.store.lease(context.connection, context.backend).await.ok().flatten().is_some_and(|lease| lease.is_held())
}

/// How often the event is repeated when nothing has changed.
const REMINDER: Duration = Duration::from_secs(10);

/// Decides when an event about something that lasts is emitted again: when it has changed, and every ten seconds.
pub(crate) struct Reminder<T>(Option<(Instant, T)>);

impl<T> Default for Reminder<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone + PartialEq> Reminder<T> {
    /// Whether an event about `subject` is due; if so, it counts as emitted.
    pub(crate) fn is_due(&mut self, subject: &T) -> bool {
        let is_due = self.0.as_ref().is_none_or(|(when, last)| last != subject || when.elapsed() >= REMINDER);
        if is_due {
            self.0 = Some((Instant::now(), subject.clone()));
        }
        is_due
    }
}

/// Waits for another run, up to the time limit.
pub(crate) struct LockWait<'a> {
    context: RunContext<'a>,
    since: Instant,
    pause: Backoff,
    reminder: Reminder<Option<Holder>>,
}

impl<'a> LockWait<'a> {
    pub(crate) fn new(context: RunContext<'a>) -> Self {
        Self { context, since: Instant::now(), pause: Backoff::new(), reminder: Reminder::default() }
    }

    /// Waits for one pause.
    ///
    /// # Errors
    ///
    /// [`Error::LockTimeout`] when the time limit is reached, [`Error::Stopped`] when the run is asked to stop.
    pub(crate) async fn wait(&mut self) -> Result<(), Error> {
        self.wait_for(None).await
    }

    /// As [`wait`](Self::wait), for this run if it is known.
    pub(crate) async fn wait_for(&mut self, known: Option<Holder>) -> Result<(), Error> {
        let left = self.look(known).await?;
        let start = Instant::now();
        self.pause.sleep(left, self.context.stop).await;
        self.context.waited.add(start.elapsed());
        Ok(())
    }

    /// Pauses before another attempt, without an event: the attempt may succeed.
    async fn pause_before_retry(&mut self) -> Result<(), Error> {
        let left = self.left(None)?;
        self.pause.sleep(left, self.context.stop).await;
        Ok(())
    }

    /// How long the wait may still last.
    fn left(&self, holder: Option<&Holder>) -> Result<Duration, Error> {
        let (waited, limit) = (self.since.elapsed(), self.context.run_lock_timeout());
        if self.context.is_stopping() {
            return Err(Error::Stopped { waited });
        }
        if waited >= limit {
            return Err(Error::LockTimeout { holder: holder.cloned().map(Box::new), waited });
        }
        Ok(limit - waited)
    }

    /// Emits the event of the wait if it is due, and returns how long the wait may still last.
    async fn look(&mut self, known: Option<Holder>) -> Result<Duration, Error> {
        if self.context.is_stopping() {
            return self.left(None);
        }
        // The entry of the lock table has the steps as well. It may be that of an earlier run.
        let is_known = |holder: &Holder| known.as_ref().is_none_or(|known| known.is_of_same_process(holder));
        let holder = self.holder().await.filter(is_known).or(known);
        let left = self.left(holder.as_ref())?;
        self.tell(holder);
        Ok(left)
    }

    /// Waits for an answer of the database, which another run may delay.
    async fn answer<T>(&mut self, question: impl Future<Output = T>) -> Result<T, Error> {
        let (mut question, start) = (pin!(question), Instant::now());
        loop {
            if let Ok(answer) = tokio::time::timeout(PATIENCE, &mut question).await {
                if start.elapsed() > PATIENCE {
                    self.context.waited.add(start.elapsed());
                }
                return Ok(answer);
            }
            self.look(None).await?;
        }
    }

    /// The run that is running. The wait continues if it cannot be read.
    async fn holder(&self) -> Option<Holder> {
        let RunContext { connection, backend, store, .. } = self.context;
        let mut holder = store.holder(connection, backend).await.ok()??;
        holder.locate(&store.rows(connection).await.unwrap_or_default());
        Some(holder)
    }

    fn tell(&mut self, holder: Option<Holder>) {
        if self.reminder.is_due(&holder) {
            self.context.emit(&Event::Waiting { holder: holder.as_ref(), waited: self.since.elapsed() });
        }
    }
}

/// How long the database may take for an answer before the run counts as waiting.
const PATIENCE: Duration = Duration::from_secs(1);

/// The first pause and the longest one between attempts to take a lock.
const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// The first pause and the longest one between attempts at a revision, during which other sessions can finish.
const FIRST_RETREAT: Duration = Duration::from_millis(100);
const LONGEST_RETREAT: Duration = Duration::from_secs(5);

/// How often a pause checks whether the run is asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Pauses that grow. Each has a random length between half and all of its maximum, so that runs that began to wait
/// together do not ask together.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// For attempts to take a lock.
    pub(crate) fn new() -> Self {
        Self { next: FIRST, longest: LONGEST }
    }

    /// For attempts at a revision that was rolled back.
    pub(crate) fn for_retry() -> Self {
        Self { next: FIRST_RETREAT, longest: LONGEST_RETREAT }
    }

    /// Sleeps at most for `left`, and until shortly after `stop` is set.
    pub(crate) async fn sleep(&mut self, left: Duration, stop: &AtomicBool) {
        let pause = self.next / 2 + (self.next / 2).mul_f64(random_fraction());
        self.next = (self.next * 2).min(self.longest);
        let end = Instant::now() + pause.min(left);
        while !stop.load(Ordering::Relaxed) && Instant::now() < end {
            tokio::time::sleep(LOOK.min(end - Instant::now())).await;
        }
    }
}

/// A number from 0 to 1, from the random seed of a hash map of the standard library.
fn random_fraction() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

/// How long one attempt of SQLite to get the write lock takes, before the engine reports which run it waits for.
const SHORT: Duration = Duration::from_millis(100);

/// Begins a transaction for a write of the engine, which `doing` describes in an error. On a single-writer database, waits
/// until no other session writes.
///
/// # Errors
///
/// [`Error::LockTimeout`] when the wait takes too long; otherwise [`Error::Database`].
pub(crate) async fn begin(context: RunContext<'_>, doing: &'static str) -> Result<DatabaseTransaction, Error> {
    let mut waiter = LockWait::new(context);
    loop {
        match try_begin(context).await {
            Ok(transaction) => {
                context.check_lease().await?;
                return Ok(transaction);
            }
            Err(error) if context.backend.is_lock_conflict(&error) => waiter.wait().await?,
            Err(error) => return Err(Error::database(doing)(error)),
        }
    }
}

/// Commits a transaction of [`begin`] in which everything was written, and rolls it back otherwise.
///
/// # Errors
///
/// [`Error::Database`], with the error of the write or of the commit; [`Error::LeaseEnded`], and then nothing is written.
pub(crate) async fn end(
    context: RunContext<'_>,
    transaction: DatabaseTransaction,
    written: Result<(), DbErr>,
    doing: &'static str,
) -> Result<(), Error> {
    context.check_lease().await?;
    match written {
        Ok(()) => transaction.commit().await,
        failed => failed,
    }
    .map_err(Error::database(doing))
}

async fn try_begin(context: RunContext<'_>) -> Result<DatabaseTransaction, DbErr> {
    context.backend.set_busy_timeout(&context.connection.into(), SHORT).await?;
    let begun = context.connection.begin_with_options(context.backend.transaction_options()).await;
    let patience = context.limits.statement_lock_timeout();
    match &begun {
        Ok(transaction) => context.backend.set_busy_timeout(&transaction.into(), patience).await?,
        Err(_) => context.backend.set_busy_timeout(&context.connection.into(), patience).await?,
    }
    begun
}
