//! A run: the lock, the plan, the steps.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::DbErr;
use seachange_graph::Plan;

use super::{Migrator, OtherRecordPolicy};
use crate::backend::role::{self, ServerRole};
use crate::error::Error;
use crate::event::Event;
use crate::lock::{self, LockWait};
use crate::record::RevisionRecord;
use crate::report::{Report, Warnings};
use crate::run_context::RunContext;
use crate::runner::{ConcurrentWrites, FailureCause, NextStep, Runner, check_whole};
use crate::session::{self, WorkSession};
use crate::store::Holder;

/// A plan, and the anomalies that it allows.
type PlanWithWarnings = (Plan, Warnings);

impl Migrator {
    /// Makes a plan and runs it while no other run is running.
    ///
    /// A refusal, or a plan without steps, is detected before the lock is taken: that costs one query, and writes
    /// nothing. Under the lock, the run makes the plan anew from the record as it is then, and sends its warnings to
    /// the event handler.
    pub(super) async fn run(
        &self,
        others: OtherRecordPolicy,
        plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
    ) -> Result<Report, Error> {
        let record = self.read().await?;
        let planned = match plan(&record) {
            Ok((plan, notices)) if plan.is_empty() => return self.report(&record, &plan, self.emit_warnings(notices)),
            Ok((plan, _)) => Some(plan),
            // Another run may be executing this revision.
            Err(Error::Interrupted { .. }) => None,
            Err(error) => return Err(error),
        };
        self.check_adopted(&record, planned.as_ref(), others).await?;
        if let Some(plan) = planned.as_ref().filter(|_| self.is_whole) {
            check_whole(self.backend, self.migrations, plan)?;
        }
        self.context().waited.take();
        match (Box::pin(self.locked(self.run_locked(plan))).await, planned) {
            (Err(Error::Stopped { .. }), Some(plan)) => self.report(&record, &plan, self.stopped(&plan)),
            (outcome, _) => outcome,
        }
    }

    /// The report of a run that was asked to stop before its first revision.
    fn stopped(&self, plan: &Plan) -> Report {
        self.context().emit(&Event::Stopped { left: &plan.steps });
        Report { left: plan.steps.clone(), ..Report::default() }
    }

    /// The report of a run for which every revision is applied.
    pub(super) fn nothing_to_do(&self) -> Report {
        let current =
            self.graph.current(&self.graph.all_applied()).iter().map(|revision| revision.id.clone()).collect();
        Report { current, program: self.migrations.program().to_owned(), ..Report::default() }
    }

    /// Completes the report of a plan.
    pub(super) fn report(&self, record: &RevisionRecord, plan: &Plan, report: Report) -> Result<Report, Error> {
        let taken = &plan.steps[..plan.len() - report.left.len()];
        let current = record.current_after(self.graph, taken)?;
        let (waited, program) = (self.context().waited.take(), self.migrations.program().to_owned());
        Ok(Report { current, waited, program, ..report })
    }

    /// Does some work while no other run is running.
    ///
    /// The futures of a run are large, and code without optimisation copies a future once or more for each function
    /// that awaits it: those on the heap keep a run within a fraction of the stack of a thread of Tokio.
    pub(super) async fn locked<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.resolve_location().await?;
        let context = self.run_context().await?;
        // A run whose future was dropped before its end has not released the lock.
        if self.is_locked.swap(true, Ordering::Relaxed) {
            lock::release(context).await;
        }
        lock::acquire(context).await?;
        let outcome = match lock::wait_until_idle(context).await {
            Ok(()) => Box::pin(session::limited(context, Box::pin(work))).await,
            Err(error) => Err(error),
        };
        if !is_lost(&outcome) {
            lock::release(context).await;
        }
        self.is_locked.store(false, Ordering::Relaxed);
        outcome
    }

    /// Makes the plan anew when another run has changed the record before a run that is one transaction.
    async fn run_locked(
        &self,
        plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
    ) -> Result<Report, Error> {
        loop {
            let work = self.open_work().await?;
            match self.run_planned(&plan, work).await {
                Err(Error::Overtaken { .. }) if self.is_whole => {}
                outcome => return outcome,
            }
        }
    }

    /// Opens a session for revisions.
    pub(super) async fn open_work(&self) -> Result<WorkSession, Error> {
        WorkSession::open(self.run_context().await?, &self.source, &self.connection).await
    }

    async fn run_planned(
        &self,
        plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
        work: WorkSession,
    ) -> Result<Report, Error> {
        let mut work = Some(work);
        let outcome = self.run_in(plan, &mut work).await;
        if let Some(work) = work {
            work.close(self.backend).await;
        }
        outcome
    }

    async fn run_in(
        &self,
        plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
        work: &mut Option<WorkSession>,
    ) -> Result<Report, Error> {
        let context = self.run_context().await?;
        let Some(first) = work.as_ref() else { return Err(Error::LockLost { is_pooled: false }) };
        let looked = ConcurrentWrites::snapshot(context, first).await;
        let others = looked.map_err(Error::database("cannot read which revisions are applied"))?;
        let (record, (plan, notices)) = self.plan_when_idle(plan, first).await?;
        let announced = self.emit_warnings(notices);
        if plan.is_empty() {
            return self.report(&record, &plan, announced);
        }
        if context.is_stopping() {
            return self.report(&record, &plan, self.stopped(&plan));
        }
        if self.is_whole {
            check_whole(self.backend, self.migrations, &plan)?;
        }
        self.make_tables(first).await?;
        let holder = Holder::this(self.migrations.program(), &plan);
        session::register_holder(context, first, &holder).await?;
        let outcome = match self.is_whole {
            true => self.runner(context, first, others, &holder).run_in_single_transaction(&plan, &record.rows).await,
            false => self.run_steps(context, work, others, &holder, &plan).await,
        };
        if let Some(last) = work.as_ref() {
            self.finish_run(context, last, &holder, &outcome).await;
        }
        self.report(&record, &plan, Report { notices: announced.notices, ..outcome? })
    }

    /// Runs the steps, each in a session that no step before it has changed.
    async fn run_steps(
        &self,
        context: RunContext<'_>,
        work: &mut Option<WorkSession>,
        mut others: ConcurrentWrites,
        holder: &Holder,
        plan: &Plan,
    ) -> Result<Report, Error> {
        context.emit(&Event::Planned { steps: &plan.steps });
        let (mut report, mut next) = (Report::default(), 0);
        loop {
            let Some(session) = work.as_ref() else { return Err(Error::LockLost { is_pooled: false }) };
            let end = self.runner(context, session, others, holder).run(plan, next, &mut report).await?;
            match end {
                (NextStep::End, _) => return Ok(report),
                (NextStep::FreshSession, index) => next = index,
            }
            self.renew(work).await?;
            others = ConcurrentWrites::unseen();
        }
    }

    /// Closes the session of a step, and opens one for the next step.
    async fn renew(&self, work: &mut Option<WorkSession>) -> Result<(), Error> {
        let Some(old) = work.take() else { return Ok(()) };
        if old.is_replaceable() {
            old.close(self.backend).await;
            *work = Some(self.open_work().await?);
            return Ok(());
        }
        let restored = old.restore(self.backend).await;
        *work = Some(old);
        restored.map_err(Error::database("cannot restore the session after a revision"))
    }

    /// Deletes the entry of this run from the lock table, and the journal of finished revisions.
    pub(super) async fn finish_run<T>(
        &self,
        context: RunContext<'_>,
        work: &WorkSession,
        holder: &Holder,
        outcome: &Result<T, Error>,
    ) {
        if is_lost(outcome) {
            return;
        }
        if outcome.is_ok() {
            // The remaining entries belong to revisions that are recorded as finished.
            let _ = self.store().clear_journal(work.executor()).await;
        }
        session::clear_holder(context, work, holder).await;
    }

    /// Sends the warnings to the event handler, and returns a report without steps.
    fn emit_warnings(&self, notices: Warnings) -> Report {
        notices.events().for_each(|event| self.context().emit(&event));
        Report { notices, ..Report::default() }
    }

    pub(super) fn runner<'a>(
        &'a self,
        context: RunContext<'a>,
        work: &'a WorkSession,
        others: ConcurrentWrites,
        holder: &'a Holder,
    ) -> Runner<'a> {
        Runner {
            context,
            migrations: self.migrations,
            graph: self.graph,
            work,
            concurrent: others,
            holder,
            is_touched: AtomicBool::new(false),
            entered: Mutex::new(None),
        }
    }

    /// Makes the plan once no other run is executing a revision that no transaction holds. On a single-writer database,
    /// the lock does not exclude such a run.
    async fn plan_when_idle(
        &self,
        plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
        work: &WorkSession,
    ) -> Result<(RevisionRecord, PlanWithWarnings), Error> {
        let context = self.run_context().await?;
        let mut waiter = LockWait::new(context);
        loop {
            let record = self.read_by(work.executor()).await?;
            match plan(&record) {
                Ok(plan) => return Ok((record, plan)),
                Err(Error::Interrupted { .. })
                    if context.backend.is_single_writer() && lock::is_at_work(context, work.executor()).await =>
                {
                    waiter.wait().await?;
                }
                Err(error) => return Err(self.with_interruption_details(error, &record, work).await?),
            }
        }
    }

    /// Adds to the error of an interrupted revision what the journal knows of it. Under the lock, no other run is
    /// executing that revision.
    async fn with_interruption_details(
        &self,
        error: Error,
        record: &RevisionRecord,
        work: &WorkSession,
    ) -> Result<Error, Error> {
        match (error, record.unfinished().next()) {
            (Error::Interrupted { revision, direction, started_at, .. }, Some(row)) => {
                let known = Some(Box::new(self.load_interruption(row, &work.executor().into()).await?));
                Ok(Error::Interrupted { revision, direction, started_at, known })
            }
            (other, _) => Ok(other),
        }
    }

    /// Creates the missing tables of the engine, and updates those of earlier versions.
    pub(super) async fn make_tables(&self, work: &WorkSession) -> Result<(), Error> {
        let wrap = |error| Error::database("cannot create the tables of the record")(error);
        let changes = self.store().missing(work.executor(), self.backend).await.map_err(wrap)?;
        if changes.is_empty() {
            return Ok(());
        }
        work.begin(self.run_context().await?, wrap).await?;
        let made = async {
            for statement in &changes {
                work.execute(statement).await?;
            }
            work.execute("COMMIT").await.map(drop)
        };
        let made: Result<(), DbErr> = made.await;
        if made.is_err() {
            work.roll_back().await;
        }
        made.map_err(wrap)
    }

    /// As [`make_tables`](Self::make_tables), for a write that runs no revision.
    pub(super) async fn make_table(&self) -> Result<(), Error> {
        const CREATING: &str = "cannot create the tables of the record";
        let transaction = lock::begin(self.run_context().await?, CREATING).await?;
        let created = self.store().prepare(&transaction, self.backend).await;
        lock::end(transaction, created, CREATING).await
    }
}

/// Whether the session is lost, and its lock with it.
fn is_lost<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(Error::is_lost_connection)
}

impl Migrator {
    /// Returns the outcome of a run, with the role of the server if that explains a failure. A success costs no query.
    pub(super) async fn explain<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        let error = match outcome {
            Err(error) => error,
            done => return done,
        };
        let role = match error.cause() {
            Some(cause) => role::explaining(cause, &self.connection).await,
            None => None,
        };
        Err(match role {
            Some(ServerRole::Standby(primary)) => Error::Standby { primary, source: Box::new(error) },
            Some(ServerRole::ClusterNode) => Error::OneNodeOnly { source: Box::new(error) },
            None => error,
        })
    }
}

impl Error {
    /// What the database said, if the failure comes from it.
    fn cause(&self) -> Option<&DbErr> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::Failed(failure) => match &failure.cause {
                FailureCause::Database(error) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }
}
