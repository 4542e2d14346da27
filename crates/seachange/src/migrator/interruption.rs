//! Continues or settles a revision that was interrupted where the database cannot roll back.

use sea_orm::{DatabaseExecutor, DbErr};
use seachange_graph::{Plan, Step};

use super::Migrator;
use crate::error::Error;
use crate::error::InterruptedRevision;
use crate::journal::{self, FinishedEntries, JournalEntry, StatementOutcome, StatementState};
use crate::report::Report;
use crate::run_context::RunContext;
use crate::runner::ConcurrentWrites;
use crate::session::{self, WorkSession};
use crate::store::{Holder, RevisionRow};

const READING: &str = "cannot read what the interrupted revision has done";
const WRITING: &str = "cannot write which revisions are applied";

/// What the caller says of the statement that was running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Ask the catalogue; without a clear answer, do nothing.
    Ask,
    /// It took effect.
    Ran,
    /// It did not take effect.
    NotRun,
}

/// How an interrupted revision is settled.
#[derive(Debug, Clone, Copy)]
enum Settlement {
    /// Its rest runs.
    Resume(Resolution),
    /// The user has finished or undone its changes by hand.
    Mark { is_applied: bool },
}

impl Migrator {
    /// What an interrupted run left, and whether the statement that was running took effect according to the catalogue.
    /// Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn interruption(&self) -> Result<Option<InterruptedRevision>, Error> {
        let record = self.read().await?;
        match record.unfinished().next() {
            Some(row) => self.load_interruption(row, &(&self.connection).into()).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn load_interruption(
        &self,
        row: &RevisionRow,
        executor: &DatabaseExecutor<'_>,
    ) -> Result<InterruptedRevision, Error> {
        let wrap = |error| Error::database(READING)(error);
        let entries = self.store().entries(executor, self.backend, &row.revision).await.map_err(wrap)?;
        let (mut finished, mut refused, mut in_doubt) = (Vec::new(), Vec::new(), None);
        for entry in entries {
            match entry.state {
                StatementState::Finished => finished.push(entry),
                StatementState::Refused => refused.push(entry),
                StatementState::Running => {
                    let verdict = journal::determine_outcome(&entry, executor, self.backend).await.map_err(wrap)?;
                    in_doubt = Some((entry, verdict));
                }
            }
        }
        Ok(InterruptedRevision {
            revision: row.revision.clone(),
            direction: row.direction(),
            row: row.clone(),
            finished,
            in_doubt,
            refused,
        })
    }

    /// Runs the rest of the revision that was interrupted. Statements that the journal shows as finished do not run
    /// again.
    ///
    /// # Errors
    ///
    /// [`Error::InDoubt`] when the user has to say whether a statement took effect, and [`Error::Unjournalled`] when
    /// the user has to say which ones did; [`Error::NotInterrupted`] when there is nothing to resume; otherwise as
    /// [`upgrade`](Self::upgrade).
    pub async fn resume(&self, doubt: Resolution) -> Result<Report, Error> {
        self.locked(async {
            let interruption = self.interruption().await?.ok_or(Error::NotInterrupted)?;
            let plan = Plan { steps: vec![self.step(&interruption)?] };
            let (_, report) = self.alone(&plan, Settlement::Resume(doubt)).await?;
            Ok(report)
        })
        .await
    }

    /// Settles the interrupted revision, once no other run executes it. On a single-writer database, the lock
    /// excludes no other run; the entry in the lock table does.
    async fn alone(&self, plan: &Plan, settlement: Settlement) -> Result<(InterruptedRevision, Report), Error> {
        let (context, session) = (self.run_context().await?, self.open_work().await?);
        let outcome = self.alone_in(context, &session, plan, settlement).await;
        session.close(self.backend).await;
        outcome
    }

    async fn alone_in(
        &self,
        context: RunContext<'_>,
        session: &WorkSession,
        plan: &Plan,
        settlement: Settlement,
    ) -> Result<(InterruptedRevision, Report), Error> {
        self.make_tables(session).await?;
        let holder = Holder::this(self.migrations.program(), plan);
        session::register_holder_when_idle(context, session, &holder).await?;
        let record = self.read_by(session.executor()).await?;
        let outcome = match record.unfinished().next() {
            Some(row) => match self.load_interruption(row, &session.executor().into()).await {
                Ok(interruption) => {
                    let report = self.apply_settlement(&interruption, settlement, &holder, session).await;
                    report.map(|report| (interruption, report))
                }
                Err(error) => Err(error),
            },
            None => Err(Error::NotInterrupted),
        };
        self.finish_run(context, session, &holder, &outcome).await;
        outcome
    }

    async fn apply_settlement(
        &self,
        interruption: &InterruptedRevision,
        settlement: Settlement,
        holder: &Holder,
        work: &WorkSession,
    ) -> Result<Report, Error> {
        match settlement {
            Settlement::Resume(_) if interruption.is_of_script() => {
                Err(Error::Unjournalled { interruption: Box::new(interruption.clone()) })
            }
            Settlement::Resume(doubt) => {
                let past = self.resolve_in_doubt(interruption, doubt, work).await?;
                self.run_rest(interruption.clone(), past, holder, work).await
            }
            Settlement::Mark { is_applied } => {
                let written = self.write_settled(work, interruption, is_applied).await;
                if written.is_err() {
                    work.roll_back().await;
                }
                written.map(|()| Report::default()).map_err(Error::database(WRITING))
            }
        }
    }

    /// The interrupted step.
    fn step(&self, interruption: &InterruptedRevision) -> Result<Step, Error> {
        let id = &interruption.revision;
        let revision = self.graph.get(id).ok_or_else(|| Error::UnknownRevision { revision: id.clone() })?;
        Ok(Step::of(interruption.direction, revision))
    }

    /// Writes into the journal whether the statement that was running took effect, and deletes the refused statements.
    /// Returns the statements that are finished then.
    async fn resolve_in_doubt(
        &self,
        interruption: &InterruptedRevision,
        doubt: Resolution,
        work: &WorkSession,
    ) -> Result<FinishedEntries, Error> {
        let session = work.executor();
        let wrap = |error| Error::database(WRITING)(error);
        for entry in &interruption.refused {
            self.store().drop_entry(session, entry).await.map_err(wrap)?;
        }
        let mut past: FinishedEntries =
            interruption.finished.iter().map(|entry| (entry.number, entry.clone())).collect();
        let Some((entry, verdict)) = &interruption.in_doubt else { return Ok(past) };
        match (doubt, verdict) {
            (Resolution::Ran, _) | (Resolution::Ask, StatementOutcome::Ran(_)) => {
                let entry = JournalEntry { state: StatementState::Finished, ..entry.clone() };
                self.store().end_entry(session, &entry).await.map_err(wrap)?;
                past.insert(entry.number, entry);
            }
            (Resolution::NotRun, _) | (Resolution::Ask, StatementOutcome::NotRun(_)) => {
                self.store().drop_entry(session, entry).await.map_err(wrap)?;
            }
            (Resolution::Ask, _) => return Err(Error::InDoubt { interruption: Box::new(interruption.clone()) }),
        }
        Ok(past)
    }

    async fn run_rest(
        &self,
        interruption: InterruptedRevision,
        past: FinishedEntries,
        holder: &Holder,
        work: &WorkSession,
    ) -> Result<Report, Error> {
        let step = self.step(&interruption)?;
        let context = self.run_context().await?;
        let others = ConcurrentWrites::snapshot(context, work).await.map_err(Error::database(READING))?;
        let report = self.runner(context, work, others, holder).resume_step(&step, interruption.row, past).await?;
        self.report(&self.read_by(work.executor()).await?, &Plan::default(), report)
    }

    /// Records an interrupted revision as applied, after the user has finished its changes by hand.
    ///
    /// # Errors
    ///
    /// [`Error::NotInterrupted`] when nothing was interrupted; otherwise as [`stamp`](Self::stamp).
    pub async fn mark_applied(&self) -> Result<InterruptedRevision, Error> {
        self.settle(true).await
    }

    /// Records an interrupted revision as not applied, after the user has undone its changes by hand.
    ///
    /// # Errors
    ///
    /// As [`mark_applied`](Self::mark_applied).
    pub async fn mark_rolled_back(&self) -> Result<InterruptedRevision, Error> {
        self.settle(false).await
    }

    async fn settle(&self, is_applied: bool) -> Result<InterruptedRevision, Error> {
        self.locked(async {
            self.interruption().await?.ok_or(Error::NotInterrupted)?;
            let (interruption, _) = self.alone(&Plan::default(), Settlement::Mark { is_applied }).await?;
            Ok(interruption)
        })
        .await
    }

    async fn write_settled(
        &self,
        work: &WorkSession,
        interruption: &InterruptedRevision,
        is_applied: bool,
    ) -> Result<(), DbErr> {
        let (row, session) = (&interruption.row, work.executor());
        work.execute(self.backend.begin_text()).await?;
        if is_applied {
            self.store().update(session, &row.clone().applied_now()).await?;
        } else {
            self.store().delete(session, &row.revision).await?;
        }
        self.store().clear_journal(session).await?;
        work.execute("COMMIT").await.map(drop)
    }
}
