//! Runs one step: the revision and its row, in one transaction if the database can do that.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use sea_orm::DbErr;
use seachange_graph::{Direction, Graph, Step};

use super::watch::watch_statements;
use super::{Runner, StepContext, journalled};
use crate::backend::{Backend, BegunTransaction, LockRole};
use crate::backfill::host::{BackfillHost, hosted};
use crate::error::{Error, FailureCause, LeaseEnd, Leftover, Refusal, RevisionFailure};
use crate::event::Event;
use crate::intercept::{self, Invocation, RunOutcome, StatementHandler, rebuild_impossible};
use crate::limits::Limit;
use crate::lock::{self, Backoff, LockWait};
use crate::revision::RegisteredRevision;
use crate::run_context::RunContext;
use crate::session::{DirectSession, WorkSession};
use crate::store::{RevisionRow, RevisionRowState};

/// Why an attempt at a revision did not succeed.
pub(super) enum StepError {
    /// It failed.
    Failed(Box<RevisionFailure>),
    /// A table has to be rebuilt on SQLite, and foreign keys cannot be switched off inside a transaction.
    NeedsForeignKeysOff,
    /// It ran with foreign keys off on SQLite, and does not need that.
    NeedsForeignKeysOn,
    /// An error other than that of the revision ended the attempt.
    Stopped(Error),
}

/// The result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepOutcome {
    /// The revision is finished.
    Done,
    /// Another run has executed it.
    Overtaken,
    /// Another run is executing a revision.
    Kept,
}

impl From<StepAvailability> for StepOutcome {
    /// The result of an attempt at a step that another run has executed or is executing.
    fn from(turn: StepAvailability) -> Self {
        if turn == StepAvailability::Busy { Self::Kept } else { Self::Overtaken }
    }
}

/// Whether a revision and its row commit together.
pub(crate) fn is_transactional(backend: &dyn Backend, script: &RegisteredRevision) -> bool {
    backend.rolls_back_ddl() && script.migration.use_transaction() != Some(false)
}

/// Whether the code of a revision runs in a transaction: with its row, or in one that it requests for itself.
pub(crate) fn runs_in_transaction(backend: &dyn Backend, script: &RegisteredRevision) -> bool {
    is_transactional(backend, script) || script.migration.use_transaction() == Some(true)
}

/// How long a statement of a revision may wait for a lock, if the revision says so. The build has checked the text.
fn own_lock_timeout(script: &RegisteredRevision) -> Option<Duration> {
    let text = script.revision.lock_timeout;
    let seconds = || Some((text.strip_suffix('s')?, 1000));
    let (number, milliseconds) = text.strip_suffix("ms").map(|number| (number, 1)).or_else(seconds)?;
    number.parse::<u64>().ok().map(|number| Duration::from_millis(number * milliseconds))
}

impl Runner<'_> {
    /// The statement by which the transaction of a revision gets the limit of the revision itself for waits for locks, if
    /// there is one that is shorter than that of the run.
    pub(super) fn lock_limit(&self, job: StepContext<'_>) -> Option<String> {
        let RunContext { backend, limits, .. } = self.context;
        let own = own_lock_timeout(job.script).filter(|_| is_transactional(backend, job.script))?;
        backend.transaction_lock_limit(own).filter(|_| limits.lock_timeout.is_none_or(|of_run| own < of_run))
    }

    /// Runs a step and returns how long it took; `None` when another run has executed it.
    pub(super) async fn run_step(&self, job: StepContext<'_>) -> Result<Option<Duration>, Error> {
        let start = Instant::now();
        let mut waiter = LockWait::new(self.context);
        loop {
            let outcome = if is_transactional(self.context.backend, job.script) {
                self.run_in_transaction(job, start).await
            } else {
                journalled::run(self, job, start).await
            };
            match outcome {
                Ok(StepOutcome::Done) => return Ok(Some(start.elapsed())),
                Ok(StepOutcome::Overtaken) => return Ok(None),
                Ok(StepOutcome::Kept) => self.wait_for_other(&mut waiter).await?,
                Err(error) => return Err(self.error(job, error)),
            }
        }
    }

    /// Waits for the run that is executing a revision. If that run died, the error says that the revision was
    /// interrupted.
    async fn wait_for_other(&self, waiter: &mut LockWait<'_>) -> Result<(), Error> {
        let context = self.context;
        if lock::is_at_work(context, context.connection).await {
            return waiter.wait().await;
        }
        let rows = context.store.rows(context.connection).await;
        let rows = rows.map_err(Error::database("cannot read which revisions are applied"))?;
        rows.iter().find(|row| !row.is_applied()).map_or(Ok(()), |row| Err(Error::interrupted(row)))
    }

    /// Converts the error of a step into the error of the run.
    pub(super) fn error(&self, job: StepContext<'_>, error: StepError) -> Error {
        match error {
            StepError::Failed(failure) => Error::Failed(failure),
            StepError::Stopped(error) => error,
            StepError::NeedsForeignKeysOff | StepError::NeedsForeignKeysOn => {
                Error::Failed(self.failure(job, FailureCause::Database(rebuild_impossible()), Leftover::Nothing, None))
            }
        }
    }

    /// Checks that this session still has its lock. If not, `left` is what is left of the revision.
    pub(super) async fn check_lock(&self, job: StepContext<'_>, left: Leftover) -> Result<(), StepError> {
        if let Some(lease) = self.context.lease.get()
            && let Err(end) = lease.check().await
        {
            return Err(StepError::Failed(self.lease_failure(job, end, left, None)));
        }
        let holds = self.has_lock().await;
        if holds.map_err(|error| self.step_error(job, error, left))? {
            return Ok(());
        }
        Err(StepError::Stopped(Error::LockLost { is_pooled: false }))
    }

    /// A revision may release all locks of its session. While the control connection holds the lock of the run, no
    /// other run has taken the lock of the revisions' session, and this run can take it again.
    async fn has_lock(&self) -> Result<bool, DbErr> {
        let (backend, key, session) =
            (self.context.backend, self.context.store.lock_key(), self.work.executor().into());
        if backend.holds_lock(&session, key, LockRole::Work).await? {
            return Ok(true);
        }
        let control = self.context.connection.into();
        Ok(backend.holds_lock(&control, key, LockRole::Run).await?
            && backend.try_lock(&session, key, LockRole::Work).await?)
    }

    /// The error when the database refused a statement that the engine needs for a revision.
    pub(super) fn step_error(&self, job: StepContext<'_>, error: DbErr, left: Leftover) -> StepError {
        StepError::Failed(self.failure(job, FailureCause::Database(error), left, None))
    }

    /// The failure of a revision that the end of the lease stopped.
    fn lease_failure(
        &self,
        job: StepContext<'_>,
        end: LeaseEnd,
        left: Leftover,
        statement: Option<String>,
    ) -> Box<RevisionFailure> {
        self.failure(job, FailureCause::Refused(Refusal::LeaseEnded { end }), left, statement)
    }

    /// A failure of a revision, with the statement that the database refused.
    pub(super) fn failure(
        &self,
        job: StepContext<'_>,
        cause: FailureCause,
        left: Leftover,
        statement: Option<String>,
    ) -> Box<RevisionFailure> {
        Box::new(RevisionFailure {
            revision: job.step.revision.clone(),
            message: job.script.message.to_owned(),
            file: job.script.file.to_owned(),
            direction: job.step.direction,
            limit: self.limit(&cause),
            attempts: 1,
            cause,
            statement,
            left,
            system: self.context.backend.name(),
            rolls_back: self.context.backend.rolls_back_ddl(),
            done: 0,
            of: 0,
            is_whole: false,
        })
    }

    /// The limit that caused a failure.
    fn limit(&self, cause: &FailureCause) -> Option<Limit> {
        let FailureCause::Database(error) = cause else { return None };
        if self.context.backend.is_lock_conflict(error) {
            return Some(Limit::Lock);
        }
        let is_limited = self.context.limits.statement_limit().is_some();
        (is_limited && self.context.backend.is_timed_out(error)).then_some(Limit::Statement)
    }

    /// Converts the end of the code into a result; `left` is what the code leaves, and `live` is its session.
    pub(super) fn classify_outcome(
        &self,
        job: StepContext<'_>,
        ending: RunOutcome,
        live: &DirectSession,
        left: Leftover,
    ) -> Result<(), StepError> {
        let refused = live.refused.clone();
        if let Some(refusal) = live.refusal() {
            return Err(StepError::Failed(self.failure(job, FailureCause::Refused(refusal.clone()), left, refused)));
        }
        let (cause, statement) = match ending {
            RunOutcome::Done => match live.aborted_by().cloned() {
                None => return Ok(()),
                Some(first) => (FailureCause::Database(first.error), Some(first.sql)),
            },
            RunOutcome::NeedsForeignKeysOff => return Err(StepError::NeedsForeignKeysOff),
            RunOutcome::Failed(_) if let Some(end) = self.context.ended_lease() => {
                return Err(StepError::Failed(self.lease_failure(job, end, left, refused)));
            }
            RunOutcome::Failed(error) => match live.first_failure(&error) {
                Some(first) => (FailureCause::Database(first.error), Some(first.sql)),
                None => (FailureCause::Database(error), refused),
            },
            RunOutcome::Panicked(text) => (FailureCause::Panic(text), refused),
        };
        Err(StepError::Failed(self.failure(job, cause, left, statement)))
    }

    pub(super) fn started(&self, job: StepContext<'_>, state: RevisionRowState) -> RevisionRow {
        RevisionRow::started(
            self.graph.as_recorded(job.revision),
            job.script.source_hash,
            state,
            self.migrations.program(),
        )
    }

    pub(super) fn finished(&self, row: RevisionRow, start: Instant) -> RevisionRow {
        let duration_ms = i64::try_from(start.elapsed().as_millis()).ok();
        RevisionRow { duration_ms, ..row.applied_now() }
    }

    /// Makes attempts at some steps, with as many retries as the limits allow, and for at least `patience`. A retry requires
    /// that the last attempt left nothing.
    pub(super) async fn with_retries<T, F: Future<Output = Result<T, Error>>>(
        &self,
        steps: &[Step],
        patience: Duration,
        attempt: impl Fn() -> F,
    ) -> Result<T, Error> {
        let (mut pause, start) = (Backoff::for_retry(), Instant::now());
        let mut retries = 0;
        loop {
            let mut failure = match attempt().await {
                Err(Error::Failed(failure)) => failure,
                outcome => return outcome,
            };
            failure.attempts = retries + 1;
            let is_last = retries >= self.context.limits.retries && start.elapsed() >= patience;
            if is_last || !may_do_better(&failure) {
                return Err(Error::Failed(failure));
            }
            retries += 1;
            let of = Some(self.context.limits.retries).filter(|_| patience.is_zero());
            self.tell_of_retry(steps, (retries, of), &failure);
            pause.sleep(Duration::MAX, self.context.stop).await;
            if self.context.is_stopping() {
                return Err(Error::Stopped { waited: self.context.waited.elapsed() });
            }
        }
    }

    fn tell_of_retry(&self, steps: &[Step], (attempt, of): (u32, Option<u32>), failure: &RevisionFailure) {
        let Some(step) = steps.iter().find(|step| step.revision == failure.revision) else { return };
        self.context.emit(&Event::Retrying { step, message: &failure.message, attempt, of, cause: &failure.cause });
    }

    /// Runs the code of a revision, and emits events about a statement of it that waits for a lock or takes long.
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
        let context = self.context;
        let host = BackfillHost::new(
            (context.store.clone(), Arc::clone(context.handler), Arc::clone(context.stop)),
            context.backfills.clone(),
            (&job.step.revision, job.script.source_hash, job.step.direction),
            in_transaction,
        );
        let code = job.code(in_transaction, context.code);
        let code = Invocation { body: hosted(code.body, host), ..code };
        let running = pin!(intercept::run(code, backend, session));
        match select(running, Box::pin(watch_statements(self.context, self.source, job))).await {
            Either::Left((ran, _)) => ran,
            Either::Right((never, _)) => match never {},
        }
    }
}

/// Whether a retry may succeed: the revision failed at a lock, and left nothing.
fn may_do_better(failure: &RevisionFailure) -> bool {
    failure.limit == Some(Limit::Lock) && failure.left == Leftover::Nothing
}

/// Remembers the state of the database from which the plan was made.
#[derive(Debug)]
pub(crate) struct ConcurrentWrites {
    counter: i64,
}

/// Whether this run can execute a step, or another run has changed that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepAvailability {
    /// No other run has executed it: this run can.
    Ours,
    /// Another run has executed it.
    Done,
    /// Another run is executing a revision that no transaction holds. The answer is known when that revision is
    /// finished.
    Busy,
    /// Other changes make the step impossible.
    Impossible,
}

impl ConcurrentWrites {
    /// Reads the change counter, before the record is read from which the plan is made.
    pub(crate) async fn snapshot(context: RunContext<'_>, work: &WorkSession) -> Result<Self, DbErr> {
        let counter = context.backend.data_version(&work.executor().into()).await?;
        Ok(Self { counter: counter.unwrap_or_default() })
    }

    /// For a session that has not read the change counter: the record is read before each step.
    pub(crate) fn unseen() -> Self {
        Self { counter: i64::MIN }
    }

    /// Determines, inside of the transaction of a step, whether other runs have changed it. This costs nothing while no
    /// other session has written since the plan was made. After such a write, the record is read for every step that
    /// follows.
    pub(crate) async fn availability(
        &self,
        context: RunContext<'_>,
        graph: &Graph,
        work: &WorkSession,
        job: StepContext<'_>,
        entered: BegunTransaction,
    ) -> Result<StepAvailability, DbErr> {
        match entered.change_counter {
            Some(counter) if counter != self.counter => {
                Ok(judge(job, graph, &context.store.rows(work.executor()).await?))
            }
            _ => Ok(StepAvailability::Ours),
        }
    }
}

fn judge(job: StepContext<'_>, graph: &Graph, rows: &[RevisionRow]) -> StepAvailability {
    let is_applied = |id: &str| rows.iter().any(|row| row.revision == *id && row.is_applied());
    let is_reached = |id: &String| graph.is_reached(id, is_applied);
    let revision = job.revision;
    match (job.step.direction, is_applied(&revision.id)) {
        _ if rows.iter().any(|row| !row.is_applied()) => StepAvailability::Busy,
        (Direction::Upgrade, true) | (Direction::Downgrade, false) => StepAvailability::Done,
        (Direction::Upgrade, false) => {
            let is_ready = revision.down_revision.iter().chain(&revision.depends_on).all(is_reached);
            if is_ready { StepAvailability::Ours } else { StepAvailability::Impossible }
        }
        (Direction::Downgrade, true) => {
            let is_free = rows.iter().all(|row| !row.pointers().contains(&revision.id.as_str()));
            if is_free { StepAvailability::Ours } else { StepAvailability::Impossible }
        }
    }
}
