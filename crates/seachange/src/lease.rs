//! The lease of a run on a cluster, where the lock of a session holds on one server only.
//!
//! A run renews its lease each second over a session of its own. The end of the lease is counted on the clock of this
//! machine from the moment at which the last renewal was sent, and a little shorter than the database counts it. So a
//! run knows without a query that its lease has ended, even if the process was stopped in between; it then sends no
//! statement any more.

mod clock;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use sea_orm::{DatabaseConnection, DbErr};
use seachange_graph::Plan;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::backend::{Backend, Cluster};
use crate::connection::SingleConnection;
use crate::database_error::{is_lost_connection, mysql_number, reason};
use crate::error::{LeaseEnd, Refusal};
use crate::store::{Holder, LeaseRow, RevisionStore};
use clock::Moment;

/// How long a lease is by default.
const LENGTH: Duration = Duration::from_secs(30);

/// The time between two renewals, or less for a short lease.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often the renewal looks whether the process was stopped.
const TICK: Duration = Duration::from_millis(100);

/// The length of a lease, with the times that follow from it.
#[derive(Debug, Clone, Copy)]
struct LeaseTimes {
    length: Duration,
}

impl LeaseTimes {
    /// How long a run relies on a renewal: the rest is for a statement on its way to the server.
    fn validity(self) -> Duration {
        self.length - self.length / 10
    }

    fn interval(self) -> Duration {
        INTERVAL.min(self.length / 10)
    }
}

/// The state of a lease.
#[derive(Debug, Clone)]
enum LeaseState {
    /// It holds until this moment, and longer if a renewal under way succeeds.
    Until(Moment),
    /// It has ended.
    Ended(LeaseEnd),
}

/// A session over which a lease is taken, renewed and released.
pub(crate) struct LeaseSession {
    session: SingleConnection,
    store: RevisionStore,
    backend: &'static dyn Backend,
    token: String,
    holder: Holder,
    times: LeaseTimes,
    cluster: Cluster,
    /// The last state of the row, and since when it has been the same.
    observed: Option<(LeaseRow, Moment)>,
    /// When the last attempt to take it was sent.
    sent: Moment,
}

/// What an attempt to take a lease found.
pub(crate) enum LeaseAttempt {
    /// This run holds it.
    Taken,
    /// The run that holds it.
    Held(Box<Holder>),
    /// It is to be read again: another run changed it at the same time, or keeps the server busy.
    Changed,
}

impl LeaseSession {
    /// Prepares a session. `length` is how long the lease is; 30 s by default.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub(crate) async fn open(
        session: SingleConnection,
        (store, backend, cluster): (&RevisionStore, &'static dyn Backend, Cluster),
        program: &str,
        length: Option<Duration>,
    ) -> Result<Self, DbErr> {
        let (name, value) = cluster.causal_lease();
        backend.set(&session.connection, name, value).await?;
        Ok(Self {
            session,
            store: store.clone(),
            backend,
            cluster,
            token: random_token(),
            holder: Holder::this(program, &Plan::default()),
            times: LeaseTimes { length: length.unwrap_or(LENGTH).max(INTERVAL) },
            observed: None,
            sent: Moment::now(),
        })
    }

    fn connection(&self) -> &DatabaseConnection {
        &self.session.connection
    }

    /// Takes the lease if it is free, or if the run that held it has not renewed it.
    ///
    /// # Errors
    ///
    /// The error of the database, unless another run took the lease first, or keeps the server busy.
    pub(crate) async fn attempt(&mut self) -> Result<LeaseAttempt, DbErr> {
        let seen = match self.store.lease(self.connection(), self.backend).await {
            // Galera does not wait for ever until the server has applied what others committed.
            Err(error) if self.backend.is_lock_conflict(&error) => return Ok(LeaseAttempt::Changed),
            // Only now: the statement would keep the writes of the whole cluster waiting each time.
            Err(error) if self.backend.is_missing_table(&error) => {
                self.store.make_lease_table(self.connection(), self.backend).await?;
                return Ok(LeaseAttempt::Changed);
            }
            seen => seen?,
        };
        if let Some(row) = seen.as_ref().filter(|row| !row.token.is_empty())
            && !self.is_abandoned(row)
        {
            return Ok(LeaseAttempt::Held(Box::new(row.holder.clone())));
        }
        self.sent = Moment::now();
        let new = (&*self.token, self.times.length);
        match self.store.take_lease(self.connection(), seen.as_ref(), new, &self.holder).await {
            Ok(true) => Ok(LeaseAttempt::Taken),
            Ok(false) => Ok(LeaseAttempt::Changed),
            Err(error) if self.is_of_other(&error) => Ok(LeaseAttempt::Changed),
            Err(error) => Err(error),
        }
    }

    /// Whether the run that held the lease does not renew it any more. The clocks of the servers may differ: either the
    /// lease has not changed for its whole length, or it ended that long ago and has not changed for some renewals.
    ///
    /// A statement on a table keeps all writes of a Galera cluster waiting, and with them the renewals and this question:
    /// afterwards the lease has ended, and is about to be renewed.
    fn is_abandoned(&mut self, row: &LeaseRow) -> bool {
        const MISSED: u32 = 4;
        let since = match &self.observed {
            Some((last, since)) if last.state() == row.state() => *since,
            _ => Moment::now(),
        };
        self.observed = Some((row.clone(), since));
        let (unchanged, missed) = (since.elapsed(), LeaseTimes { length: row.length }.interval() * MISSED);
        let is_old = row.ended.is_some_and(|ended| ended >= row.length);
        unchanged >= row.length && row.ended.is_some() || is_old && unchanged >= missed
    }

    /// Whether the database refused a change because another run made one at the same time.
    fn is_of_other(&self, error: &DbErr) -> bool {
        const DUPLICATE: u16 = 1062;
        self.backend.is_lock_conflict(error) || mysql_number(error) == Some(DUPLICATE)
    }

    /// Renews the lease that was taken, from now on, until it ends or is released.
    pub(crate) fn keep(self) -> Lease {
        let state = Arc::new(watch::Sender::new(LeaseState::Until(self.sent + self.times.validity())));
        let session = Arc::new(self);
        let renewal = tokio::spawn(renew(Arc::clone(&session), Arc::clone(&state)));
        Lease { session, state, renewal: Mutex::new(Some(renewal)) }
    }

    async fn close(&self) {
        let _ = self.store.release_lease(self.connection(), &self.token).await;
        let _ = self.connection().close_by_ref().await;
    }
}

/// The lease of a run.
pub(crate) struct Lease {
    session: Arc<LeaseSession>,
    state: Arc<watch::Sender<LeaseState>>,
    renewal: Mutex<Option<JoinHandle<()>>>,
}

impl Lease {
    /// Checks that the lease holds. If its time is over while a renewal is under way, waits for the answer.
    ///
    /// # Errors
    ///
    /// Why it has ended.
    pub(crate) async fn check(&self) -> Result<(), LeaseEnd> {
        let mut states = self.state.subscribe();
        loop {
            match &*states.borrow_and_update() {
                LeaseState::Until(moment) if !moment.is_past() => return Ok(()),
                LeaseState::Until(_) => {}
                LeaseState::Ended(end) => return Err(end.clone()),
            }
            if !matches!(timeout(self.session.times.length, states.changed()).await, Ok(Ok(()))) {
                let reason = format!("no answer within {} s", self.session.times.length.as_secs());
                end(&self.state, LeaseEnd::NotRenewed { reason });
            }
        }
    }

    /// As [`check`](Self::check), with an error for the code that sends a statement.
    pub(crate) async fn check_statement(&self) -> Result<(), DbErr> {
        self.check().await.map_err(|end| DbErr::Custom(Refusal::LeaseEnded { end }.to_string()))
    }

    /// Why the lease has ended, if it has.
    pub(crate) fn ended(&self) -> Option<LeaseEnd> {
        match &*self.state.borrow() {
            LeaseState::Until(_) => None,
            LeaseState::Ended(end) => Some(end.clone()),
        }
    }

    /// The setting, with its value, by which a session reads what other servers committed before.
    pub(crate) fn causal_reads(&self) -> (&'static str, &'static str) {
        self.session.cluster.causal_reads()
    }

    fn stop_renewal(&self) -> bool {
        let renewal = self.renewal.lock().unwrap_or_else(PoisonError::into_inner).take();
        renewal.inspect(JoinHandle::abort).is_some()
    }

    /// Releases the lease, unless another run has taken it over.
    pub(crate) async fn release(&self) {
        if self.stop_renewal() {
            self.session.close().await;
        }
    }
}

impl Drop for Lease {
    /// Releases the lease of a run whose future was dropped, without waiting for it.
    fn drop(&mut self) {
        if self.stop_renewal()
            && let Ok(runtime) = Handle::try_current()
        {
            let session = Arc::clone(&self.session);
            runtime.spawn(async move { session.close().await });
        }
    }
}

/// The lease of the present run of a migrator, if it needs one.
#[derive(Default)]
pub(crate) struct LeaseSlot(Mutex<Option<Arc<Lease>>>);

impl LeaseSlot {
    /// The lease.
    pub(crate) fn get(&self) -> Option<Arc<Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the lease, and returns the former one.
    pub(crate) fn replace(&self, lease: Option<Lease>) -> Option<Arc<Lease>> {
        std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), lease.map(Arc::new))
    }
}

/// Records the end of a lease, unless it has ended already.
fn end(state: &watch::Sender<LeaseState>, end: LeaseEnd) {
    state.send_if_modified(|state| {
        let is_new = matches!(state, LeaseState::Until(_));
        if is_new {
            *state = LeaseState::Ended(end);
        }
        is_new
    });
}

/// Renews a lease until it ends.
async fn renew(lease: Arc<LeaseSession>, state: Arc<watch::Sender<LeaseState>>) {
    let validity = lease.times.validity();
    let mut until = lease.sent + validity;
    let mut last_tick = Moment::now();
    loop {
        let pause = pin!(sleep(lease.times.interval()));
        if let Err(stopped) = ticking(pause, &mut last_tick, validity).await {
            return end(&state, stopped);
        }
        // After a statement that kept all writes waiting, the answer may be too old to rely on.
        loop {
            let sent = Moment::now();
            let renewal = pin!(lease.store.renew_lease(lease.connection(), &lease.token, lease.times.length));
            match ticking(renewal, &mut last_tick, validity).await {
                Err(stopped) => return end(&state, stopped),
                Ok(Ok(true)) => until = sent + validity,
                Ok(Ok(false)) => return end(&state, LeaseEnd::TakenOver),
                // Another run may take it over: the next attempt tells.
                Ok(Err(error)) if lease.backend.is_lock_conflict(&error) => break,
                Ok(Err(error)) if until.is_past() || is_lost_connection(&error) => {
                    return end(&state, LeaseEnd::NotRenewed { reason: reason(&error) });
                }
                Ok(Err(_)) => break,
            }
            if !until.is_past() {
                state.send_replace(LeaseState::Until(until));
                break;
            }
        }
    }
}

/// Waits for a future, and fails if the process did not run for `longest` in between.
async fn ticking<F: Future + Unpin>(
    mut future: F,
    last_tick: &mut Moment,
    longest: Duration,
) -> Result<F::Output, LeaseEnd> {
    loop {
        let tick = pin!(sleep(TICK));
        let outcome = match select(&mut future, tick).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        };
        let elapsed = last_tick.elapsed();
        *last_tick = Moment::now();
        if elapsed >= longest {
            return Err(LeaseEnd::Stopped { elapsed });
        }
        if let Some(output) = outcome {
            return Ok(output);
        }
    }
}

/// A token that no other run has: 32 hexadecimal digits.
fn random_token() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_relies_on_a_renewal_for_less_than_the_lease_lasts() {
        for seconds in [1, 2, 4, 30, 600] {
            let times = LeaseTimes { length: Duration::from_secs(seconds) };
            assert_eq!(times.validity(), times.length * 9 / 10);
            // Several renewals may fail before the lease ends.
            assert!(times.interval() * 8 <= times.validity() && times.interval() <= INTERVAL, "{times:?}");
        }
    }

    #[test]
    fn the_first_reason_of_an_end_stays() {
        let state = watch::Sender::new(LeaseState::Until(Moment::now() + LENGTH));
        end(&state, LeaseEnd::TakenOver);
        end(&state, LeaseEnd::NotRenewed { reason: "the connection is lost".to_owned() });
        assert!(matches!(&*state.borrow(), LeaseState::Ended(LeaseEnd::TakenOver)));
    }

    #[tokio::test]
    async fn a_process_that_did_not_run_is_noticed() {
        let longest = Duration::from_secs(60);
        let mut last_tick = Moment::now();
        assert_eq!(ticking(pin!(async { 7 }), &mut last_tick, longest).await, Ok(7));
        // As if the last look was longer ago than the lease is valid: what the future returned does not count any more.
        let stopped = ticking(pin!(async { 7 }), &mut last_tick, Duration::ZERO).await;
        assert!(matches!(stopped, Err(LeaseEnd::Stopped { .. })), "{stopped:?}");
    }

    #[test]
    fn tokens_differ() {
        let tokens: std::collections::HashSet<String> = (0..100).map(|_| random_token()).collect();
        assert!(tokens.len() == 100 && tokens.iter().all(|token| token.len() == 32), "{tokens:?}");
    }
}
