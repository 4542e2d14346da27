//! One run: the lock, the plan, the steps.

use std::sync::atomic::Ordering;

use seachange_graph::Plan;

use super::{Migrator, Record};
use crate::error::Error;
use crate::event::Event;
use crate::limits::limited;
use crate::lock::{self, Waiter};
use crate::report::Report;
use crate::runner::{Others, Runner};

impl Migrator {
    /// Makes a plan and runs it while no other run is at work.
    ///
    /// A refusal, or nothing to do, is found out before the lock is taken: it costs one query, and writes nothing. Under
    /// the lock, the plan is made anew from what the database says then.
    pub(super) async fn run(&self, plan: impl Fn(&Record) -> Result<Plan, Error>) -> Result<Report, Error> {
        let record = self.read().await?;
        let planned = match plan(&record) {
            Ok(plan) if plan.is_empty() => return self.report(&record, &plan, Report::default()),
            Ok(plan) if self.is_whole => {
                self.runner(Others::nobody()).check_whole(&plan)?;
                Some(plan)
            }
            Ok(plan) => Some(plan),
            // Another run may be in the middle of this revision.
            Err(Error::Interrupted { .. }) => None,
            Err(error) => return Err(error),
        };
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
    fn report(&self, record: &Record, plan: &Plan, report: Report) -> Result<Report, Error> {
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
        let outcome = limited(site, work).await;
        if !is_lost(&outcome) {
            lock::release(site).await;
        }
        self.is_locked.store(false, Ordering::Relaxed);
        outcome
    }

    /// A run that is one transaction plans anew when another run has come before it.
    async fn run_locked(&self, plan: impl Fn(&Record) -> Result<Plan, Error>) -> Result<Report, Error> {
        loop {
            match self.run_planned(&plan).await {
                Err(Error::Overtaken { .. }) if self.is_whole => {}
                outcome => return outcome,
            }
        }
    }

    async fn run_planned(&self, plan: impl Fn(&Record) -> Result<Plan, Error>) -> Result<Report, Error> {
        let site = self.site();
        let looked = Others::look(site).await;
        let others = looked.map_err(Error::database("cannot read which revisions are applied"))?;
        let (record, plan) = self.settled(plan).await?;
        if plan.is_empty() {
            return self.report(&record, &plan, Report::default());
        }
        if site.is_stopping() {
            return self.report(&record, &plan, self.stopped(&plan));
        }
        let runner = self.runner(others);
        if self.is_whole {
            runner.check_whole(&plan)?;
        }
        let holder = lock::announce(site, self.migrations.program(), &plan).await?;
        let outcome = async {
            self.make_table(&record).await?;
            if self.is_whole { runner.run_whole(&plan, &record.rows).await } else { runner.run(&plan).await }
        };
        let outcome = outcome.await;
        if !is_lost(&outcome) {
            lock::withdraw(site, &holder).await;
        }
        self.report(&record, &plan, outcome?)
    }

    fn runner(&self, others: Others) -> Runner<'_> {
        Runner { site: self.site(), migrations: self.migrations, graph: self.graph, others }
    }

    /// The plan, once no other run is in the middle of a revision that no transaction holds: where runs take turns, the
    /// lock does not keep it out.
    async fn settled(&self, plan: impl Fn(&Record) -> Result<Plan, Error>) -> Result<(Record, Plan), Error> {
        let site = self.site();
        let mut waiter = Waiter::new(site);
        loop {
            let record = self.read().await?;
            match plan(&record) {
                Ok(plan) => return Ok((record, plan)),
                Err(Error::Interrupted { .. }) if site.backend.takes_turns() && lock::is_at_work(site).await => {
                    waiter.wait().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes the table of applied revisions where it is not there.
    pub(super) async fn make_table(&self, record: &Record) -> Result<(), Error> {
        if record.has_table {
            return Ok(());
        }
        let wrap = |error| Error::database("cannot create the table of applied revisions")(error);
        let transaction = self.site().begin(wrap).await?;
        match self.store.create(&transaction, self.backend).await {
            Ok(()) => transaction.commit().await.map_err(wrap),
            Err(error) => {
                self.site().roll_back(transaction).await;
                Err(wrap(error))
            }
        }
    }
}

/// Whether the session is gone, and the lock with it.
fn is_lost<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(Error::is_lost_connection)
}
