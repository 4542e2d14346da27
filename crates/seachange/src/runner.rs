//! Runs a plan: each revision with its row, one after the other.

mod body;
mod failure;
mod recorder;
mod step;

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::DatabaseConnection;
use seachange_graph::{Direction, Graph, Plan, Revision, Step};

pub use failure::{Cause, Failure, Left};
pub(crate) use recorder::Recorder;

use crate::backend::Backend;
use crate::event::Event;
use crate::report::Report;
use crate::revision::{Migrations, Script};
use crate::store::Store;

/// Runs plans over one connection.
pub(crate) struct Runner<'a> {
    pub(crate) connection: &'a DatabaseConnection,
    pub(crate) backend: &'static dyn Backend,
    pub(crate) store: &'a Store,
    pub(crate) recorder: &'a Recorder,
    pub(crate) migrations: &'static Migrations,
    pub(crate) graph: &'a Graph,
    /// Set from outside to stop before the next revision.
    pub(crate) stop: &'a AtomicBool,
}

/// One step with the revision it runs.
struct Job<'a> {
    step: &'a Step,
    revision: &'a Revision,
    script: &'static Script,
}

impl Runner<'_> {
    /// Runs the steps in order, until one fails or somebody asks to stop.
    pub(crate) async fn run(&self, plan: &Plan) -> Result<Report, Box<Failure>> {
        let mut report = Report::default();
        if !plan.is_empty() {
            self.recorder.tell(&Event::Planned { steps: &plan.steps });
        }
        for (index, step) in plan.steps.iter().enumerate() {
            if self.stop.load(Ordering::Relaxed) {
                report.left = plan.steps[index..].to_vec();
                self.recorder.tell(&Event::Stopped { left: &report.left });
                break;
            }
            let id = &step.revision;
            let (Some(revision), Some(script)) = (self.graph.get(id), self.migrations.get(id)) else { continue };
            let message = script.message;
            self.recorder.tell(&Event::Started { step, message, number: index + 1, of: plan.len() });
            let elapsed = match self.run_step(&Job { step, revision, script }).await {
                Ok(elapsed) => elapsed,
                Err(failure) => {
                    self.recorder.tell(&Event::Failed { step, message });
                    return Err(failed(failure, &report, plan));
                }
            };
            self.recorder.tell(&Event::Finished { step, message, elapsed });
            report.done.push((step.clone(), elapsed));
        }
        Ok(report)
    }
}

fn failed(mut failure: Failure, report: &Report, plan: &Plan) -> Box<Failure> {
    failure.done = report.done.len();
    failure.of = plan.len();
    Box::new(failure)
}

impl Job<'_> {
    fn direction(&self) -> Direction {
        self.step.direction
    }
}
