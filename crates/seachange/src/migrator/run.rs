//! One run: the lock, the plan, the steps.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::DatabaseTransaction;
use seachange_graph::Plan;

use super::{Migrator, Notices, Record};
use crate::error::Error;
use crate::event::Event;
use crate::limits::limited;
use crate::lock::{self, Waiter};
use crate::report::Report;
use crate::runner::{Others, Runner, check_whole};
use crate::store::Holder;

/// A plan, and what was let pass for it.
type Planned = (Plan, Notices);

impl Migrator {
    /// Makes a plan and runs it while no other run is at work.
    ///
    /// A refusal, or nothing to do, is found out before the lock is taken: it costs one query, and writes nothing. Under
    /// the lock, the plan is made anew from what the database says then, and whoever watches is told of its notices.
    pub(super) async fn run(&self, plan: impl Fn(&Record) -> Result<Planned, Error>) -> Result<Report, Error> {
        let record = self.read().await?;
        let planned = match plan(&record) {
            Ok((plan, notices)) if plan.is_empty() => return self.report(&record, &plan, self.announced(notices)),
            Ok((plan, _)) => Some(plan),
            // Another run may be in the middle of this revision.
            Err(Error::Interrupted { .. }) => None,
            Err(error) => return Err(error),
        };
        if let Some(plan) = planned.as_ref().filter(|_| self.is_whole) {
            check_whole(self.backend, self.migrations, plan)?;
        }
        self.site().waited.take();
        match (self.locked(async || self.run_locked(plan).await).await, planned) {
            (Err(Error::Stopped { .. }), Some(plan)) => self.report(&record, &plan, self.stopped(&plan)),
            (outcome, _) => outcome,
        }
    }

    /// The end of a run that was asked to stop before its first revision.
    fn stopped(&self, plan: &Plan) -> Report {
        self.site().tell(&Event::Stopped { left: &plan.steps });
        Report { left: plan.steps.clone(), ..Report::default() }
    }

    /// Completes a report of what came of a plan.
    pub(super) fn report(&self, record: &Record, plan: &Plan, report: Report) -> Result<Report, Error> {
        let taken = &plan.steps[..plan.len() - report.left.len()];
        let current = record.current_after(self.graph, taken)?;
        let (waited, program) = (self.site().waited.take(), self.migrations.program().to_owned());
        Ok(Report { current, waited, program, ..report })
    }

    /// Does some work while no other run is at it.
    pub(super) async fn locked<T>(&self, work: impl AsyncFnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let site = self.site();
        // A run that was dropped in its middle has left it.
        if self.is_locked.swap(true, Ordering::Relaxed) {
            lock::release(site).await;
        }
        lock::acquire(site).await?;
        let outcome = match lock::wait_for_turn(site).await {
            Ok(()) => limited(site, work).await,
            Err(error) => Err(error),
        };
        if !is_lost(&outcome) {
            lock::release(site).await;
        }
        self.is_locked.store(false, Ordering::Relaxed);
        outcome
    }

    /// A run that is one transaction plans anew when another run has come before it.
    async fn run_locked(&self, plan: impl Fn(&Record) -> Result<Planned, Error>) -> Result<Report, Error> {
        loop {
            match self.run_planned(&plan).await {
                Err(Error::Overtaken { .. }) if self.is_whole => {}
                outcome => return outcome,
            }
        }
    }

    async fn run_planned(&self, plan: impl Fn(&Record) -> Result<Planned, Error>) -> Result<Report, Error> {
        let site = self.site();
        let looked = Others::look(site).await;
        let others = looked.map_err(Error::database("cannot read which revisions are applied"))?;
        let (record, (plan, notices)) = self.settled(plan).await?;
        let announced = self.announced(notices);
        if plan.is_empty() {
            return self.report(&record, &plan, announced);
        }
        if site.is_stopping() {
            return self.report(&record, &plan, self.stopped(&plan));
        }
        if self.is_whole {
            check_whole(self.backend, self.migrations, &plan)?;
        }
        let holder = lock::announce(site, self.migrations.program(), &plan).await?;
        let runner = self.runner(others, &holder);
        let work = async {
            self.make_table(&record).await?;
            if self.is_whole { runner.run_whole(&plan, &record.rows).await } else { runner.run(&plan).await }
        };
        let report = self.as_holder(&holder, work).await?;
        self.report(&record, &plan, Report { notices: announced.notices, ..report })
    }

    /// Does some work as who was announced, and says then that nobody is at work any longer.
    pub(super) async fn as_holder<T>(
        &self,
        holder: &Holder,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let outcome = work.await;
        if !is_lost(&outcome) {
            lock::withdraw(self.site(), holder).await;
        }
        outcome
    }

    /// A report with nothing done yet, of whose notices whoever watches has been told.
    fn announced(&self, notices: Notices) -> Report {
        notices.events().for_each(|event| self.site().tell(&event));
        Report { notices, ..Report::default() }
    }

    pub(super) fn runner<'a>(&'a self, others: Others, holder: &'a Holder) -> Runner<'a> {
        Runner {
            site: self.site(),
            migrations: self.migrations,
            graph: self.graph,
            others,
            holder,
            is_journal_open: AtomicBool::new(false),
        }
    }

    /// The plan, once no other run is in the middle of a revision that no transaction holds: where runs take turns, the
    /// lock does not keep it out.
    async fn settled(&self, plan: impl Fn(&Record) -> Result<Planned, Error>) -> Result<(Record, Planned), Error> {
        let site = self.site();
        let mut waiter = Waiter::new(site);
        loop {
            let record = self.read().await?;
            match plan(&record) {
                Ok(plan) => return Ok((record, plan)),
                Err(Error::Interrupted { .. })
                    if site.backend.takes_turns() && lock::is_at_work(site, site.connection).await =>
                {
                    waiter.wait().await?;
                }
                Err(error) => return Err(self.explained(error).await?),
            }
        }
    }

    /// An error of an interrupted revision, with what is known of it. Under the lock, nobody is at it any more.
    async fn explained(&self, error: Error) -> Result<Error, Error> {
        match error {
            Error::Interrupted { revision, direction, started_at, .. } => {
                let known = self.interruption().await?.map(Box::new);
                Ok(Error::Interrupted { revision, direction, started_at, known })
            }
            other => Ok(other),
        }
    }

    /// Makes the table of applied revisions where it is not there.
    pub(super) async fn make_table(&self, record: &Record) -> Result<(), Error> {
        if record.has_table {
            return Ok(());
        }
        let create = async |transaction: &DatabaseTransaction| self.store.create(transaction, self.backend).await;
        self.site().write("cannot create the table of applied revisions", create).await
    }
}

/// Whether the session is gone, and the lock with it.
fn is_lost<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(Error::is_lost_connection)
}
