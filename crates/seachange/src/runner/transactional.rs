//! Runs a revision and writes its row in one transaction.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use sea_orm::DbErr;
use seachange_graph::Direction;

use super::step::{StepAvailability, StepError, StepOutcome};
use super::{Runner, StepContext};
use crate::alter::{self, ForeignKeyViolation};
use crate::backend::{BegunTransaction, SAVEPOINT};
use crate::database_error::is_lost_connection;
use crate::error::{Error, FailureCause, Leftover, RevisionFailure};
use crate::intercept::RunOutcome;
use crate::run_context::RunContext;
use crate::session::{Connection, DirectSession, GuardedSession, TransactionEnd};
use crate::store::{RevisionRowState, check_one};

/// The role under which a session writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteRole {
    /// The role of the engine.
    Engine,
    /// Possibly a role that the revision has set.
    Perhaps,
}

/// What the code of a revision, which ran without an error, has done with its session.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodeEffects {
    pub(super) role: WriteRole,
    /// With foreign keys off: whether it needed that.
    uses_foreign_keys_off: bool,
}

impl Runner<'_> {
    /// Runs the revision and writes its row: they commit together or not at all.
    pub(super) async fn run_in_transaction(
        &self,
        job: StepContext<'_>,
        start: Instant,
    ) -> Result<StepOutcome, StepError> {
        let rebuilds = self.context.rebuilds;
        if self.guesses_foreign_keys_off(job).await? {
            match self.attempt_without_foreign_keys(job, start, true).await {
                // It runs as it would have without the guess.
                Err(StepError::NeedsForeignKeysOn) => {}
                Err(StepError::Failed(failure)) if self.can_begin_again(&failure) => {}
                outcome => return outcome,
            }
        }
        match self.attempt(job, start, None, false).await {
            Err(StepError::NeedsForeignKeysOff) => {
                let outcome = self.attempt_without_foreign_keys(job, start, false).await;
                if outcome.is_ok() {
                    rebuilds.insert(job.step);
                }
                outcome
            }
            outcome => outcome,
        }
    }

    /// Whether the revision probably needs foreign keys off, because it did in another database, and they are on.
    async fn guesses_foreign_keys_off(&self, job: StepContext<'_>) -> Result<bool, StepError> {
        if !self.context.rebuilds.contains(job.step) || self.has_entered() {
            return Ok(false);
        }
        alter::foreign_keys_on(self.work.executor()).await.map_err(|error| self.refused(job, error))
    }

    /// Whether a revision that failed after a wrong guess can begin again in the same session.
    fn can_begin_again(&self, failure: &RevisionFailure) -> bool {
        let is_lost = matches!(&failure.cause, FailureCause::Database(error) if is_lost_connection(error));
        failure.left == Leftover::Nothing
            && !is_lost
            && !self.is_touched.load(Ordering::Relaxed)
            && !self.context.is_stopping()
    }

    /// Runs the revision with foreign keys off, and commits only if it adds no violation of a foreign key; with `is_guess`,
    /// only if it needs foreign keys off as well.
    async fn attempt_without_foreign_keys(
        &self,
        job: StepContext<'_>,
        start: Instant,
        is_guess: bool,
    ) -> Result<StepOutcome, StepError> {
        let session = self.work.executor();
        let refused = |error| self.refused(job, error);
        let before = alter::foreign_key_violations(session).await.map_err(refused)?;
        alter::set_foreign_keys(session, false).await.map_err(refused)?;
        // Foreign keys are switched on again before the next transaction.
        let job_alone = StepContext { is_followed: false, ..job };
        let outcome = self.attempt(job_alone, start, Some(&before), is_guess).await;
        // A connection that refuses this also fails at the next statement; the outcome of the revision matters.
        let restored = alter::set_foreign_keys(session, true).await;
        let unknown = |error| self.step_error(job, error, Leftover::Unknown);
        outcome.and_then(|attempt| restored.map(|()| attempt).map_err(unknown))
    }

    /// One attempt: begin, the code, the row, commit. With `violations_before`, foreign keys are off and are checked; with
    /// `is_guess`, the revision has to need that as well, because it would otherwise have run with foreign keys on.
    async fn attempt(
        &self,
        job: StepContext<'_>,
        start: Instant,
        violations_before: Option<&[ForeignKeyViolation]>,
        is_guess: bool,
    ) -> Result<StepOutcome, StepError> {
        let entered = self.begin(job).await?;
        match self.check_availability(job, entered).await {
            Ok(StepAvailability::Ours) => {}
            outcome => {
                self.work.roll_back().await;
                return outcome.map(StepOutcome::from);
            }
        }
        let outcome = async {
            if let Some(limit) = self.lock_limit(job) {
                self.work.execute(&limit).await.map_err(|error| self.refused(job, error))?;
            }
            let effects = self.work(job, violations_before).await?;
            if is_guess && !effects.uses_foreign_keys_off {
                let is_open = self.work.execute(&format!("RELEASE SAVEPOINT {SAVEPOINT}")).await;
                return Err(is_open.map_or_else(|error| self.unfinished(job, error), |_| StepError::NeedsForeignKeysOn));
            }
            self.finish(job, start, effects.role, true).await
        };
        let outcome = outcome.await;
        if outcome.is_err() {
            self.work.roll_back().await;
        }
        outcome.map(|()| StepOutcome::Done)
    }

    /// Begins the transaction, and checks that this run has the lock.
    pub(super) async fn begin(&self, job: StepContext<'_>) -> Result<BegunTransaction, StepError> {
        if let Some(entered) = self.take_entered() {
            return Ok(entered);
        }
        let wrap = |error| self.error(job, self.refused(job, error));
        if let Some(entered) = self.work.begin(self.context, wrap).await.map_err(StepError::Stopped)? {
            return Ok(entered);
        }
        self.work.roll_back().await;
        Err(StepError::Stopped(Error::LockLost { is_pooled: false }))
    }

    /// Returns whether another run has changed the step before this one begins it.
    pub(super) async fn check_availability(
        &self,
        job: StepContext<'_>,
        entered: BegunTransaction,
    ) -> Result<StepAvailability, StepError> {
        match self
            .concurrent
            .availability(self.context, self.graph, self.work, job, entered)
            .await
            .map_err(|error| self.refused(job, error))?
        {
            StepAvailability::Impossible => {
                Err(StepError::Stopped(Error::Overtaken { revision: job.step.revision.clone() }))
            }
            turn => Ok(turn),
        }
    }

    /// Runs the code, and the checks that follow it. With `violations_before`, foreign keys are off and are checked.
    pub(super) async fn work(
        &self,
        job: StepContext<'_>,
        violations_before: Option<&[ForeignKeyViolation]>,
    ) -> Result<CodeEffects, StepError> {
        let context = self.context;
        let live = DirectSession::of(context, Connection::Held(self.work.held()), true);
        let guarded = GuardedSession::new(
            live,
            context.backend.sql_dialect(),
            violations_before.is_some(),
            self.work.is_replaceable(),
        );
        let ran = self.run_code(job, true, guarded).await;
        let (ending, guarded) = ran.map_err(|error| self.refused(job, error))?;
        if guarded.touches_session() {
            self.is_touched.store(true, Ordering::Relaxed);
        }
        if guarded.needs_foreign_keys_off() {
            return Err(StepError::NeedsForeignKeysOff);
        }
        self.finish_code(job, ending, &guarded).await?;
        if let Some(before) = violations_before {
            self.check_foreign_keys(job, before).await?;
        }
        let role = if guarded.changes_role() { WriteRole::Perhaps } else { WriteRole::Engine };
        Ok(CodeEffects { role, uses_foreign_keys_off: guarded.uses_foreign_keys_off() })
    }

    /// Converts the end of the code into the outcome, and determines what failed code left.
    async fn finish_code(
        &self,
        job: StepContext<'_>,
        ending: RunOutcome,
        guarded: &GuardedSession,
    ) -> Result<(), StepError> {
        let outcome = self.classify_outcome(job, ending, &guarded.live, Leftover::Nothing);
        let outcome = match (outcome, guarded.ended_refusal()) {
            (Ok(()), Some(refusal)) => {
                Err(StepError::Failed(self.failure(job, FailureCause::Refused(refusal), Leftover::Nothing, None)))
            }
            (outcome, _) => outcome,
        };
        match outcome {
            Err(StepError::Failed(mut failure)) => {
                failure.left = self.left(guarded.ended()).await;
                Err(StepError::Failed(failure))
            }
            outcome => outcome,
        }
    }

    /// What failed code left: nothing, if the transaction is still the engine's and is rolled back.
    async fn left(&self, ended: TransactionEnd) -> Leftover {
        if ended == TransactionEnd::RolledBack {
            return Leftover::Nothing;
        }
        match self.work.execute(&format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}")).await {
            Ok(_) => Leftover::Nothing,
            // When the connection is lost, the server rolls its transaction back.
            Err(error) if is_lost_connection(&error) && ended == TransactionEnd::No => Leftover::Nothing,
            Err(_) => Leftover::Escaped,
        }
    }

    /// Refuses a revision that ran with foreign keys off and left rows that violate foreign keys.
    async fn check_foreign_keys(&self, job: StepContext<'_>, before: &[ForeignKeyViolation]) -> Result<(), StepError> {
        let after = alter::foreign_key_violations(self.work.executor()).await;
        let violations = alter::new_violations(before, after.map_err(|error| self.refused(job, error))?);
        if violations.is_empty() {
            return Ok(());
        }
        Err(StepError::Failed(self.failure(job, FailureCause::ForeignKeys(violations), Leftover::Nothing, None)))
    }

    /// Checks the savepoint, inserts the row of a finished upgrade or deletes the row of a downgrade, and commits if
    /// `commits`: one text, so that it is one round trip. If another revision follows in the session, the same text
    /// begins its transaction.
    pub(super) async fn finish(
        &self,
        job: StepContext<'_>,
        start: Instant,
        role: WriteRole,
        commits: bool,
    ) -> Result<(), StepError> {
        let store = self.context.store;
        let dialect = self.context.backend.sql_dialect();
        let own_role = if role == WriteRole::Perhaps { self.context.backend.own_role() } else { "" };
        let release = format!("RELEASE SAVEPOINT {SAVEPOINT}{own_role}");
        let end = if commits { self.context.end_text() } else { String::new() };
        let outcome = match job.step.direction {
            Direction::Upgrade => {
                let downgrade = self.downgrade_text(job).await;
                let row = self.finished(self.started(job, RevisionRowState::Applied), start);
                let insert = store.insertion_text(dialect, &row);
                let text = format!("{release}; {insert}; {downgrade}{end}");
                if commits && job.is_followed && !self.is_touched.load(Ordering::Relaxed) && !self.context.is_stopping()
                {
                    self.execute_and_enter(job, &text).await
                } else {
                    self.work.execute(&text).await.map(drop)
                }
            }
            Direction::Downgrade => self.record_downgrade(job, &release, &end).await,
        };
        outcome.map_err(|error| self.unfinished(job, error))
    }

    /// The statement that stores the downgrade of a revision whose code has run.
    pub(super) async fn downgrade_text(&self, job: StepContext<'_>) -> String {
        let RunContext { capture, store, backend, .. } = self.context;
        let captured = capture.capture(&self.work.executor().into(), &job.step.revision).await;
        store.downgrade_text(backend, &captured)
    }

    /// Ends a transaction with `text`, which inserts two rows, and begins the transaction of the next revision. If the
    /// begin fails, the next revision tries again, and reports the error.
    async fn execute_and_enter(&self, job: StepContext<'_>, text: &str) -> Result<(), DbErr> {
        let RunContext { backend, store, limits, .. } = self.context;
        match backend.begin_revision(self.work.executor(), (&format!("{text}; "), 2), store.lock_key(), limits).await {
            Ok(Some(entered)) => {
                self.entered.lock().unwrap_or_else(PoisonError::into_inner).replace(entered);
                Ok(())
            }
            Ok(None) => {
                self.work.roll_back().await;
                Ok(())
            }
            Err(error) if is_lost_connection(&error) => Err(error),
            // The second half may have failed.
            Err(error) => {
                self.work.roll_back().await;
                let rows = store.rows(self.work.executor()).await?;
                let is_recorded = rows.iter().any(|row| row.revision == job.step.revision && row.is_applied());
                if is_recorded { Ok(()) } else { Err(error) }
            }
        }
    }

    /// The row must exist: this is checked before the commit.
    async fn record_downgrade(&self, job: StepContext<'_>, release: &str, end: &str) -> Result<(), DbErr> {
        self.work.execute(release).await?;
        let dialect = self.context.backend.sql_dialect();
        let deleted = self.work.execute(&self.context.store.deletion_text(dialect, &job.step.revision)).await?;
        check_one(deleted.rows_affected())?;
        let downgrade = self.context.store.details_deletion_text(dialect, &job.step.revision);
        self.work.execute(&format!("{downgrade}{end}")).await.map(drop)
    }

    /// The error when the end of a transaction failed.
    fn unfinished(&self, job: StepContext<'_>, error: DbErr) -> StepError {
        if self.context.backend.is_missing_savepoint(&error) {
            return StepError::Failed(self.failure(job, FailureCause::TransactionEnded, Leftover::Escaped, None));
        }
        let left = if is_lost_connection(&error) { Leftover::Unknown } else { Leftover::Nothing };
        self.step_error(job, error, left)
    }

    /// The error when the database refused a statement of the engine for a revision; the whole revision was rolled
    /// back.
    pub(super) fn refused(&self, job: StepContext<'_>, error: DbErr) -> StepError {
        self.step_error(job, error, Leftover::Nothing)
    }
}
