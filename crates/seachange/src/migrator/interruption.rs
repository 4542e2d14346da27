//! Ways out of a revision that was interrupted where the database cannot roll back.

use sea_orm::{DatabaseTransaction, DbErr};
use seachange_graph::{Direction, Plan, Step};

use super::Migrator;
use crate::error::Error;
use crate::journal::{self, Entry, EntryState, Past, Verdict};
use crate::lock;
use crate::report::Report;
use crate::runner::Others;
use crate::store::{Holder, Row};

const READING: &str = "cannot read what the interrupted revision has done";
const WRITING: &str = "cannot write which revisions are applied";

/// A revision that was interrupted, and what the journal knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interruption {
    /// The revision.
    pub revision: String,
    /// What was being done.
    pub direction: Direction,
    /// The row it left.
    pub row: Row,
    /// The statements that took effect.
    pub finished: Vec<Entry>,
    /// The statement that was running, and what the catalogue says of it.
    pub in_doubt: Option<(Entry, Verdict)>,
    /// The statements that the database refused.
    pub refused: Vec<Entry>,
}

impl Interruption {
    /// Whether a script has begun the revision, and nobody knows which of its statements took effect.
    pub fn is_of_script(&self) -> bool {
        self.row.is_of_script()
    }

    /// Whether the journal says anything; where it does not, there may be none.
    pub(super) fn has_entries(&self) -> bool {
        !self.finished.is_empty() || self.in_doubt.is_some() || !self.refused.is_empty()
    }
}

/// What is known of the statement that was running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The catalogue is to say, or nothing is done.
    Ask,
    /// It took effect.
    Ran,
    /// It did not take effect.
    NotRun,
}

impl Migrator {
    /// What an interrupted run left, with what the catalogue says of the statement that was running. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn interruption(&self) -> Result<Option<Interruption>, Error> {
        let record = self.read().await?;
        match record.unfinished().next() {
            Some(row) => self.look_into(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn look_into(&self, row: &Row) -> Result<Interruption, Error> {
        let wrap = |error| Error::database(READING)(error);
        let entries = self.store.entries(&self.connection, self.backend, &row.revision).await.map_err(wrap)?;
        let (mut finished, mut refused, mut in_doubt) = (Vec::new(), Vec::new(), None);
        for entry in entries {
            match entry.state {
                EntryState::Finished => finished.push(entry),
                EntryState::Refused => refused.push(entry),
                EntryState::Running => {
                    let verdict = journal::judge(&entry, &self.connection, self.backend).await.map_err(wrap)?;
                    in_doubt = Some((entry, verdict));
                }
            }
        }
        Ok(Interruption {
            revision: row.revision.clone(),
            direction: row.direction(),
            row: row.clone(),
            finished,
            in_doubt,
            refused,
        })
    }

    /// Runs the rest of the revision that was interrupted. What the journal shows as finished is not run again.
    ///
    /// # Errors
    ///
    /// [`Error::InDoubt`] when it takes a person to say whether a statement took effect, and [`Error::Unjournalled`] when
    /// it takes one to say which did; [`Error::NotInterrupted`] when there is nothing to resume; otherwise as
    /// [`upgrade`](Self::upgrade).
    pub async fn resume(&self, doubt: Doubt) -> Result<Report, Error> {
        self.locked(async || {
            let interruption = self.interruption().await?.ok_or(Error::NotInterrupted)?;
            let plan = Plan { steps: vec![self.step(&interruption)?] };
            self.alone(&plan, async |interruption, holder| {
                if interruption.is_of_script() {
                    return Err(Error::Unjournalled { interruption: Box::new(interruption) });
                }
                let past = self.settle_doubt(&interruption, doubt).await?;
                self.run_rest(interruption, past, holder).await
            })
            .await
        })
        .await
    }

    /// Does some work on what was interrupted, once nobody is at it: where runs take turns, the lock keeps none of them
    /// out, but who says first that it is at work does.
    async fn alone<T>(
        &self,
        plan: &Plan,
        work: impl AsyncFnOnce(Interruption, &Holder) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let site = self.site();
        let holder = lock::announce_alone(site, self.migrations.program(), plan).await?;
        self.as_holder(&holder, async {
            let interruption = self.interruption().await?.ok_or(Error::NotInterrupted)?;
            work(interruption, &holder).await
        })
        .await
    }

    /// The step that was interrupted.
    fn step(&self, interruption: &Interruption) -> Result<Step, Error> {
        let id = &interruption.revision;
        let revision = self.graph.get(id).ok_or_else(|| Error::UnknownRevision { revision: id.clone() })?;
        Ok(Step::of(interruption.direction, revision))
    }

    /// Writes into the journal what became of the statement that was running, and forgets those that were refused. What
    /// is finished then comes back.
    async fn settle_doubt(&self, interruption: &Interruption, doubt: Doubt) -> Result<Past, Error> {
        let wrap = |error| Error::database(WRITING)(error);
        for entry in &interruption.refused {
            self.store.drop_entry(&self.connection, entry).await.map_err(wrap)?;
        }
        let mut past: Past = interruption.finished.iter().map(|entry| (entry.number, entry.clone())).collect();
        let Some((entry, verdict)) = &interruption.in_doubt else { return Ok(past) };
        match (doubt, verdict) {
            (Doubt::Ran, _) | (Doubt::Ask, Verdict::Ran(_)) => {
                let entry = Entry { state: EntryState::Finished, ..entry.clone() };
                self.store.end_entry(&self.connection, &entry).await.map_err(wrap)?;
                past.insert(entry.number, entry);
            }
            (Doubt::NotRun, _) | (Doubt::Ask, Verdict::NotRun(_)) => {
                self.store.drop_entry(&self.connection, entry).await.map_err(wrap)?;
            }
            (Doubt::Ask, _) => return Err(Error::InDoubt { interruption: Box::new(interruption.clone()) }),
        }
        Ok(past)
    }

    async fn run_rest(&self, interruption: Interruption, past: Past, holder: &Holder) -> Result<Report, Error> {
        let step = self.step(&interruption)?;
        let others = Others::look(self.site()).await.map_err(Error::database(READING))?;
        let report = self.runner(others, holder).run_rest(&step, interruption.row, past).await?;
        self.report(&self.read().await?, &Plan::default(), report)
    }

    /// Records an interrupted revision as applied, or as not applied, after somebody has finished or undone by hand what
    /// it began.
    ///
    /// # Errors
    ///
    /// [`Error::NotInterrupted`] when nothing was interrupted; otherwise as [`stamp`](Self::stamp).
    pub async fn settle(&self, is_applied: bool) -> Result<Interruption, Error> {
        self.locked(async || {
            self.interruption().await?.ok_or(Error::NotInterrupted)?;
            self.alone(&Plan::default(), async |interruption, _| {
                let write = async |transaction: &DatabaseTransaction| {
                    self.write_settled(transaction, &interruption, is_applied).await
                };
                self.site().write(WRITING, write).await?;
                Ok(interruption)
            })
            .await
        })
        .await
    }

    async fn write_settled(
        &self,
        transaction: &DatabaseTransaction,
        interruption: &Interruption,
        is_applied: bool,
    ) -> Result<(), DbErr> {
        let row = &interruption.row;
        if is_applied {
            self.store.update(transaction, &row.clone().applied_now()).await?;
        } else {
            self.store.delete(transaction, &row.revision).await?;
        }
        if interruption.has_entries() {
            self.store.clear_journal(transaction).await?;
        }
        Ok(())
    }
}
