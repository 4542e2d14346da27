//! One run: the lock, the plan, the steps.

use std::sync::atomic::{AtomicBool, Ordering};

use seachange_graph::Plan;

use super::{Migrator, Notices, Record};
use crate::error::Error;
use crate::lock::{self, Waiter};
use crate::report::Report;
use crate::runner::{Others, Runner};
use crate::store::Holder;

/// A plan, and what was let pass for it.
type Planned = (Plan, Notices);

impl Migrator {
    /// Makes a plan and runs it while no other run is at work.
    ///
    /// A refusal, or nothing to do, is found out before the lock is taken: it costs one query, and writes nothing. Under
    /// the lock, the plan is made anew from what the database says then, and whoever watches is told of its notices.
    pub(super) async fn run(&self, plan: impl Fn(&Record) -> Result<Planned, Error>) -> Result<Report, Error> {
        match plan(&self.read().await?) {
            Ok((plan, notices)) if plan.is_empty() => return Ok(self.announced(notices)),
            // Another run may be in the middle of this revision.
            Ok(_) | Err(Error::Interrupted { .. }) => {}
            Err(error) => return Err(error),
        }
        self.locked(async || self.run_locked(plan).await).await
    }

    /// Does some work while no other run is at it.
    pub(super) async fn locked<T>(&self, work: impl AsyncFnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let site = self.site();
        // A run that was dropped in its middle has left it.
        if self.is_locked.swap(true, Ordering::Relaxed) {
            lock::release(site).await;
        }
        lock::acquire(site).await?;
        let outcome = work().await;
        if !is_lost(&outcome) {
            lock::release(site).await;
        }
        self.is_locked.store(false, Ordering::Relaxed);
        outcome
    }

    async fn run_locked(&self, plan: impl Fn(&Record) -> Result<Planned, Error>) -> Result<Report, Error> {
        let site = self.site();
        let looked = Others::look(site).await;
        let others = looked.map_err(Error::database("cannot read which revisions are applied"))?;
        let (record, (plan, notices)) = self.settled(plan).await?;
        let announced = self.announced(notices);
        if plan.is_empty() {
            return Ok(announced);
        }
        let holder = lock::announce(site, self.migrations.program(), &plan).await?;
        let outcome = async {
            self.make_table(&record).await?;
            self.runner(others, &holder).run(&plan).await
        };
        let outcome = outcome.await;
        if !is_lost(&outcome) {
            lock::withdraw(site, &holder).await;
        }
        Ok(Report { notices: announced.notices, ..outcome? })
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
            stop: &self.stop,
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
        let created = self.store.create(&self.connection, self.backend).await;
        created.map_err(Error::database("cannot create the table of applied revisions"))
    }
}

/// Whether the session is gone, and the lock with it.
fn is_lost<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(Error::is_lost_connection)
}
