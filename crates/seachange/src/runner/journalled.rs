//! A revision that no transaction can hold: its row says that it was begun before it says that it is done.

use std::time::Instant;

use sea_orm::{DbErr, TransactionTrait};
use seachange_graph::Direction;

use super::failure::{Cause, Left};
use super::step::{Attempt, Setback};
use super::{Job, Live, Runner};
use crate::error::Error;
use crate::relay;
use crate::store::{Row, State};

impl Runner<'_> {
    pub(super) async fn run_journalled(&self, job: Job<'_>, start: Instant) -> Result<Attempt, Setback> {
        let site = self.site;
        let nothing = |error| Setback::Failed(self.failure(job, Cause::Database(error), Left::Nothing, None));
        if !site.backend.holds_lock(&site.connection.into(), site.store).await.map_err(nothing)? {
            return Err(Setback::Stopped(Error::LockLost { is_pooled: false }));
        }
        let row = self.declare(job).await.map_err(nothing)?;
        let live = self.run_unprotected(job).await?;
        self.record_end(job, row, start).await.map_err(|error| {
            let left = Left::Begun { statements: live };
            Setback::Failed(self.failure(job, Cause::Database(error), left, None))
        })?;
        Ok(Attempt::Done)
    }

    /// Writes down what is about to begin.
    async fn declare(&self, job: Job<'_>) -> Result<Row, DbErr> {
        let site = self.site;
        match job.step.direction {
            Direction::Upgrade => {
                let row = self.started(job, State::Upgrading);
                site.store.insert(site.connection, &row).await.map(|()| row)
            }
            Direction::Downgrade => {
                let row = self.started(job, State::Downgrading);
                site.store.update(site.connection, &row).await.map(|()| row)
            }
        }
    }

    /// Runs the code, in a transaction of its own where it asks for one, and says how many statements ran.
    async fn run_unprotected(&self, job: Job<'_>) -> Result<usize, Setback> {
        let connection = self.site.connection;
        let failed = |error, statements| {
            Setback::Failed(self.failure(job, Cause::Database(error), Left::Begun { statements }, None))
        };
        if job.script.migration.use_transaction() != Some(true) {
            return self.run_on(job, Live::new(connection, self.site)).await;
        }
        let transaction = connection.begin().await.map_err(|error| failed(error, 0))?;
        let statements = self.run_on(job, Live::new(&transaction, self.site)).await?;
        transaction.commit().await.map_err(|error| failed(error, statements))?;
        Ok(statements)
    }

    async fn run_on(&self, job: Job<'_>, mut live: Live<'_>) -> Result<usize, Setback> {
        let code = job.code(live.is_in_transaction());
        let ending = relay::run(code, self.site.connection.get_database_backend(), &mut live).await;
        self.judge(job, ending, &live, Left::Begun { statements: live.finished })?;
        Ok(live.finished)
    }

    async fn record_end(&self, job: Job<'_>, row: Row, start: Instant) -> Result<(), DbErr> {
        let site = self.site;
        match job.step.direction {
            Direction::Upgrade => site.store.update(site.connection, &self.finished(row, start)).await,
            Direction::Downgrade => site.store.delete(site.connection, &job.step.revision).await,
        }
    }
}
