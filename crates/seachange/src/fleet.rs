//! Many databases as one run: the schemas, databases or files of the customers of a service, its shards, its servers.
//!
//! A [`Fleet`] has targets: a database each, or a schema of a PostgreSQL database. Each target has a record of its own,
//! and its plan is made from this record alone; the fleet decides which targets run when, and collects the outcomes. A run
//! that was interrupted is continued by running it again, because the records know what is applied.
//!
//! ```
//! # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("seachange-fleet-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # for name in ["acme.db", "bolt.db"] { std::fs::write(folder.join(name), "")?; }
//! # let pattern = folder.join("*.db").display().to_string();
//! use seachange::fleet::{Canaries, Fleet, FleetSchedule, TargetSource};
//!
//! let schedule = FleetSchedule::new().canaries(Canaries::First(1)).max_failures(3);
//! let fleet = Fleet::discover(&MIGRATIONS, vec![TargetSource::Files { pattern }]).await?.with_schedule(schedule);
//! let report = fleet.upgrade("heads").await?;
//! assert!(report.is_success());
//! assert_eq!(report.targets.len(), 2);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```

mod connections;
mod directory;
mod error;
mod event;
mod queue;
mod report;
mod run;
mod schedule;
mod seat;
mod selection;
mod source;
mod standing;
mod target;
#[cfg(all(test, feature = "sqlite"))]
mod tests;
mod together;

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seachange_graph::{Graph, Target};

pub use error::FleetError;
pub use event::{FleetEvent, FleetEventHandler};
pub(crate) use report::TargetWorkDone;
pub use report::{FleetReport, TargetOutcome, TargetReport};
pub use schedule::{Canaries, FleetSchedule};
pub use selection::TargetSelection;
pub use source::TargetSource;
pub use standing::TargetStanding;
pub use target::FleetTarget;

use crate::error::Error;
use crate::migrator::{AheadPolicy, FleetFindings, KnownRecord, Migrator, RunOptions, StopHandle};
use crate::revision::Migrations;
use run::{FleetRun, RunProgress, TargetWork};
use selection::CompiledSelection;
use standing::StandingReader;

/// The databases of a program, and how a run passes them.
pub struct Fleet {
    migrations: &'static Migrations,
    graph: &'static Graph,
    sources: Vec<TargetSource>,
    targets: Vec<FleetTarget>,
    selection: CompiledSelection,
    options: RunOptions,
    schedule: FleetSchedule,
    handler: FleetEventHandler,
    stop: StopHandle,
}

impl Fleet {
    /// A fleet of these targets. Events go to `tracing`.
    ///
    /// # Errors
    ///
    /// [`FleetError::SameName`] and [`FleetError::SameDatabase`] for a target that is listed twice,
    /// [`FleetError::SeveralSystems`], [`FleetError::Empty`], and [`FleetError::Run`] when the revisions do not form a
    /// valid graph.
    pub fn new(
        migrations: &'static Migrations,
        targets: impl IntoIterator<Item = FleetTarget>,
    ) -> Result<Self, FleetError> {
        let targets: Vec<FleetTarget> = targets.into_iter().collect();
        target::check(&targets)?;
        let sources = targets.iter().cloned().map(TargetSource::One).collect();
        Self::of(migrations, sources, targets)
    }

    /// A fleet of the targets that the sources name now. After an upgrade, the sources are asked again, so that a target
    /// that was created in the meantime is not left out. Only reads.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and those of [`TargetSource::targets`].
    pub async fn discover(migrations: &'static Migrations, sources: Vec<TargetSource>) -> Result<Self, FleetError> {
        let targets = source::discover(&sources).await?;
        Self::of(migrations, sources, targets)
    }

    fn of(
        migrations: &'static Migrations,
        sources: Vec<TargetSource>,
        targets: Vec<FleetTarget>,
    ) -> Result<Self, FleetError> {
        if targets.is_empty() {
            return Err(FleetError::Empty);
        }
        let graph = migrations.graph().map_err(|error| Box::new(Error::from(error)))?;
        Ok(Self {
            migrations,
            graph,
            sources,
            targets,
            selection: CompiledSelection::default(),
            options: RunOptions::new(),
            schedule: FleetSchedule::new(),
            handler: Arc::new(event::trace),
            stop: StopHandle::default(),
        })
    }

    /// Leaves out the targets that are not selected.
    ///
    /// # Errors
    ///
    /// [`FleetError::NoMatch`] and [`FleetError::NoTag`] for a pattern or a tag that no target has,
    /// [`FleetError::NothingSelected`] when no target is left.
    pub fn select(mut self, selection: &TargetSelection) -> Result<Self, FleetError> {
        self.selection = selection.compiled(&self.targets)?;
        let count = self.targets.len();
        self.targets.retain(|target| self.selection.selects(target));
        if self.targets.is_empty() { Err(FleetError::NothingSelected { count }) } else { Ok(self) }
    }

    /// Sets the options of the run over each target.
    #[must_use]
    pub fn with_options(self, options: RunOptions) -> Self {
        Self { options, ..self }
    }

    /// Sets in which order the targets run, and how many at once.
    #[must_use]
    pub fn with_schedule(self, schedule: FleetSchedule) -> Self {
        Self { schedule, ..self }
    }

    /// Sends the events to `handler` instead of `tracing`.
    #[must_use]
    pub fn on_event(self, handler: FleetEventHandler) -> Self {
        Self { handler, ..self }
    }

    /// Checks that the targets have the canaries of the schedule.
    ///
    /// # Errors
    ///
    /// [`FleetError::NoMatch`], [`FleetError::NoTag`], [`FleetError::Pattern`].
    #[cfg(feature = "cli")]
    pub(crate) fn check_schedule(&self) -> Result<(), FleetError> {
        self.schedule.waves_of(&self.targets).map(drop)
    }

    /// Returns a handle that stops a run: each target before its next revision, and no other target is begun.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// The targets, in the order in which they are listed.
    pub fn targets(&self) -> &[FleetTarget] {
        &self.targets
    }

    /// Upgrades each target to a target of the graph, such as `heads`; see [`Migrator::upgrade`](crate::Migrator::upgrade).
    ///
    /// # Errors
    ///
    /// [`FleetError::Run`] for a text that is no target, [`FleetError::TooFewConnections`]. What happens in a target is in
    /// the report.
    pub async fn upgrade(&self, target: &str) -> Result<FleetReport, FleetError> {
        self.upgrade_to(&[parsed(target)?]).await
    }

    /// Upgrades each target to several targets of the graph.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn upgrade_to(&self, targets: &[Target]) -> Result<FleetReport, FleetError> {
        let skips = *targets == [Target::HEADS] && self.options.ahead_policy() != AheadPolicy::Rollback;
        let targets: Arc<[Target]> = targets.into();
        let work: Arc<TargetWork> = Arc::new(move |migrator| {
            let targets = Arc::clone(&targets);
            Box::pin(async move { migrator.upgrade_to(&targets).await.map(Into::into) })
        });
        self.run(work, if skips { Skipped::Complete } else { Skipped::None }, true).await
    }

    /// Downgrades each target to a target of the graph, which stays applied; see
    /// [`Migrator::downgrade`](crate::Migrator::downgrade).
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn downgrade(&self, target: &str) -> Result<FleetReport, FleetError> {
        self.downgrade_to(&[parsed(target)?]).await
    }

    /// Downgrades each target to several targets of the graph.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn downgrade_to(&self, targets: &[Target]) -> Result<FleetReport, FleetError> {
        let targets: Arc<[Target]> = targets.into();
        self.each(move |migrator| {
            let targets = Arc::clone(&targets);
            Box::pin(async move { migrator.downgrade_to(&targets).await.map(Into::into) })
        })
        .await
    }

    /// Does something with each target, in the order and with the limits of the schedule.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub(crate) async fn each(
        &self,
        work: impl Fn(Migrator) -> Pin<Box<dyn Future<Output = Result<TargetWorkDone, Error>> + Send>>
        + Send
        + Sync
        + 'static,
    ) -> Result<FleetReport, FleetError> {
        self.run(Arc::new(work), Skipped::None, false).await
    }

    /// Where each target stands, in the order of the targets. Only reads: the records of many targets on one server with
    /// one statement for at most 1,000 of them.
    pub async fn standings(&self) -> Vec<Result<Arc<TargetStanding>, Error>> {
        let reader = StandingReader::new(self.migrations, self.graph);
        let mut standings: Vec<Option<Result<Arc<TargetStanding>, Error>>> =
            self.targets.iter().map(|_| None).collect();
        for (place, standing) in reader.read(&self.targets, self.schedule.jobs).await {
            standings[place] = Some(standing);
        }
        let unread = || Err(Error::database("cannot read the target")(sea_orm::DbErr::RecordNotFound(String::new())));
        standings.into_iter().map(|standing| standing.unwrap_or_else(unread)).collect()
    }

    async fn run(&self, work: Arc<TargetWork>, skipped: Skipped, looks_again: bool) -> Result<FleetReport, FleetError> {
        let start = Instant::now();
        // A run that would be refused in the middle is refused before its beginning.
        self.schedule.waves_of(&self.targets)?;
        let first = self.pass(self.targets.clone(), &self.schedule, &work, skipped).await?;
        let FleetReport { targets: mut reports, was_halted, was_halted_by_canaries, .. } = first;
        let mut second_look = None;
        if looks_again && !was_halted && !self.stop.is_stopped() {
            match self.added().await {
                Ok(added) if added.is_empty() => {}
                Ok(added) => {
                    let schedule = self.schedule.clone().canaries(Canaries::None);
                    reports.extend(self.pass(added, &schedule, &work, skipped).await?.targets);
                }
                Err(error) => second_look = Some(error.to_string()),
            }
        }
        let elapsed = start.elapsed();
        Ok(FleetReport { targets: reports, elapsed, was_halted, was_halted_by_canaries, second_look })
    }

    /// The targets that the sources name now, and did not name before.
    async fn added(&self) -> Result<Vec<FleetTarget>, FleetError> {
        if self.sources.iter().all(|source| matches!(source, TargetSource::One(_))) {
            return Ok(Vec::new());
        }
        let known: HashSet<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
        let mut targets = source::discover(&self.sources).await?;
        targets.retain(|target| self.selection.selects(target) && !known.contains(target.name.as_str()));
        Ok(targets)
    }

    /// Runs these targets in waves.
    async fn pass(
        &self,
        targets: Vec<FleetTarget>,
        schedule: &FleetSchedule,
        work: &Arc<TargetWork>,
        skipped: Skipped,
    ) -> Result<FleetReport, FleetError> {
        let waves = schedule.waves_of(&targets)?;
        let mut run = self.run_of(targets, Arc::clone(work), schedule);
        let open = self.skip(&mut run, skipped).await;
        run.jobs_per_server = connections::allowed(&run.targets, &open, schedule).await?;
        (self.handler)(&FleetEvent::Planned { targets: run.targets.len(), open: open.len() });
        let run = Arc::new(run);
        let has_canaries = schedule.has_canaries();
        let mut was_halted_by_canaries = false;
        for (wave, number) in waves.into_iter().zip(0..) {
            if run.is_ending() {
                break;
            }
            run.wave(wave.iter().copied().filter(|place| open.contains(place)).collect(), false).await;
            if number == 0 && has_canaries {
                // The others wait for the canaries, those included that could not even be read.
                run.wave(run.progress.take_deferred(), true).await;
                was_halted_by_canaries = !run.stop.is_stopped() && !run.progress.have_succeeded(&wave);
                if was_halted_by_canaries {
                    run.progress.halt();
                }
            }
        }
        if !run.is_ending() {
            run.wave(run.progress.take_deferred(), true).await;
        }
        let Some(run) = Arc::into_inner(run) else { return Ok(FleetReport::default()) };
        let was_halted = run.progress.is_halted();
        let targets = run.progress.into_reports(&run.targets);
        Ok(FleetReport { targets, was_halted, was_halted_by_canaries, ..FleetReport::default() })
    }

    fn run_of(&self, targets: Vec<FleetTarget>, work: Arc<TargetWork>, schedule: &FleetSchedule) -> FleetRun {
        FleetRun {
            migrations: self.migrations,
            options: self.options.clone(),
            handler: Arc::clone(&self.handler),
            stop: self.stop.clone(),
            work,
            jobs: schedule.jobs,
            jobs_per_server: schedule.jobs_per_server,
            max_failures: schedule.max_failures,
            progress: RunProgress::of(targets.len()),
            targets,
            findings: FleetFindings::default(),
            known: HashMap::new(),
        }
    }

    /// A run whose targets are upgraded together.
    fn prepared_run(&self) -> FleetRun {
        let work: Arc<TargetWork> = Arc::new(|_| Box::pin(async { Ok(TargetWorkDone::default()) }));
        self.run_of(self.targets.clone(), work, &self.schedule)
    }

    /// Reads where the targets stand, and notes those that have nothing to do. Returns the others.
    async fn skip(&self, run: &mut FleetRun, skipped: Skipped) -> HashSet<usize> {
        let everything = (0..run.targets.len()).collect();
        if skipped == Skipped::None {
            return everything;
        }
        let reader = StandingReader::new(self.migrations, self.graph);
        let mut open: HashSet<usize> = everything;
        for (place, standing) in reader.read(&run.targets, run.jobs).await {
            match standing {
                Ok(standing) if standing.is_complete() => {
                    run.skip(place, standing.current.clone());
                    open.remove(&place);
                }
                // A server that does not answer is not asked again for each of its targets.
                Err(error @ Error::Connect(_)) => {
                    run.note(place, Err(error), Duration::ZERO);
                    open.remove(&place);
                }
                Ok(standing) => {
                    let known = if standing.has_rows { KnownRecord::Incomplete } else { KnownRecord::Empty };
                    run.known.insert(place, known);
                }
                // The run itself says what is wrong.
                Err(_) => {}
            }
        }
        open
    }
}

/// Which targets a run leaves out after reading where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skipped {
    /// None; they are not read.
    None,
    /// Those at all heads with nothing to report.
    Complete,
}

fn parsed(target: &str) -> Result<Target, FleetError> {
    target.parse().map_err(|error| FleetError::Run(Box::new(Error::Target(error))))
}
