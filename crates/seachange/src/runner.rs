//! Runs a plan: each revision with its row, one after the other.

mod failure;
mod journalled;
mod live;
mod others;
mod retry;
mod step;
mod transactional;
mod whole;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use seachange_graph::{Graph, Plan, Revision, Step};

pub use failure::{Cause, Failure, Left};
pub(crate) use live::Live;
pub(crate) use others::Others;
pub(crate) use step::is_transactional;
pub(crate) use whole::check_whole;

use crate::error::Error;
use crate::event::Event;
use crate::journal::Past;
use crate::relay::{Code, Half};
use crate::report::Report;
use crate::revision::{Migrations, Script};
use crate::site::Site;
use crate::store::{Holder, Row};

/// Runs plans over one connection.
pub(crate) struct Runner<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) migrations: &'static Migrations,
    pub(crate) graph: &'static Graph,
    pub(crate) others: Others,
    /// This run, for those who wait.
    pub(crate) holder: &'a Holder,
    /// Whether the journal is there and empty, or in use.
    pub(crate) is_journal_open: AtomicBool,
}

/// One step with the revision it runs.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) step: &'a Step,
    pub(crate) revision: &'a Revision,
    pub(crate) script: &'static Script,
}

impl Runner<'_> {
    /// Runs the steps in order, until one fails or somebody asks to stop.
    pub(crate) async fn run(&self, plan: &Plan) -> Result<Report, Error> {
        let mut report = Report::default();
        self.site.tell(&Event::Planned { steps: &plan.steps });
        for (index, step) in plan.steps.iter().enumerate() {
            let Some(job) = self.job(step) else { continue };
            let outcome = match self.site.is_stopping() {
                true => Err(Error::Stopped { waited: Duration::ZERO }),
                false => self.run_told(job, index + 1, plan.len()).await,
            };
            match outcome {
                Ok(Some(elapsed)) => report.done.push((step.clone(), elapsed)),
                Ok(None) => {}
                Err(Error::Stopped { .. }) => {
                    report.left = plan.steps[index..].to_vec();
                    self.site.tell(&Event::Stopped { left: &report.left });
                    break;
                }
                Err(error) => return Err(error.after(&report, plan)),
            }
        }
        Ok(report)
    }

    /// Runs the rest of a step that was interrupted; `past` is what it has done.
    pub(crate) async fn run_rest(&self, step: &Step, row: Row, past: Past) -> Result<Report, Error> {
        let unknown = || Error::UnknownRevision { revision: step.revision.clone() };
        let job = self.job(step).ok_or_else(unknown)?;
        let start = Instant::now();
        let rest = async { self.resume(job, row, past).await.map(|()| Some(start.elapsed())) };
        let elapsed = self.told(job, 1, 1, false, rest).await?;
        Ok(Report { done: elapsed.map(|elapsed| (step.clone(), elapsed)).into_iter().collect(), ..Report::default() })
    }

    /// A step with the revision it runs; nothing when the program does not know it.
    pub(crate) fn job<'s>(&'s self, step: &'s Step) -> Option<Job<'s>> {
        Job::of(step, self.graph, self.migrations)
    }

    /// Runs a step, as often as the limits say, and tells of it. Nothing comes of one that another run has done.
    async fn run_told(&self, job: Job<'_>, number: usize, of: usize) -> Result<Option<Duration>, Error> {
        let rolls_back = is_transactional(self.site.backend, job.script);
        let steps = std::slice::from_ref(job.step);
        let work = self.patiently(steps, async || self.run_step(job).await);
        self.told(job, number, of, rolls_back, work).await
    }

    /// Tells how a step begins and ends.
    async fn told(
        &self,
        job: Job<'_>,
        number: usize,
        of: usize,
        rolls_back: bool,
        work: impl Future<Output = Result<Option<Duration>, Error>>,
    ) -> Result<Option<Duration>, Error> {
        let (step, message) = (job.step, job.script.message);
        self.site.tell(&Event::Started { step, message, number, of, rolls_back });
        let outcome = work.await;
        match &outcome {
            Ok(Some(elapsed)) => self.site.tell(&Event::Finished { step, message, elapsed: *elapsed }),
            Ok(None) => self.site.tell(&Event::Overtaken { step, message }),
            Err(Error::Stopped { .. }) => {}
            Err(_) => self.site.tell(&Event::Failed { step, message }),
        }
        outcome
    }
}

impl<'a> Job<'a> {
    /// A step with the revision it runs; nothing when the program does not know it.
    pub(crate) fn of(step: &'a Step, graph: &'a Graph, migrations: &'static Migrations) -> Option<Self> {
        Some(Self { step, revision: graph.get(&step.revision)?, script: migrations.get(&step.revision)? })
    }

    /// The code that runs.
    pub(crate) fn code(&self, in_transaction: bool) -> Code {
        let half = Half { migration: self.script.migration, direction: self.step.direction };
        Code { body: Arc::new(half), in_transaction }
    }
}
