//! Runs one step: the revision and its row, together where the database can.

use std::time::{Duration, Instant};

use chrono::Utc;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionTrait};
use sea_orm_migration::SchemaManager;
use seachange_graph::Direction;

use super::failure::{Cause, Failure, Left};
use super::{Job, Runner, body};
use crate::alter::{self, Violation, rebuild_scope};
use crate::database_error::database_error;
use crate::store::{Row, State};

/// Why an attempt in a transaction came to nothing. It was rolled back, unless `left` says otherwise.
enum Setback {
    Failed(Cause, Left),
    /// A table has to be rebuilt on SQLite, and foreign keys cannot be switched off inside a transaction.
    NeedsForeignKeysOff,
}

impl From<DbErr> for Setback {
    fn from(error: DbErr) -> Self {
        Self::Failed(Cause::Database(error), Left::Nothing)
    }
}

impl Runner<'_> {
    /// Runs a step and says how long it took.
    pub(super) async fn run_step(&self, job: &Job<'_>) -> Result<Duration, Failure> {
        let start = Instant::now();
        let outcome = if self.backend.rolls_back_ddl() && job.script.migration.use_transaction() != Some(false) {
            self.run_in_transaction(job, start).await
        } else {
            self.run_journalled(job, start).await
        };
        let statements = self.recorder.seen();
        outcome.map(|()| start.elapsed()).map_err(|(cause, left)| Failure {
            revision: job.step.revision.clone(),
            message: job.script.message.to_owned(),
            file: job.script.file.to_owned(),
            direction: job.direction(),
            cause,
            statement: statements.refused,
            left: match left {
                Left::Begun { .. } => Left::Begun { statements: statements.finished },
                other => other,
            },
            system: self.backend.name(),
            rolls_back: self.backend.rolls_back_ddl(),
            done: 0,
            of: 0,
        })
    }

    /// The revision and its row commit together or not at all.
    async fn run_in_transaction(&self, job: &Job<'_>, start: Instant) -> Result<(), (Cause, Left)> {
        let outcome = match self.attempt(job, start, None).await {
            Err(Setback::NeedsForeignKeysOff) => self.attempt_without_foreign_keys(job, start).await,
            outcome => outcome,
        };
        outcome.map_err(|setback| match setback {
            Setback::Failed(cause, left) => (cause, left),
            Setback::NeedsForeignKeysOff => {
                let text = "a table has to be rebuilt, and foreign keys could not be switched off";
                (Cause::Database(DbErr::Custom(text.to_owned())), Left::Nothing)
            }
        })
    }

    /// Runs the revision with foreign keys off, and commits only if it broke none.
    async fn attempt_without_foreign_keys(&self, job: &Job<'_>, start: Instant) -> Result<(), Setback> {
        let before = alter::foreign_key_violations(self.connection).await?;
        alter::set_foreign_keys(self.connection, false).await?;
        let outcome = self.attempt(job, start, Some(&before)).await;
        // A connection that does not take this any more fails at the next statement, too; what counts is the outcome.
        let restored = alter::set_foreign_keys(self.connection, true).await;
        outcome.and(restored.map_err(|error| Setback::Failed(Cause::Database(error), Left::Unknown)))
    }

    /// One attempt: begin, the code, the row, commit. With `violations_before`, foreign keys are off and are checked.
    async fn attempt(
        &self,
        job: &Job<'_>,
        start: Instant,
        violations_before: Option<&[Violation]>,
    ) -> Result<(), Setback> {
        let transaction = self.connection.begin_with_options(self.backend.transaction_options()).await?;
        match self.work(job, start, &transaction, violations_before).await {
            Ok(()) => transaction.commit().await.map_err(|error| {
                let left = if lost_connection(&error) { Left::Unknown } else { Left::Nothing };
                Setback::Failed(Cause::Database(error), left)
            }),
            Err(setback) => {
                // When even this fails the connection is gone, and the server rolls back by itself.
                let _ = transaction.rollback().await;
                Err(setback)
            }
        }
    }

    async fn work(
        &self,
        job: &Job<'_>,
        start: Instant,
        transaction: &DatabaseTransaction,
        violations_before: Option<&[Violation]>,
    ) -> Result<(), Setback> {
        let manager = SchemaManager::new(transaction);
        let (outcome, needs_foreign_keys_off) = rebuild_scope::watch(self.watched(job, &manager)).await;
        if needs_foreign_keys_off {
            return Err(Setback::NeedsForeignKeysOff);
        }
        outcome.map_err(|cause| Setback::Failed(cause, Left::Nothing))?;
        if let Some(before) = violations_before {
            let violations = alter::new_violations(before, alter::foreign_key_violations(transaction).await?);
            if !violations.is_empty() {
                return Err(Setback::Failed(Cause::ForeignKeys(violations), Left::Nothing));
            }
        }
        Ok(self.record(job, start, transaction).await?)
    }

    /// Writes the row of a revision that is done, or takes it away.
    async fn record(&self, job: &Job<'_>, start: Instant, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        match job.direction() {
            Direction::Upgrade => {
                self.store.insert(connection, &self.finished(self.started(job, State::Applied), start)).await
            }
            Direction::Downgrade => self.store.delete(connection, &job.step.revision).await,
        }
    }

    /// Where a transaction cannot hold the revision, its row says that it was begun before it says that it is done.
    async fn run_journalled(&self, job: &Job<'_>, start: Instant) -> Result<(), (Cause, Left)> {
        let nothing = |error| (Cause::Database(error), Left::Nothing);
        let begun = Left::Begun { statements: 0 };
        let row = match job.direction() {
            Direction::Upgrade => {
                let row = self.started(job, State::Upgrading);
                self.store.insert(self.connection, &row).await.map_err(nothing)?;
                row
            }
            Direction::Downgrade => {
                let row = self.started(job, State::Downgrading);
                self.store.update(self.connection, &row).await.map_err(nothing)?;
                row
            }
        };
        self.run_unprotected(job).await.map_err(|cause| (cause, begun))?;
        let recorded = match job.direction() {
            Direction::Upgrade => {
                let row = self.finished(Row { state: State::Applied, ..row }, start);
                self.store.update(self.connection, &row).await
            }
            Direction::Downgrade => self.store.delete(self.connection, &job.step.revision).await,
        };
        recorded.map_err(|error| (Cause::Database(error), begun))
    }

    /// Runs the code, in a transaction of its own where it asks for one.
    async fn run_unprotected(&self, job: &Job<'_>) -> Result<(), Cause> {
        if job.script.migration.use_transaction() != Some(true) {
            return self.watched(job, &SchemaManager::new(self.connection)).await;
        }
        let transaction = self.connection.begin().await.map_err(Cause::Database)?;
        self.watched(job, &SchemaManager::new(&transaction)).await?;
        transaction.commit().await.map_err(Cause::Database)
    }

    /// Runs the code while the recorder watches.
    async fn watched(&self, job: &Job<'_>, manager: &SchemaManager<'_>) -> Result<(), Cause> {
        self.recorder.begin();
        let outcome = body::run(job, manager).await;
        self.recorder.end();
        outcome
    }

    fn started(&self, job: &Job<'_>, state: State) -> Row {
        Row::started(job.revision, job.script.source_hash, state, self.migrations.program())
    }

    fn finished(&self, row: Row, start: Instant) -> Row {
        let duration_ms = i64::try_from(start.elapsed().as_millis()).ok();
        Row { finished_at: Some(Utc::now()), duration_ms, ..row }
    }
}

/// Whether an error comes from the way to the database, and not from the database.
fn lost_connection(error: &DbErr) -> bool {
    database_error(error).is_none()
}
