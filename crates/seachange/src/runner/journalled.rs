//! A revision that no transaction can hold: its row says that it was begun before it says that it is done, and the
//! journal what it has done in between.

use std::sync::atomic::Ordering;
use std::time::Instant;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionTrait};
use seachange_graph::Direction;

use super::failure::{Failure, Left};
use super::others::Turn;
use super::step::{Attempt, Setback};
use super::{Job, Live, Runner};
use crate::database_error::is_lost_connection;
use crate::error::Error;
use crate::journal::{EntryState, Journal, Past};
use crate::limits::Limit;
use crate::relay::{self, Ending};
use crate::site::Site;
use crate::store::{Row, State};

impl Runner<'_> {
    /// Runs the revision from its beginning.
    pub(super) async fn run_journalled(&self, job: Job<'_>, start: Instant) -> Result<Attempt, Setback> {
        self.check_lock(job, &self.site.connection.into(), Left::Nothing).await?;
        let row = match self.declare_alone(job).await? {
            Ok(row) => row,
            Err(turn) => return Ok(turn.into()),
        };
        match self.run_declared(job, row, start, Past::new()).await {
            Err(Setback::Failed(failure)) if is_untouched(&failure) => Err(self.take_back(job, failure).await),
            outcome => outcome.map(|()| Attempt::Done),
        }
    }

    /// Writes down what is about to begin, once no other run is at it. Whose turn it is otherwise comes back.
    async fn declare_alone(&self, job: Job<'_>) -> Result<Result<Row, Turn>, Setback> {
        if self.site.backend.takes_turns() {
            return self.declare_in_turn(job).await;
        }
        let declared = self.declare(job, self.site.connection).await;
        declared.map(Ok).map_err(|error| {
            // The row may have arrived, and only the answer not.
            let is_lost = is_lost_connection(&error);
            self.setback(job, error, if is_lost { Left::Begun { statements: 0 } } else { Left::Nothing })
        })
    }

    /// Takes back what was written down of an upgrade that a lock kept from its very first change: nothing is left of it.
    /// What the journal does not say it refused may have happened.
    async fn take_back(&self, job: Job<'_>, failure: Box<Failure>) -> Setback {
        let Site { connection, backend, store, .. } = self.site;
        let entries = store.entries(connection, backend, &job.step.revision).await;
        if !entries.is_ok_and(|entries| entries.iter().all(|entry| entry.state == EntryState::Refused)) {
            return Setback::Failed(failure);
        }
        let written = self.site.write("cannot take back a revision", async |transaction: &DatabaseTransaction| {
            store.delete(transaction, &job.step.revision).await?;
            store.clear_journal(transaction).await
        });
        match written.await {
            Ok(()) => Setback::Failed(Box::new(Failure { left: Left::Nothing, ..*failure })),
            // It was the failure that came first.
            Err(_) => Setback::Failed(failure),
        }
    }

    /// Runs the rest of a revision that was interrupted; `past` is what it has done.
    pub(crate) async fn resume(&self, job: Job<'_>, row: Row, past: Past) -> Result<(), Error> {
        let left = Left::Begun { statements: past.len() };
        let outcome = match self.check_lock(job, &self.site.connection.into(), left).await {
            Ok(()) => self.run_declared(job, row, Instant::now(), past).await,
            failed => failed,
        };
        outcome.map_err(|setback| self.error(job, setback))
    }

    /// Writes down what is about to begin, and who begins it: until it is done, others wait for this run. Whose turn it
    /// is otherwise comes back.
    async fn declare_in_turn(&self, job: Job<'_>) -> Result<Result<Row, Turn>, Setback> {
        let Site { store, backend, .. } = self.site;
        let failed = |error| self.setback(job, error, Left::Nothing);
        let begun = self.site.begin(|error| self.error(job, failed(error))).await;
        let transaction = begun.map_err(Setback::Stopped)?;
        let turn = self.check_turn(job, &transaction).await?;
        if turn != Turn::Ours {
            transaction.rollback().await.map_err(failed)?;
            return Ok(Err(turn));
        }
        store.set_holder(&transaction, backend, self.holder).await.map_err(failed)?;
        let row = self.declare(job, &transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Ok(row))
    }

    /// Writes down what is about to begin.
    async fn declare(&self, job: Job<'_>, connection: &impl ConnectionTrait) -> Result<Row, DbErr> {
        let Site { store, backend, .. } = self.site;
        if !self.is_journal_open.swap(true, Ordering::Relaxed) {
            store.open_journal(connection, backend).await?;
        }
        match job.step.direction {
            Direction::Upgrade => {
                let row = self.started(job, State::Upgrading);
                store.insert(connection, &row).await.map(|()| row)
            }
            Direction::Downgrade => {
                let row = self.started(job, State::Downgrading);
                store.update(connection, &row).await.map(|()| row)
            }
        }
    }

    async fn run_declared(&self, job: Job<'_>, row: Row, start: Instant, past: Past) -> Result<(), Setback> {
        let statements = self.run_unprotected(job, past).await?;
        let recorded = self.record_end(job, row, start).await;
        recorded.map_err(|error| self.setback(job, error, Left::Begun { statements }))
    }

    /// Runs the code, in a transaction of its own where it asks for one, and says how many statements took effect.
    async fn run_unprotected(&self, job: Job<'_>, past: Past) -> Result<usize, Setback> {
        let connection = self.site.connection;
        if job.script.migration.use_transaction() != Some(true) {
            return self.run_on(job, self.site.live(connection), past).await;
        }
        let begun = connection.begin().await;
        let transaction = begun.map_err(|error| self.setback(job, error, Left::Begun { statements: past.len() }))?;
        let statements = self.run_on(job, self.site.live(&transaction), past).await?;
        let committed = transaction.commit().await;
        committed.map_err(|error| self.setback(job, error, Left::Begun { statements }))?;
        Ok(statements)
    }

    async fn run_on(&self, job: Job<'_>, live: Live<'_>, past: Past) -> Result<usize, Setback> {
        let Site { connection, backend, store, .. } = self.site;
        let code = job.code(live.is_in_transaction());
        let before = past.len();
        let mut journal = Journal::new(live, backend, store, &job.step.revision, past);
        let ending = relay::run(code, connection.get_database_backend(), &mut journal).await;
        // A transaction round all of the code is rolled back when that fails.
        let left = Left::Begun { statements: if journal.is_held() { before } else { journal.finished() } };
        if let Some(error) = journal.strayed() {
            return Err(self.setback(job, error.clone(), left));
        }
        if let Ending::NeedsForeignKeysOff = ending {
            let text = "a table has to be rebuilt: let the revision run in a transaction";
            return Err(self.setback(job, DbErr::Custom(text.to_owned()), left));
        }
        self.judge(job, ending, journal.refused(), left)?;
        match journal.forgotten() {
            Some(error) => Err(self.setback(job, error, left)),
            None => Ok(journal.finished()),
        }
    }

    /// The row, and the end of the journal, in one transaction.
    async fn record_end(&self, job: Job<'_>, row: Row, start: Instant) -> Result<(), DbErr> {
        let Site { connection, store, .. } = self.site;
        let transaction = connection.begin().await?;
        match job.step.direction {
            Direction::Upgrade => store.update(&transaction, &self.finished(row, start)).await?,
            Direction::Downgrade => store.delete(&transaction, &job.step.revision).await?,
        }
        store.clear_journal(&transaction).await?;
        transaction.commit().await
    }
}

/// Whether a lock kept an upgrade from all that it would have changed. The statement that the database refused for this
/// reason has no effect; what a downgrade started from is not known any more.
fn is_untouched(failure: &Failure) -> bool {
    failure.limit == Some(Limit::Lock)
        && failure.left == Left::Begun { statements: 0 }
        && failure.direction == Direction::Upgrade
}
