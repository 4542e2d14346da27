//! Runs one step: the revision and its row, together where the database can.

use std::time::{Duration, Instant};

use chrono::Utc;
use sea_orm::DbErr;

use super::failure::{Cause, Failure, Left};
use super::others::Turn;
use super::{Job, Runner};
use crate::error::Error;
use crate::lock::{self, Waiter};
use crate::relay::Ending;
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

impl Runner<'_> {
    /// Runs a step and says how long it took; nothing when another run has done it.
    pub(super) async fn run_step(&self, job: Job<'_>) -> Result<Option<Duration>, Error> {
        let start = Instant::now();
        let mut waiter = Waiter::new(self.site);
        loop {
            let outcome = if self.is_transactional(job) {
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
                let text = "a table has to be rebuilt, and foreign keys could not be switched off";
                Error::Failed(self.failure(job, Cause::Database(DbErr::Custom(text.to_owned())), Left::Nothing, None))
            }
        }
    }

    /// The database refused what had to be done for a revision.
    pub(super) fn setback(&self, job: Job<'_>, error: DbErr, left: Left) -> Setback {
        Setback::Failed(self.failure(job, Cause::Database(error), left, None))
    }

    /// Whether a revision and its row commit together.
    fn is_transactional(&self, job: Job<'_>) -> bool {
        self.site.backend.rolls_back_ddl() && job.script.migration.use_transaction() != Some(false)
    }

    /// A failure of a revision, with the statement that the database refused.
    pub(super) fn failure(&self, job: Job<'_>, cause: Cause, left: Left, statement: Option<String>) -> Box<Failure> {
        Box::new(Failure {
            revision: job.step.revision.clone(),
            message: job.script.message.to_owned(),
            file: job.script.file.to_owned(),
            direction: job.step.direction,
            cause,
            statement,
            left,
            system: self.site.backend.name(),
            rolls_back: self.site.backend.rolls_back_ddl(),
            done: 0,
            of: 0,
        })
    }

    /// What an ending of the code means where `left` is what it leaves, and the database has refused a statement.
    pub(super) fn judge(&self, job: Job<'_>, ending: Ending, refused: Option<&str>, left: Left) -> Result<(), Setback> {
        let cause = match ending {
            Ending::Done => return Ok(()),
            Ending::NeedsForeignKeysOff => return Err(Setback::NeedsForeignKeysOff),
            Ending::Failed(error) => Cause::Database(error),
            Ending::Panicked(text) => Cause::Panic(text),
        };
        Err(Setback::Failed(self.failure(job, cause, left, refused.map(str::to_owned))))
    }

    pub(super) fn started(&self, job: Job<'_>, state: State) -> Row {
        Row::started(job.revision, job.script.source_hash, state, self.migrations.program())
    }

    pub(super) fn finished(&self, row: Row, start: Instant) -> Row {
        let duration_ms = i64::try_from(start.elapsed().as_millis()).ok();
        Row { state: State::Applied, finished_at: Some(Utc::now()), duration_ms, ..row }
    }
}
