//! A run that changes all targets or none: PostgreSQL prepares the transaction of each, and then they commit.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{DatabaseConnection, DbErr};
use seachange_graph::Target;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::report::TargetWorkDone;
use super::run::{FleetRun, result_of};
use super::seat::Seat;
use super::{Fleet, FleetError, FleetEvent, FleetReport, FleetTarget, Skipped, connections};
use crate::backend::{self, Backend, LockKey, LockRole};
use crate::connection::connect;
use crate::error::Error;
use crate::event::{Event, EventHandler};
use crate::migrator::{Participant, Verdict, committed, prepared_transactions, settle};
use crate::run_context::PreparedTransaction;
use crate::settings::Driver;
use crate::store::{RevisionStore, RevisionTable, hexadecimal};

/// How long a run waits before it tries again to take the lock of a database.
const PAUSE: Duration = Duration::from_millis(100);

/// The beginning of the names of the prepared transactions.
const PREFIX: &str = "seachange:";

/// The name of a prepared transaction: the run, the target whose commit decides, and the target itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TransactionName {
    run: String,
    first: String,
    own: String,
}

impl TransactionName {
    fn text(&self) -> String {
        format!("{PREFIX}{}:{}:{}", self.run, self.first, self.own)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split(':').map(str::to_owned);
        let name = Self { run: parts.next()?, first: parts.next()?, own: parts.next()? };
        parts.next().is_none().then_some(name)
    }
}

/// What distinguishes a target from others on its server, in few characters.
fn key(target: &FleetTarget) -> String {
    let place = format!("{:?} {:?}", target.settings.database_name(), target.settings.schema());
    hexadecimal(&Sha256::digest(place.as_bytes()))[..16].to_owned()
}

/// The table of the record of a target.
fn store(target: &FleetTarget) -> RevisionStore {
    RevisionStore::new(RevisionTable::of(&target.settings))
}

impl Fleet {
    /// Upgrades all targets, or none: each target prepares its transaction, and they commit when all have prepared. Only on
    /// PostgreSQL, whose `max_prepared_transactions` has to admit as many as there are targets with something to do. The
    /// targets run at once, each in two sessions; one more session in each database keeps other runs of this kind out.
    ///
    /// A run that was killed between prepare and commit leaves prepared transactions; the next run commits them if the
    /// decision was taken, and rolls them back otherwise. A target that cannot be read keeps all others from being changed.
    ///
    /// # Errors
    ///
    /// [`FleetError::NotTogether`] on another database system, [`FleetError::TooFewPrepared`],
    /// [`FleetError::TooFewConnections`]; [`FleetError::Run`] when another run of this kind holds a database for too long;
    /// [`FleetError::Undecided`] if the target that holds the decision about a prepared transaction is not in the fleet. What
    /// happens in a target is in the report.
    pub async fn upgrade_together(&self, targets: &[Target]) -> Result<FleetReport, FleetError> {
        let start = Instant::now();
        if let Some(other) = self.targets.iter().find(|target| target.settings.driver() != Driver::Postgres) {
            return Err(FleetError::NotTogether { driver: other.settings.driver() });
        }
        let gate = self.keep_others_out().await?;
        let outcome = self.upgrade_alone(targets, start).await;
        for session in gate {
            let _ = session.close_by_ref().await;
        }
        outcome
    }

    /// Takes the lock of each database, one after the other in one order for all runs, and returns the sessions that hold
    /// them. A run that is alive is thereby left alone: what it has prepared is its own.
    async fn keep_others_out(&self) -> Result<Vec<DatabaseConnection>, FleetError> {
        const LOCKING: &str = "cannot take the lock that keeps other runs out";
        let place =
            |target: &FleetTarget| (target.settings.server_identity(), target.settings.database_name().to_owned());
        let databases: BTreeMap<_, _> = self.targets.iter().map(|target| (place(target), target)).collect();
        let (key, start) = (LockKey::new("seachange", "all or none"), Instant::now());
        let mut sessions = Vec::new();
        for target in databases.into_values() {
            // What cannot be connected to is reported as a target.
            let Ok(session) = connect(&target.settings).await else { continue };
            let backend = backend::of(session.get_database_backend()).map_err(FleetError::database("cannot start"))?;
            let mut has_told = false;
            while !backend
                .try_lock(&(&session).into(), key, LockRole::Together)
                .await
                .map_err(FleetError::database(LOCKING))?
            {
                let waited = start.elapsed();
                if self.stop.is_stopped() {
                    return Err(FleetError::Run(Box::new(Error::Stopped { waited })));
                }
                if waited >= self.options.run_lock_timeout() {
                    return Err(FleetError::Run(Box::new(Error::LockTimeout { holder: None, waited })));
                }
                if !std::mem::replace(&mut has_told, true) {
                    let event = &Event::Waiting { holder: None, waited };
                    (self.handler)(&FleetEvent::Target { target, event });
                }
                tokio::time::sleep(PAUSE).await;
            }
            sessions.push(session);
        }
        Ok(sessions)
    }

    /// Upgrades all targets or none, while no other run of this kind is at work in their databases.
    async fn upgrade_alone(&self, targets: &[Target], start: Instant) -> Result<FleetReport, FleetError> {
        self.recover().await?;
        let mut run = self.prepared_run();
        let open = self.skip(&mut run, Skipped::Complete).await;
        let mut places: Vec<usize> = open.iter().copied().collect();
        places.sort_unstable();
        let schedule = self.schedule.clone().jobs(std::num::NonZeroUsize::MAX);
        connections::allowed(&self.targets, &open, &schedule).await?;
        let run = Arc::new(run);
        // If one target cannot even be read, nothing is changed.
        let can_begin = !run.progress.has_failed();
        if can_begin && let Some(backend) = self.check_prepared(&places).await? {
            (self.handler)(&FleetEvent::Planned { targets: self.targets.len(), open: open.len() });
            run.decider_first(&mut places, targets).await;
            together(&run, backend, &places, targets.into()).await;
        }
        let Some(run) = Arc::into_inner(run) else { return Ok(FleetReport::default()) };
        let reports = run.progress.into_reports(&run.targets);
        Ok(FleetReport { targets: reports, elapsed: start.elapsed(), ..FleetReport::default() })
    }

    /// Checks that each server admits as many prepared transactions as are needed. `None` when no target has something to
    /// do.
    async fn check_prepared(&self, places: &[usize]) -> Result<Option<&'static dyn Backend>, FleetError> {
        const FREE: &str = "SELECT current_setting('max_prepared_transactions')::bigint
            - (SELECT count(*) FROM pg_catalog.pg_prepared_xacts) AS answer";
        let mut backend = None;
        for (count, target) in connections::by_server(places.iter().map(|place| &self.targets[*place])) {
            let needed = u64::try_from(count).unwrap_or(u64::MAX);
            let connection = connect(&target.settings).await?;
            let own = backend::of(connection.get_database_backend());
            backend = Some(own.map_err(FleetError::database("cannot start"))?);
            let free: Result<i64, DbErr> = backend::query_scalar(&connection, FREE, []).await;
            let free = free.map_err(FleetError::database("cannot read `max_prepared_transactions`"))?;
            let _ = connection.close_by_ref().await;
            let free = u64::try_from(free).unwrap_or_default();
            if free < needed {
                let server = target.settings.in_schema("").to_string();
                return Err(FleetError::TooFewPrepared { server, free, needed });
            }
        }
        Ok(backend)
    }

    /// Decides about the prepared transactions that an earlier run has left in the targets.
    async fn recover(&self) -> Result<(), FleetError> {
        for target in &self.targets {
            let Ok(connection) = connect(&target.settings).await else { continue };
            let outcome = self.recover_in(target, &connection).await;
            let _ = connection.close_by_ref().await;
            outcome?;
        }
        Ok(())
    }

    async fn recover_in(&self, target: &FleetTarget, connection: &DatabaseConnection) -> Result<(), FleetError> {
        const READING: &str = "cannot read the prepared transactions";
        let backend = backend::of(connection.get_database_backend()).map_err(FleetError::database(READING))?;
        let found = prepared_transactions(connection, backend, PREFIX).await.map_err(FleetError::database(READING))?;
        let own = key(target);
        for (text, name) in found.iter().filter_map(|text| Some((text, TransactionName::parse(text)?))) {
            if name.own != own {
                continue;
            }
            let commits = self.was_committed(&name, text, target).await?;
            settle(connection, backend, text, commits).await.map_err(|error| FleetError::Run(Box::new(error)))?;
            (self.handler)(&FleetEvent::Settled { target, transaction: text, commits });
        }
        Ok(())
    }

    /// Whether a run took the decision to commit: the first of its targets holds the row.
    async fn was_committed(
        &self,
        name: &TransactionName,
        text: &str,
        target: &FleetTarget,
    ) -> Result<bool, FleetError> {
        let mut is_known = false;
        for first in self.targets.iter().filter(|first| key(first) == name.first) {
            is_known = true;
            let connection = connect(&first.settings).await?;
            let backend =
                backend::of(connection.get_database_backend()).map_err(FleetError::database("cannot start"))?;
            let found = committed(&connection, backend, &store(first), &name.run).await;
            let _ = connection.close_by_ref().await;
            if found.map_err(FleetError::database("cannot read whether a run was committed"))? {
                return Ok(true);
            }
        }
        match is_known {
            true => Ok(false),
            false => Err(FleetError::Undecided { target: target.name.clone(), transaction: text.to_owned() }),
        }
    }
}

/// Runs the targets at these positions at once, and lets them commit when all have prepared.
async fn together(run: &Arc<FleetRun>, backend: &'static dyn Backend, places: &[usize], targets: Arc<[Target]>) {
    let Some(first) = places.first() else { return };
    let (votes, mut voted) = mpsc::unbounded_channel();
    let (decided, mut decision) = mpsc::unbounded_channel();
    let (judge, verdict) = watch::channel(Verdict::Open);
    let name = run_name();
    let first_key = key(&run.targets[*first]);
    let mut participants = Vec::new();
    let mut tasks = JoinSet::new();
    for place in places {
        let target = &run.targets[*place];
        let own = TransactionName { run: name.clone(), first: first_key.clone(), own: key(target) };
        let is_first = place == first;
        let before = if is_first { store(target).decision_text(backend, &name) } else { String::new() };
        let transaction = PreparedTransaction { name: own.text(), before };
        let participant =
            Arc::new(Participant::new(transaction, is_first, votes.clone(), verdict.clone(), decided.clone()));
        participants.push(Arc::clone(&participant));
        tasks.spawn(Arc::clone(run).take_part(*place, participant, Arc::clone(&targets)));
    }
    drop((votes, decided));
    let mut agrees = true;
    for _ in places {
        agrees &= voted.recv().await.unwrap_or(false);
    }
    let can_decide = participants.first().is_some_and(|first| first.is_prepared());
    if agrees && can_decide {
        let _ = judge.send(Verdict::First);
        let is_decided = decision.recv().await.unwrap_or(false);
        let _ = judge.send(if is_decided { Verdict::Commit } else { Verdict::Unknown });
    } else {
        let _ = judge.send(Verdict::RollBack);
    }
    while let Some(ended) = tasks.join_next().await {
        result_of(ended);
    }
}

impl FleetRun {
    /// Puts a target with something to do first: the commit of the first one is the decision, and a target without a step
    /// prepares nothing.
    async fn decider_first(&self, places: &mut [usize], targets: &[Target]) {
        for index in 0..places.len() {
            let target = &self.targets[places[index]];
            // A target whose plan cannot be made reports that itself.
            if self.has_steps(target, targets).await.unwrap_or(false) {
                places[..=index].rotate_right(1);
                return;
            }
        }
    }

    /// Whether an upgrade of a target has a step.
    async fn has_steps(&self, target: &FleetTarget, targets: &[Target]) -> Result<bool, Error> {
        let seat = Seat::of(None, &target.settings).await?;
        let silent: EventHandler = Arc::new(|_| {});
        let migrator = seat.migrator(self.migrations, &target.settings, &self.findings, silent)?;
        let plan = migrator.with_options(self.options.clone()).plan_upgrade(targets).await;
        seat.close().await;
        plan.map(|(plan, _)| !plan.is_empty())
    }

    /// Runs one target up to its vote, carries out the verdict, and notes the outcome.
    async fn take_part(self: Arc<Self>, place: usize, participant: Arc<Participant>, targets: Arc<[Target]>) {
        let target = &self.targets[place];
        (self.handler)(&FleetEvent::Started { target });
        let start = Instant::now();
        let outcome = self.upgrade_one(target, &participant, &targets).await;
        participant.vote(outcome.is_ok());
        self.note(place, outcome.map(TargetWorkDone::from), start.elapsed());
    }

    async fn upgrade_one(
        &self,
        target: &FleetTarget,
        participant: &Arc<Participant>,
        targets: &[Target],
    ) -> Result<crate::report::Report, Error> {
        let seat = Seat::of(None, &target.settings).await?;
        let migrator = seat.migrator(self.migrations, &target.settings, &self.findings, self.handler_of(target))?;
        let migrator = migrator
            .with_options(self.options.clone())
            .with_stop_handle(self.stop.clone())
            .taking_part(Arc::clone(participant));
        let outcome = Box::pin(migrator.upgrade_to(targets)).await;
        seat.close().await;
        outcome
    }
}

/// A name that no other run has.
fn run_name() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let name = TransactionName { run: run_name(), first: "0a".to_owned(), own: "1b".to_owned() };
        assert_eq!(TransactionName::parse(&name.text()), Some(name.clone()));
        assert!(name.text().len() < 200, "PostgreSQL takes 200 bytes");
        assert_eq!(TransactionName::parse("seachange:a:b"), None);
        assert_eq!(TransactionName::parse("another:a:b:c"), None);
        assert_ne!(run_name(), run_name());
    }
}
