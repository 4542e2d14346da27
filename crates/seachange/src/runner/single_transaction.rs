//! A whole plan in one transaction: all of its revisions and rows commit together, or none.

use std::time::{Duration, Instant};

use sea_orm::DbErr;
use seachange_graph::{Plan, Step};

use super::step::{StepError, is_transactional};
use super::{Runner, StepContext};
use crate::alter::{self, ForeignKeyViolation};
use crate::backend::{Backend, SAVEPOINT};
use crate::error::{Error, RevisionFailure};
use crate::event::Event;
use crate::gate;
use crate::report::Report;
use crate::revision::Migrations;
use crate::store::RevisionRow;

/// The steps that ran, with the duration of each.
type CompletedSteps = Vec<(Step, Duration)>;

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

/// Runs the steps in order, in one transaction. A request to stop rolls all of it back.
///
/// The plan was made from `rows`. If other runs have changed them since, the result is [`Error::Overtaken`], and
/// the caller makes another plan.
pub(crate) async fn run_in_single_transaction(
    runner: &Runner<'_>,
    plan: &Plan,
    rows: &[RevisionRow],
) -> Result<Report, Error> {
    let (steps, waiting) = gate::divide(runner.context, runner.work.executor(), runner.migrations, plan).await?;
    waiting.iter().for_each(|one| gate::tell(runner.context, runner.migrations, one));
    if steps.is_empty() {
        return Ok(Report { waiting, ..Report::default() });
    }
    let plan = &Plan { steps };
    runner.context.emit(&Event::Planned { steps: &plan.steps });
    match runner.with_retries(&plan.steps, Duration::ZERO, || attempt_whole(runner, plan, rows)).await {
        Ok(done) => Ok(Report { done, waiting, ..Report::default() }),
        Err(Error::Stopped { .. }) => {
            runner.context.emit(&Event::Stopped { left: &plan.steps });
            Ok(Report { left: plan.steps.clone(), waiting, ..Report::default() })
        }
        Err(Error::Failed(failure)) => {
            Err(Error::Failed(Box::new(RevisionFailure { of: plan.len(), is_whole: true, ..*failure })))
        }
        Err(error) => Err(error),
    }
}

fn jobs<'s>(runner: &'s Runner<'_>, plan: &'s Plan) -> impl Iterator<Item = StepContext<'s>> {
    plan.steps.iter().filter_map(|step| runner.job(step))
}

/// Tries the plan with foreign keys on, and then with foreign keys off if a table has to be rebuilt.
async fn attempt_whole(runner: &Runner<'_>, plan: &Plan, rows: &[RevisionRow]) -> Result<CompletedSteps, Error> {
    match transact(runner, plan, rows, None).await {
        Err(StepError::NeedsForeignKeysOff) => {
            runner.context.emit(&Event::Restarted);
            transact_without_foreign_keys(runner, plan, rows).await
        }
        outcome => outcome.map_err(|error| whole_error(runner, plan, error)),
    }
}

async fn transact_without_foreign_keys(
    runner: &Runner<'_>,
    plan: &Plan,
    rows: &[RevisionRow],
) -> Result<CompletedSteps, Error> {
    let connection = runner.work.executor();
    let refused = |error: DbErr| Error::database("cannot switch foreign keys off")(error);
    let before = alter::foreign_key_violations(connection).await.map_err(refused)?;
    alter::set_foreign_keys(connection, false).await.map_err(refused)?;
    let outcome = transact(runner, plan, rows, Some(&before)).await.map_err(|error| whole_error(runner, plan, error));
    let restored = alter::set_foreign_keys(connection, true).await;
    outcome.and_then(|done| restored.map(|()| done).map_err(Error::database("cannot switch foreign keys on again")))
}

/// One attempt: begin, every step, commit.
async fn transact(
    runner: &Runner<'_>,
    plan: &Plan,
    rows: &[RevisionRow],
    violations: Option<&[ForeignKeyViolation]>,
) -> Result<CompletedSteps, StepError> {
    let Some(first) = jobs(runner, plan).next() else {
        return Err(StepError::Stopped(Error::Stopped { waited: Duration::ZERO }));
    };
    runner.begin(first).await?;
    let outcome = match check_unchanged(runner, first, rows).await {
        Ok(()) => steps(runner, plan, violations).await,
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        runner.work.roll_back().await;
    }
    outcome
}

/// Runs every step, and commits with the last one.
async fn steps(
    runner: &Runner<'_>,
    plan: &Plan,
    violations: Option<&[ForeignKeyViolation]>,
) -> Result<CompletedSteps, StepError> {
    let mut done = CompletedSteps::new();
    let jobs: Vec<StepContext<'_>> = jobs(runner, plan).collect();
    for (index, &job) in jobs.iter().enumerate() {
        let is_last = index + 1 == jobs.len();
        let elapsed = run_step_in_transaction(runner, job, index + 1, plan.len(), is_last, violations).await?;
        done.push((job.step.clone(), elapsed));
    }
    Ok(done)
}

/// Runs one step, and emits its events. All steps but the first set a savepoint of their own.
async fn run_step_in_transaction(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    number: usize,
    of: usize,
    is_last: bool,
    violations: Option<&[ForeignKeyViolation]>,
) -> Result<Duration, StepError> {
    if runner.context.is_stopping() {
        return Err(StepError::Stopped(Error::Stopped { waited: runner.context.waited.elapsed() }));
    }
    let (start, step, message) = (Instant::now(), job.step, job.script.message);
    runner.context.emit(&Event::Started { step, message, number, of, rolls_back: true });
    let outcome = async {
        if number > 1 {
            let marked = runner.work.execute(&format!("SAVEPOINT {SAVEPOINT}")).await;
            marked.map_err(|error| runner.refused(job, error))?;
        }
        let effects = runner.work(job, violations).await?;
        runner.finish(job, start, effects.role, is_last).await
    };
    let outcome = outcome.await;
    let elapsed = start.elapsed();
    match &outcome {
        Ok(()) => runner.context.emit(&Event::Finished { step, message, elapsed }),
        Err(StepError::Failed(_)) => runner.context.emit(&Event::Failed { step, message }),
        Err(_) => {}
    }
    outcome.map(|()| elapsed)
}

/// Checks that no other run has changed the rows from which the plan was made.
async fn check_unchanged(runner: &Runner<'_>, job: StepContext<'_>, rows: &[RevisionRow]) -> Result<(), StepError> {
    let context = runner.context;
    let found = if context.backend.is_single_writer() {
        context.store.rows(runner.work.executor()).await
    } else {
        return Ok(());
    };
    if found.map_err(|error| runner.refused(job, error))? == rows {
        return Ok(());
    }
    Err(StepError::Stopped(Error::Overtaken { revision: job.step.revision.clone() }))
}

/// Converts the error of a step into the error of the run.
fn whole_error(runner: &Runner<'_>, plan: &Plan, error: StepError) -> Error {
    match jobs(runner, plan).next() {
        Some(job) => runner.error(job, error),
        None => Error::Stopped { waited: Duration::ZERO },
    }
}
