//! Runs one step: the revision and its row, in one transaction if the database can do that.

use std::time::{Duration, Instant};

use sea_orm::DbErr;

use super::concurrent::StepAvailability;
use super::{Runner, StepContext};
use crate::backend::{Backend, LockRole};
use crate::error::{Error, FailureCause, Leftover, RevisionFailure};
use crate::intercept::{RunOutcome, rebuild_impossible};
use crate::limits::Limit;
use crate::lock::{self, LockWait};
use crate::revision::RegisteredRevision;
use crate::session::DirectSession;
use crate::store::{RevisionRow, RevisionRowState};

/// Why an attempt at a revision did not succeed.
pub(super) enum StepError {
    /// It failed.
    Failed(Box<RevisionFailure>),
    /// A table has to be rebuilt on SQLite, and foreign keys cannot be switched off inside a transaction.
    NeedsForeignKeysOff,
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

impl Runner<'_> {
    /// Runs a step and returns how long it took; `None` when another run has executed it.
    pub(super) async fn run_step(&self, job: StepContext<'_>) -> Result<Option<Duration>, Error> {
        let start = Instant::now();
        let mut waiter = LockWait::new(self.context);
        loop {
            let outcome = if is_transactional(self.context.backend, job.script) {
                self.run_in_transaction(job, start).await
            } else {
                self.run_journalled(job, start).await
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
            StepError::NeedsForeignKeysOff => {
                Error::Failed(self.failure(job, FailureCause::Database(rebuild_impossible()), Leftover::Nothing, None))
            }
        }
    }

    /// Checks that this session still has its lock. If not, `left` is what is left of the revision.
    pub(super) async fn check_lock(&self, job: StepContext<'_>, left: Leftover) -> Result<(), StepError> {
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
            RunOutcome::Failed(error) => match live.first_failure(&error) {
                Some(first) => (FailureCause::Database(first.error), Some(first.sql)),
                None => (FailureCause::Database(error), refused),
            },
            RunOutcome::Panicked(text) => (FailureCause::Panic(text), refused),
        };
        Err(StepError::Failed(self.failure(job, cause, left, statement)))
    }

    pub(super) fn started(&self, job: StepContext<'_>, state: RevisionRowState) -> RevisionRow {
        RevisionRow::started(job.revision, job.script.source_hash, state, self.migrations.program())
    }

    pub(super) fn finished(&self, row: RevisionRow, start: Instant) -> RevisionRow {
        let duration_ms = i64::try_from(start.elapsed().as_millis()).ok();
        RevisionRow { duration_ms, ..row.applied_now() }
    }
}
