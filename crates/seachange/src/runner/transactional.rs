//! A revision and its row, in one transaction.

use std::time::Instant;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use seachange_graph::Direction;

use super::failure::{Cause, Left};
use super::others::Turn;
use super::step::{Attempt, Setback};
use super::{Job, Runner};
use crate::alter::{self, Violation};
use crate::database_error::is_lost_connection;
use crate::error::Error;
use crate::relay;
use crate::store::State;

impl Runner<'_> {
    /// The revision and its row commit together or not at all.
    pub(super) async fn run_in_transaction(&self, job: Job<'_>, start: Instant) -> Result<Attempt, Setback> {
        match self.attempt(job, start, None).await {
            Err(Setback::NeedsForeignKeysOff) => self.attempt_without_foreign_keys(job, start).await,
            outcome => outcome,
        }
    }

    /// Runs the revision with foreign keys off, and commits only if it broke none.
    async fn attempt_without_foreign_keys(&self, job: Job<'_>, start: Instant) -> Result<Attempt, Setback> {
        let connection = self.site.connection;
        let refused = |error| self.refused(job, error);
        let before = alter::foreign_key_violations(connection).await.map_err(refused)?;
        alter::set_foreign_keys(connection, false).await.map_err(refused)?;
        let outcome = self.attempt(job, start, Some(&before)).await;
        // A connection that does not take this any more fails at the next statement, too; what counts is the outcome.
        let restored = alter::set_foreign_keys(connection, true).await;
        let unknown = |error| self.setback(job, error, Left::Unknown);
        outcome.and_then(|attempt| restored.map(|()| attempt).map_err(unknown))
    }

    /// One attempt: begin, the code, the row, commit. With `violations_before`, foreign keys are off and are checked.
    async fn attempt(
        &self,
        job: Job<'_>,
        start: Instant,
        violations_before: Option<&[Violation]>,
    ) -> Result<Attempt, Setback> {
        let transaction =
            self.site.begin(|error| self.error(job, self.refused(job, error))).await.map_err(Setback::Stopped)?;
        match self.check_turn(job, &transaction).await {
            Ok(Turn::Ours) => {}
            outcome => {
                self.site.roll_back(transaction).await;
                return outcome.map(Attempt::from);
            }
        }
        match self.work(job, start, &transaction, violations_before).await {
            Ok(()) => self.commit(job, transaction).await.map(|()| Attempt::Done),
            Err(setback) => {
                self.site.roll_back(transaction).await;
                Err(setback)
            }
        }
    }

    /// Makes sure that no other run is at work, and says what one has done before.
    pub(super) async fn check_turn(&self, job: Job<'_>, transaction: &DatabaseTransaction) -> Result<Turn, Setback> {
        let site = self.site;
        let executor = transaction.into();
        self.check_lock(job, &executor, Left::Nothing).await?;
        match self.others.turn(site, &executor, job).await.map_err(|error| self.refused(job, error))? {
            Turn::Impossible => Err(Setback::Stopped(Error::Overtaken { revision: job.step.revision.clone() })),
            turn => Ok(turn),
        }
    }

    /// The code, the checks, and the row.
    pub(super) async fn work(
        &self,
        job: Job<'_>,
        start: Instant,
        transaction: &DatabaseTransaction,
        violations_before: Option<&[Violation]>,
    ) -> Result<(), Setback> {
        let mut live = self.site.live(transaction);
        let ending = relay::run(job.code(true), transaction.get_database_backend(), &mut live).await;
        self.judge(job, ending, live.refused.as_deref(), Left::Nothing)?;
        let refused = |error| self.refused(job, error);
        if let Some(before) = violations_before {
            let after = alter::foreign_key_violations(transaction).await.map_err(refused)?;
            let violations = alter::new_violations(before, after);
            if !violations.is_empty() {
                return Err(Setback::Failed(self.failure(job, Cause::ForeignKeys(violations), Left::Nothing, None)));
            }
        }
        self.record(job, start, transaction).await.map_err(refused)
    }

    /// Writes the row of a revision that is done, or takes it away.
    async fn record(&self, job: Job<'_>, start: Instant, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        let store = self.site.store;
        match job.step.direction {
            Direction::Upgrade => {
                store.insert(connection, &self.finished(self.started(job, State::Applied), start)).await
            }
            Direction::Downgrade => store.delete(connection, &job.step.revision).await,
        }
    }

    pub(super) async fn commit(&self, job: Job<'_>, transaction: DatabaseTransaction) -> Result<(), Setback> {
        transaction.commit().await.map_err(|error| {
            let left = if is_lost_connection(&error) { Left::Unknown } else { Left::Nothing };
            self.setback(job, error, left)
        })
    }

    /// The database refused what the engine itself had to do for a revision; all of it was rolled back.
    fn refused(&self, job: Job<'_>, error: DbErr) -> Setback {
        self.setback(job, error, Left::Nothing)
    }
}
