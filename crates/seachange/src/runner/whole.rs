//! A whole plan in one transaction: all of its revisions and rows commit together, or none.

use std::time::{Duration, Instant};

use sea_orm::DbErr;
use seachange_graph::{Plan, Step};

use super::failure::Failure;
use super::policy::SAVEPOINT;
use super::step::{Setback, is_transactional};
use super::{Job, Runner};
use crate::alter::{self, Violation};
use crate::backend::Backend;
use crate::error::Error;
use crate::event::Event;
use crate::report::Report;
use crate::revision::Migrations;
use crate::store::Row;

/// The steps that ran, and how long each took.
type Done = Vec<(Step, Duration)>;

/// Refuses a plan that no transaction can hold.
///
/// # Errors
///
/// [`Error::NoSingleTransaction`].
pub(crate) fn check_whole(backend: &dyn Backend, migrations: &Migrations, plan: &Plan) -> Result<(), Error> {
    let system = backend.name();
    if !backend.rolls_back_ddl() {
        return Err(Error::NoSingleTransaction { system, revision: None });
    }
    let is_outside = |id: &str| migrations.get(id).is_some_and(|script| !is_transactional(backend, script));
    match plan.steps.iter().find(|step| is_outside(&step.revision)) {
        Some(step) => Err(Error::NoSingleTransaction { system, revision: Some(step.revision.clone()) }),
        None => Ok(()),
    }
}

impl Runner<'_> {
    /// Runs the steps in order, in one transaction. A request to stop rolls all of it back.
    ///
    /// `rows` are those that the plan was made from: where other runs have changed them since, it is
    /// [`Error::Overtaken`], and another plan is needed.
    pub(crate) async fn run_whole(&self, plan: &Plan, rows: &[Row]) -> Result<Report, Error> {
        self.site.tell(&Event::Planned { steps: &plan.steps });
        match self.patiently(&plan.steps, async || self.attempt_whole(plan, rows).await).await {
            Ok(done) => Ok(Report { done, ..Report::default() }),
            Err(Error::Stopped { .. }) => {
                self.site.tell(&Event::Stopped { left: &plan.steps });
                Ok(Report { left: plan.steps.clone(), ..Report::default() })
            }
            Err(Error::Failed(failure)) => {
                Err(Error::Failed(Box::new(Failure { of: plan.len(), is_whole: true, ..*failure })))
            }
            Err(error) => Err(error),
        }
    }

    fn jobs<'s>(&'s self, plan: &'s Plan) -> impl Iterator<Item = Job<'s>> {
        plan.steps.iter().filter_map(|step| self.job(step))
    }

    /// Tries it with foreign keys on, and without where a table has to be rebuilt.
    async fn attempt_whole(&self, plan: &Plan, rows: &[Row]) -> Result<Done, Error> {
        match self.transact(plan, rows, None).await {
            Err(Setback::NeedsForeignKeysOff) => {
                self.site.tell(&Event::Restarted);
                self.transact_without_foreign_keys(plan, rows).await
            }
            outcome => outcome.map_err(|setback| self.whole_error(plan, setback)),
        }
    }

    async fn transact_without_foreign_keys(&self, plan: &Plan, rows: &[Row]) -> Result<Done, Error> {
        let connection = self.work.executor();
        let refused = |error: DbErr| Error::database("cannot switch foreign keys off")(error);
        let before = alter::foreign_key_violations(connection).await.map_err(refused)?;
        alter::set_foreign_keys(connection, false).await.map_err(refused)?;
        let outcome = self.transact(plan, rows, Some(&before)).await.map_err(|setback| self.whole_error(plan, setback));
        let restored = alter::set_foreign_keys(connection, true).await;
        outcome.and_then(|done| restored.map(|()| done).map_err(Error::database("cannot switch foreign keys on again")))
    }

    /// One attempt: begin, every step, commit.
    async fn transact(&self, plan: &Plan, rows: &[Row], violations: Option<&[Violation]>) -> Result<Done, Setback> {
        let Some(first) = self.jobs(plan).next() else {
            return Err(Setback::Stopped(Error::Stopped { waited: Duration::ZERO }));
        };
        self.begin(first).await?;
        let outcome = match self.check_unchanged(first, rows).await {
            Ok(()) => self.steps(plan, violations).await,
            Err(setback) => Err(setback),
        };
        if outcome.is_err() {
            self.work.roll_back().await;
        }
        outcome
    }

    /// Every step, and the commit with the last of them.
    async fn steps(&self, plan: &Plan, violations: Option<&[Violation]>) -> Result<Done, Setback> {
        let mut done = Done::new();
        let jobs: Vec<Job<'_>> = self.jobs(plan).collect();
        for (index, &job) in jobs.iter().enumerate() {
            let is_last = index + 1 == jobs.len();
            let elapsed = self.step_told(job, index + 1, plan.len(), is_last, violations).await?;
            done.push((job.step.clone(), elapsed));
        }
        Ok(done)
    }

    /// One step, told to the event handler. All but the first set a savepoint of their own.
    async fn step_told(
        &self,
        job: Job<'_>,
        number: usize,
        of: usize,
        is_last: bool,
        violations: Option<&[Violation]>,
    ) -> Result<Duration, Setback> {
        if self.site.is_stopping() {
            return Err(Setback::Stopped(Error::Stopped { waited: self.site.waited.so_far() }));
        }
        let (start, step, message) = (Instant::now(), job.step, job.script.message);
        self.site.tell(&Event::Started { step, message, number, of, rolls_back: true });
        let outcome = async {
            if number > 1 {
                let marked = self.work.execute(&format!("SAVEPOINT {SAVEPOINT}")).await;
                marked.map_err(|error| self.refused(job, error))?;
            }
            let role = self.work(job, violations).await?;
            self.finish(job, start, role, is_last).await
        };
        let outcome = outcome.await;
        let elapsed = start.elapsed();
        match &outcome {
            Ok(()) => self.site.tell(&Event::Finished { step, message, elapsed }),
            Err(Setback::Failed(_)) => self.site.tell(&Event::Failed { step, message }),
            Err(_) => {}
        }
        outcome.map(|()| elapsed)
    }

    /// Makes sure that no other run has changed what the plan was made from.
    async fn check_unchanged(&self, job: Job<'_>, rows: &[Row]) -> Result<(), Setback> {
        let site = self.site;
        let found =
            if site.backend.takes_turns() { site.store.rows(self.work.executor()).await } else { return Ok(()) };
        if found.map_err(|error| self.refused(job, error))? == rows {
            return Ok(());
        }
        Err(Setback::Stopped(Error::Overtaken { revision: job.step.revision.clone() }))
    }

    /// What a setback means for the run.
    fn whole_error(&self, plan: &Plan, setback: Setback) -> Error {
        match self.jobs(plan).next() {
            Some(job) => self.error(job, setback),
            None => Error::Stopped { waited: Duration::ZERO },
        }
    }
}
