//! A run over the targets of a fleet.

use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use seachange_graph::Step;
use tokio::task::{JoinError, JoinSet};

use super::queue::TargetQueue;
use super::report::TargetWorkDone;
use super::seat::Seat;
use super::{FleetEvent, FleetEventHandler, FleetTarget, TargetReport};
use crate::connection::ConnectError;
use crate::error::Error;
use crate::event::{Event, EventHandler};
use crate::migrator::{FleetFindings, KnownRecord, Migrator, RunOptions, StopHandle};
use crate::revision::Migrations;
use crate::run_context::FirstTurn;

/// What is done with each target.
pub(super) type TargetWork =
    dyn Fn(Migrator) -> Pin<Box<dyn Future<Output = Result<TargetWorkDone, Error>> + Send>> + Send + Sync;

/// The steps of a target that are done.
type DoneSteps = Mutex<Vec<(Step, Duration)>>;

/// How long a target waits for another run before its turn goes to others; it gets another one at the end.
const FIRST_PATIENCE: Duration = Duration::from_millis(200);

/// What the workers of a run share.
pub(super) struct FleetRun {
    pub(super) migrations: &'static Migrations,
    pub(super) targets: Vec<FleetTarget>,
    pub(super) options: RunOptions,
    pub(super) handler: FleetEventHandler,
    pub(super) stop: StopHandle,
    pub(super) work: Arc<TargetWork>,
    pub(super) jobs: NonZeroUsize,
    pub(super) jobs_per_server: Option<NonZeroUsize>,
    pub(super) max_failures: usize,
    pub(super) progress: RunProgress,
    pub(super) findings: FleetFindings,
    /// What was read of the records before the run, by the positions of their targets.
    pub(super) known: HashMap<usize, KnownRecord>,
}

/// How far a run is.
#[derive(Default)]
pub(super) struct RunProgress {
    /// One for each target.
    reports: Mutex<Vec<Option<TargetReport>>>,
    /// Targets that wait for another run, and get another turn.
    deferred: Mutex<Vec<usize>>,
    /// Servers that do not answer.
    unreachable: Mutex<HashMap<String, ConnectError>>,
    failures: AtomicUsize,
    is_halted: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The result of a task, with its panic as one of the caller; `None` for a task that was cancelled.
pub(super) fn result_of<T>(ended: Result<T, JoinError>) -> Option<T> {
    ended.map_err(|error| error.try_into_panic().map(|panic| std::panic::resume_unwind(panic))).ok()
}

impl RunProgress {
    /// Without any report, for this number of targets.
    pub(super) fn of(targets: usize) -> Self {
        Self { reports: Mutex::new((0..targets).map(|_| None).collect()), ..Self::default() }
    }

    /// Whether failures have ended the run.
    pub(super) fn is_halted(&self) -> bool {
        self.is_halted.load(Ordering::Relaxed)
    }

    /// Ends the run: no other target is begun.
    pub(super) fn halt(&self) {
        self.is_halted.store(true, Ordering::Relaxed);
    }

    pub(super) fn set(&self, place: usize, report: TargetReport) {
        lock(&self.reports)[place] = Some(report);
    }

    /// Whether all of these targets have succeeded.
    pub(super) fn have_succeeded(&self, places: &[usize]) -> bool {
        let reports = lock(&self.reports);
        places.iter().all(|place| reports[*place].as_ref().is_some_and(|report| report.outcome.is_success()))
    }

    /// Whether a target has ended without success.
    pub(super) fn has_failed(&self) -> bool {
        lock(&self.reports).iter().flatten().any(|report| !report.outcome.is_success())
    }

    /// The targets that wait for another run.
    pub(super) fn take_deferred(&self) -> Vec<usize> {
        let mut deferred = std::mem::take(&mut *lock(&self.deferred));
        deferred.sort_unstable();
        deferred
    }

    /// The reports, in the order of the targets; a target without one was not begun.
    pub(super) fn into_reports(self, targets: &[FleetTarget]) -> Vec<TargetReport> {
        let reports = self.reports.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reports = reports.into_iter().zip(targets);
        reports.map(|(report, target)| report.unwrap_or_else(|| TargetReport::not_begun(target.clone()))).collect()
    }
}

impl FleetRun {
    /// Whether no other target is begun.
    pub(super) fn is_ending(&self) -> bool {
        self.progress.is_halted() || self.stop.is_stopped()
    }

    /// Runs some targets, and returns when all have ended. A target that has to wait for another run is deferred, unless
    /// `waits`.
    pub(super) async fn wave(self: &Arc<Self>, places: Vec<usize>, waits: bool) {
        let workers = self.jobs.get().min(places.len());
        let server = |place: usize| (place, self.targets[place].settings.server_identity());
        let queue = Arc::new(TargetQueue::new(places.into_iter().map(server), self.jobs_per_server));
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            tasks.spawn(Arc::clone(self).serve(Arc::clone(&queue), waits));
        }
        while let Some(ended) = tasks.join_next().await {
            result_of(ended);
        }
    }

    /// Takes one target after the other.
    async fn serve(self: Arc<Self>, queue: Arc<TargetQueue>, waits: bool) {
        let mut seat = None;
        while let Some((place, server)) = queue.next().await {
            if self.is_ending() {
                queue.end(&server);
                queue.drain();
                break;
            }
            seat = self.serve_one(seat, place, &server, waits).await;
            queue.end(&server);
        }
        if let Some(seat) = seat {
            seat.close().await;
        }
    }

    /// Runs one target, and notes the outcome. Returns the sessions if the next target can use them.
    async fn serve_one(&self, seat: Option<Seat>, place: usize, server: &str, waits: bool) -> Option<Seat> {
        let target = &self.targets[place];
        (self.handler)(&FleetEvent::Started { target });
        let start = Instant::now();
        let turn = (!waits).then(|| Arc::new(FirstTurn::new(self.first_patience())));
        let done = Arc::new(DoneSteps::default());
        let (seat, outcome) = self.run_target(seat, (place, server), turn.as_ref(), &done).await;
        if turn.is_some_and(|turn| !turn.has_done()) && matches!(outcome, Err(Error::LockTimeout { .. })) {
            (self.handler)(&FleetEvent::Deferred { target });
            lock(&self.progress.deferred).push(place);
            return seat;
        }
        self.note_after(place, outcome, std::mem::take(&mut *lock(&done)), start.elapsed());
        seat
    }

    /// Notes the outcome of a target.
    pub(super) fn note(&self, place: usize, outcome: Result<TargetWorkDone, Error>, elapsed: Duration) {
        self.note_after(place, outcome, Vec::new(), elapsed);
    }

    /// Notes the outcome of a target, with the steps that are done if it is an error.
    fn note_after(
        &self,
        place: usize,
        outcome: Result<TargetWorkDone, Error>,
        done: Vec<(Step, Duration)>,
        elapsed: Duration,
    ) {
        let report = TargetReport::of(self.targets[place].clone(), outcome, done, elapsed);
        if report.outcome.is_failure() && self.progress.failures.fetch_add(1, Ordering::Relaxed) >= self.max_failures {
            self.progress.halt();
        }
        (self.handler)(&FleetEvent::Finished { report: &report });
        self.progress.set(place, report);
    }

    async fn run_target(
        &self,
        seat: Option<Seat>,
        (place, server): (usize, &str),
        turn: Option<&Arc<FirstTurn>>,
        done: &Arc<DoneSteps>,
    ) -> (Option<Seat>, Result<TargetWorkDone, Error>) {
        let target = &self.targets[place];
        let known = lock(&self.progress.unreachable).get(server).and_then(ConnectError::of_server);
        if let Some(error) = known {
            return (seat, Err(error.into()));
        }
        let seat = match Seat::of(seat, &target.settings).await {
            Ok(seat) => seat,
            Err(error) => {
                if let Some(again) = error.of_server() {
                    lock(&self.progress.unreachable).insert(server.to_owned(), again);
                }
                return (None, Err(error.into()));
            }
        };
        let (handler, collected) = (self.handler_of(target), Arc::clone(done));
        let handler: EventHandler = Arc::new(move |event| {
            if let Event::Finished { step, elapsed, .. } = event {
                lock(&collected).push(((*step).clone(), *elapsed));
            }
            handler(event);
        });
        let migrator = match seat.migrator(self.migrations, &target.settings, &self.findings, handler) {
            Ok(migrator) => migrator,
            Err(error) => return (Some(seat), Err(error)),
        };
        // What was read is old when the target has waited for another run.
        let known = self.known.get(&place).copied().filter(|_| turn.is_some());
        let migrator = migrator.with_options(self.options.clone()).with_stop_handle(self.stop.clone());
        let outcome = Box::pin((self.work)(migrator.in_turn(turn.cloned()).knowing(known))).await;
        match outcome {
            Ok(done) => (Some(seat), Ok(done)),
            // What the error has left in the sessions is unknown.
            Err(error) => {
                seat.close().await;
                (None, Err(error))
            }
        }
    }

    /// How long a target waits for another run before others get its turn.
    fn first_patience(&self) -> Duration {
        FIRST_PATIENCE.min(self.options.run_lock_timeout())
    }

    /// The handler for the events of one target.
    pub(super) fn handler_of(&self, target: &FleetTarget) -> EventHandler {
        let (handler, target) = (Arc::clone(&self.handler), target.clone());
        Arc::new(move |event: &Event<'_>| handler(&FleetEvent::Target { target: &target, event }))
    }

    /// Notes a target with nothing to do.
    pub(super) fn skip(&self, place: usize, current: Vec<String>) {
        self.progress.set(place, TargetReport::unchanged(self.targets[place].clone(), current));
    }
}
