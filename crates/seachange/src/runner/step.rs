//! Runs one step: the revision and its row, together where the database can.

use std::time::{Duration, Instant};

use sea_orm::DbErr;

use super::failure::{Cause, Failure, Left};
use super::others::Turn;
use super::{Job, Live, Runner};
use crate::backend::{Backend, LockRole};
use crate::error::Error;
use crate::limits::Limit;
use crate::lock::{self, Waiter};
use crate::relay::{Ending, no_rebuild};
use crate::revision::Script;
use crate::store::{Row, State};

/// Why an attempt at a revision came to nothing.
pub(super) enum Setback {
    /// It failed.
    Failed(Box<Failure>),
    /// A table has to be rebuilt on SQLite, and foreign keys cannot be switched off inside a transaction.
    NeedsForeignKeysOff,
    /// Something kept the run from it.
    Stopped(Error),
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It is done.
    Done,
    /// Another run has done it.
    Overtaken,
    /// Another run is in the middle of a revision.
    Kept,
}

impl From<Turn> for Attempt {
    /// What comes of an attempt when it is not this run's turn.
    fn from(turn: Turn) -> Self {
        if turn == Turn::Busy { Self::Kept } else { Self::Overtaken }
    }
}

/// Whether a revision and its row commit together.
pub(crate) fn is_transactional(backend: &dyn Backend, script: &Script) -> bool {
    backend.rolls_back_ddl() && script.migration.use_transaction() != Some(false)
}

impl Runner<'_> {
    /// Runs a step and says how long it took; nothing when another run has done it.
    pub(super) async fn run_step(&self, job: Job<'_>) -> Result<Option<Duration>, Error> {
        let start = Instant::now();
        let mut waiter = Waiter::new(self.site);
        loop {
            let outcome = if is_transactional(self.site.backend, job.script) {
                self.run_in_transaction(job, start).await
            } else {
                self.run_journalled(job, start).await
            };
            match outcome {
                Ok(Attempt::Done) => return Ok(Some(start.elapsed())),
                Ok(Attempt::Overtaken) => return Ok(None),
                Ok(Attempt::Kept) => self.wait_for_other(&mut waiter).await?,
                Err(setback) => return Err(self.error(job, setback)),
            }
        }
    }

    /// Waits for the run that is in the middle of a revision, unless it died there.
    async fn wait_for_other(&self, waiter: &mut Waiter<'_>) -> Result<(), Error> {
        let site = self.site;
        if lock::is_at_work(site, site.connection).await {
            return waiter.wait().await;
        }
        let rows = site.store.rows(site.connection).await;
        let rows = rows.map_err(Error::database("cannot read which revisions are applied"))?;
        rows.iter().find(|row| !row.is_applied()).map_or(Ok(()), |row| Err(Error::interrupted(row)))
    }

    /// What a setback means for the run.
    pub(super) fn error(&self, job: Job<'_>, setback: Setback) -> Error {
        match setback {
            Setback::Failed(failure) => Error::Failed(failure),
            Setback::Stopped(error) => error,
            Setback::NeedsForeignKeysOff => {
                Error::Failed(self.failure(job, Cause::Database(no_rebuild()), Left::Nothing, None))
            }
        }
    }

    /// Makes sure that this session has the lock still, where `left` is what is left of the revision if it has not.
    pub(super) async fn check_lock(&self, job: Job<'_>, left: Left) -> Result<(), Setback> {
        let holds = self.has_lock().await;
        if holds.map_err(|error| self.setback(job, error, left))? {
            return Ok(());
        }
        Err(Setback::Stopped(Error::LockLost { is_pooled: false }))
    }

    /// A revision may give up all locks of its session. As long as the other session has the lock of the run, no other run
    /// has taken this one, and it can be taken again.
    async fn has_lock(&self) -> Result<bool, DbErr> {
        let (backend, key, session) = (self.site.backend, self.site.store.lock_key(), self.work.executor().into());
        if backend.holds_lock(&session, key, LockRole::Work).await? {
            return Ok(true);
        }
        let control = self.site.connection.into();
        Ok(backend.holds_lock(&control, key, LockRole::Run).await?
            && backend.try_lock(&session, key, LockRole::Work).await?)
    }

    /// The database refused what had to be done for a revision.
    pub(super) fn setback(&self, job: Job<'_>, error: DbErr, left: Left) -> Setback {
        Setback::Failed(self.failure(job, Cause::Database(error), left, None))
    }

    /// A failure of a revision, with the statement that the database refused.
    pub(super) fn failure(&self, job: Job<'_>, cause: Cause, left: Left, statement: Option<String>) -> Box<Failure> {
        Box::new(Failure {
            revision: job.step.revision.clone(),
            message: job.script.message.to_owned(),
            file: job.script.file.to_owned(),
            direction: job.step.direction,
            limit: self.limit(&cause),
            attempts: 1,
            cause,
            statement,
            left,
            system: self.site.backend.name(),
            rolls_back: self.site.backend.rolls_back_ddl(),
            done: 0,
            of: 0,
            is_whole: false,
        })
    }

    /// The limit that is the cause of a failure.
    fn limit(&self, cause: &Cause) -> Option<Limit> {
        let Cause::Database(error) = cause else { return None };
        if self.site.backend.is_kept_waiting(error) {
            return Some(Limit::Lock);
        }
        let is_limited = self.site.limits.statement_limit().is_some();
        (is_limited && self.site.backend.is_timed_out(error)).then_some(Limit::Statement)
    }

    /// What an ending of the code means where `left` is what it leaves, and `live` is the session that it had.
    pub(super) fn judge(&self, job: Job<'_>, ending: Ending, live: &Live, left: Left) -> Result<(), Setback> {
        let refused = live.refused.clone();
        if let Some(refusal) = live.refusal() {
            return Err(Setback::Failed(self.failure(job, Cause::Refused(refusal.clone()), left, refused)));
        }
        let (cause, statement) = match ending {
            Ending::Done => match live.aborted_by().cloned() {
                None => return Ok(()),
                Some(first) => (Cause::Database(first.error), Some(first.sql)),
            },
            Ending::NeedsForeignKeysOff => return Err(Setback::NeedsForeignKeysOff),
            Ending::Failed(error) => match live.first_failure(&error) {
                Some(first) => (Cause::Database(first.error), Some(first.sql)),
                None => (Cause::Database(error), refused),
            },
            Ending::Panicked(text) => (Cause::Panic(text), refused),
        };
        Err(Setback::Failed(self.failure(job, cause, left, statement)))
    }

    pub(super) fn started(&self, job: Job<'_>, state: State) -> Row {
        Row::started(job.revision, job.script.source_hash, state, self.migrations.program())
    }

    pub(super) fn finished(&self, row: Row, start: Instant) -> Row {
        let duration_ms = i64::try_from(start.elapsed().as_millis()).ok();
        Row { duration_ms, ..row.applied_now() }
    }
}
