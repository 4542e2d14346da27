//! Runs a plan: each revision with its row, in order.

mod journalled;
mod single_transaction;
mod step;
mod transactional;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use seachange_graph::{Direction, Graph, Plan, Revision, Step};

pub(crate) use single_transaction::{check_whole, run_in_single_transaction};
pub(crate) use step::{ConcurrentWrites, is_transactional, runs_in_transaction};

pub use crate::error::{FailureCause, LeaseEnd, Leftover, Refusal, RevisionFailure};

use crate::backend::BegunTransaction;
use crate::error::Error;
use crate::event::Event;
use crate::gate::{self, has_gate};
use crate::intercept::{CodeOptions, DirectedMigration, Invocation, Migrate, NoCode};
use crate::journal::FinishedEntries;
use crate::report::Report;
use crate::revision::{Migrations, RegisteredRevision};
use crate::run_context::RunContext;
use crate::session::{SessionSource, WorkSession};
use crate::store::{Holder, RevisionRow};

/// Runs the steps of a plan in one session.
pub(crate) struct Runner<'a> {
    pub(crate) context: RunContext<'a>,
    pub(crate) migrations: &'static Migrations,
    pub(crate) graph: &'static Graph,
    /// The session of the revisions.
    pub(crate) work: &'a WorkSession,
    /// Where the engine opens its own sessions.
    pub(crate) source: &'a SessionSource,
    pub(crate) concurrent: ConcurrentWrites,
    /// The entry of this run in the lock table, for runs that wait for it.
    pub(crate) holder: &'a Holder,
    /// Whether a revision may have left state in the session that the next revision must not see.
    pub(crate) is_touched: AtomicBool,
    /// The transaction of the next revision, if the end of a revision has begun it already.
    pub(crate) entered: Mutex<Option<BegunTransaction>>,
}

/// What follows the steps that a session has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// Nothing: the plan is finished, or the run is asked to stop.
    End,
    /// The next step, in a new session.
    FreshSession,
}

/// One step with the revision it runs.
#[derive(Clone, Copy)]
pub(crate) struct StepContext<'a> {
    pub(crate) step: &'a Step,
    pub(crate) revision: &'a Revision,
    pub(crate) script: &'static RegisteredRevision,
    /// Whether the next step of the plan also runs in a transaction.
    pub(crate) is_followed: bool,
}

impl Runner<'_> {
    /// Runs the steps that `report` does not have yet, in order, until one fails, the run is asked to stop, or the next
    /// step needs a new session.
    pub(crate) async fn run(&self, plan: &Plan, from: usize, report: &mut Report) -> Result<(NextStep, usize), Error> {
        let outcome = self.run_from(plan, from, report).await;
        if self.take_entered().is_some() {
            self.work.roll_back().await;
        }
        outcome
    }

    /// Whether the end of a revision has begun the transaction of the next one.
    fn has_entered(&self) -> bool {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The transaction that the end of a revision has begun.
    fn take_entered(&self) -> Option<BegunTransaction> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn run_from(&self, plan: &Plan, from: usize, report: &mut Report) -> Result<(NextStep, usize), Error> {
        for (index, step) in plan.steps.iter().enumerate().skip(from) {
            if self.is_touched.load(Ordering::Relaxed) {
                return Ok((NextStep::FreshSession, index));
            }
            let Some(job) = self.job(step) else { continue };
            let next = plan.steps.get(index + 1).and_then(|next| self.job(next));
            // A check and a gate read what is committed, before the transaction of their revision. Foreign keys are switched
            // off before it.
            let begins_at_once = |next: StepContext<'_>| {
                is_transactional(self.context.backend, next.script)
                    && !has_gate(next.script)
                    && !self.context.rebuilds.contains(next.step)
            };
            let is_followed = self.context.check.is_none()
                && next.is_some_and(begins_at_once)
                && report.waiting.is_empty()
                && self.context.gates.held.is_empty();
            let job = StepContext { is_followed, ..job };
            if let Some(waiting) =
                gate::waiting(self.context, self.work.executor(), step, job.script, &report.waiting).await?
            {
                gate::tell(self.context, self.migrations, &waiting);
                report.waiting.push(waiting);
                continue;
            }
            let outcome = match self.context.is_stopping() {
                true => Err(Error::Stopped { waited: Duration::ZERO }),
                false => Box::pin(self.run_step_with_events(job, index + 1, plan.len())).await,
            };
            match outcome {
                Ok(Some(elapsed)) => report.done.push((step.clone(), elapsed)),
                Ok(None) => {}
                Err(Error::Stopped { .. }) => {
                    report.left = plan.steps[index..].to_vec();
                    self.context.emit(&Event::Stopped { left: &report.left });
                    break;
                }
                Err(error) => return Err(error.with_progress(report, plan)),
            }
        }
        Ok((NextStep::End, plan.len()))
    }

    /// Runs the rest of an interrupted step; `past` holds its finished statements.
    pub(crate) async fn resume_step(
        &self,
        step: &Step,
        row: RevisionRow,
        past: FinishedEntries,
    ) -> Result<Report, Error> {
        let unknown = || Error::UnknownRevision { revision: step.revision.clone() };
        let job = self.job(step).ok_or_else(unknown)?;
        let start = Instant::now();
        let rest = async { Box::pin(journalled::resume(self, job, row, past)).await.map(|()| Some(start.elapsed())) };
        let elapsed = self.with_events(job, 1, 1, false, rest).await?;
        Ok(Report { done: elapsed.map(|elapsed| (step.clone(), elapsed)).into_iter().collect(), ..Report::default() })
    }

    /// A step with its revision; `None` when the program does not know it.
    pub(crate) fn job<'s>(&'s self, step: &'s Step) -> Option<StepContext<'s>> {
        StepContext::of(step, self.graph, self.migrations)
    }

    /// Runs a step with as many retries as the limits allow, and emits its events. Returns `None` when another run has
    /// done the step.
    async fn run_step_with_events(
        &self,
        job: StepContext<'_>,
        number: usize,
        of: usize,
    ) -> Result<Option<Duration>, Error> {
        let rolls_back = is_transactional(self.context.backend, job.script);
        let steps = std::slice::from_ref(job.step);
        let work = async {
            self.check(job).await?;
            let patience = self.lock_limit(job).map_or(Duration::ZERO, |_| self.context.run_lock_timeout());
            self.with_retries(steps, patience, || Box::pin(self.run_step(job))).await
        };
        self.with_events(job, number, of, rolls_back, work).await
    }

    /// Asks the check of the run whether there are reasons against an upgrade.
    async fn check(&self, job: StepContext<'_>) -> Result<(), Error> {
        let Some(check) =
            self.context.check.filter(|_| job.step.direction == Direction::Upgrade && !job.step.records_only)
        else {
            return Ok(());
        };
        let cause = match check.objections(self.context.connection, &job.step.revision).await {
            Ok(objections) if objections.is_empty() => return Ok(()),
            Ok(objections) => FailureCause::Rows(objections),
            Err(error) => FailureCause::Database(error),
        };
        Err(Error::Failed(self.failure(job, cause, Leftover::Nothing, None)))
    }

    /// Emits the events of the beginning and the end of a step.
    async fn with_events(
        &self,
        job: StepContext<'_>,
        number: usize,
        of: usize,
        rolls_back: bool,
        work: impl Future<Output = Result<Option<Duration>, Error>>,
    ) -> Result<Option<Duration>, Error> {
        let (step, message) = (job.step, job.script.message);
        self.context.emit(&Event::Started { step, message, number, of, rolls_back });
        let outcome = work.await;
        match &outcome {
            Ok(Some(elapsed)) => {
                if let Some(turn) = self.context.first_turn {
                    turn.note_done();
                }
                self.context.emit(&Event::Finished { step, message, elapsed: *elapsed });
            }
            Ok(None) => self.context.emit(&Event::Overtaken { step, message }),
            Err(Error::Stopped { .. }) => {}
            Err(_) => self.context.emit(&Event::Failed { step, message }),
        }
        outcome
    }
}

impl<'a> StepContext<'a> {
    /// A step with its revision; `None` when the program does not know it.
    pub(crate) fn of(step: &'a Step, graph: &'a Graph, migrations: &'static Migrations) -> Option<Self> {
        let (revision, script) = (graph.find_step(&step.revision)?, migrations.get(&step.revision)?);
        Some(Self { step, revision, script, is_followed: false })
    }

    /// The code of the step.
    pub(crate) fn code(&self, in_transaction: bool, options: &CodeOptions) -> Invocation {
        let (migration, direction) = (self.script.migration, self.step.direction);
        let body: Arc<dyn Migrate> = match self.step.records_only {
            true => Arc::new(NoCode),
            false => Arc::new(DirectedMigration { migration, direction }),
        };
        Invocation { body, in_transaction, options: options.clone() }
    }
}
