//! Reads the record: which revisions the database has applied.

use std::collections::HashSet;

use sea_orm::ConnectionTrait;
use seachange_graph::{AppliedError, AppliedSet, Graph, Plan, StampPlan, Target};

use super::{AheadPolicy, EditPolicy, GapPolicy, InterruptedRevision, Migrator, RunOptions, interruption};
use crate::error::Error;
use crate::gate;
use crate::lock;
use crate::record::RevisionRecord;
use crate::report::{WaitingRevision, Warnings};
use crate::revision::{Migrations, RegisteredRevision};
use crate::store::{RevisionRow, RevisionRowState, RevisionSummary};

/// Where a database stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DatabasePosition {
    /// The current revisions that the program knows.
    pub known: Vec<&'static RegisteredRevision>,
    /// The current revisions of a newer program.
    pub of_newer: Vec<RevisionRow>,
    /// All applied revisions that the program does not know, sorted. If there are any, the database is ahead of the
    /// program.
    pub unknown: Vec<String>,
}

impl Migrator {
    /// Reads the record, and finds where it is. Writes nothing: a missing table is not created.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignTable`] when the table is not the engine's, [`Error::Database`] when it cannot be read.
    pub async fn read(&self) -> Result<RevisionRecord, Error> {
        let (place, record) = (self.resolve_location().await?, self.read_by(&self.connection).await?);
        match place.and_then(|place| place.elsewhere_than.map(|current| (place.schema, current))) {
            // The search path may lead to the record of another program. That record is not used.
            Some((schema, current)) if !record.rows.is_empty() && self.knows_none(&record) => {
                Err(Error::RecordElsewhere { schema, current })
            }
            _ => Ok(record),
        }
    }

    /// Whether an upgrade to all heads has nothing to do and nothing to report: every revision of the program is
    /// applied with the code that it has now, and no other revision is. One query of three columns. When the query
    /// fails, the result is `false`, and a run that reads the whole record reports why.
    pub(super) async fn is_complete(&self) -> bool {
        let Some(search_path) = self.backend.search_path() else { return false };
        let Ok(glance) = self.store().summary(&self.connection, search_path).await else { return false };
        if let Some(schema) = glance.search_path.and_then(|path| self.backend.only_schema(path)) {
            self.located.get_or_init(|| self.store.placed(&schema));
        }
        let is_as_here = |mark: &RevisionSummary| self.script(&mark.revision).is_some_and(|script| mark.is_of(script));
        let (replaced, own): (Vec<_>, Vec<_>) = glance.marks.iter().partition(|mark| self.is_replaced(&mark.revision));
        own.len() == self.graph.len()
            && own.into_iter().all(is_as_here)
            && replaced.into_iter().all(RevisionSummary::is_applied)
    }

    /// Whether a squash revision of the program replaces the revision with this id.
    fn is_replaced(&self, id: &str) -> bool {
        self.graph.squash_of(id).is_some()
    }

    fn knows_none(&self, record: &RevisionRecord) -> bool {
        record.rows.iter().all(|row| !self.graph.knows(&row.revision))
    }

    /// Reads the record over a connection.
    pub(super) async fn read_by(&self, connection: &impl ConnectionTrait) -> Result<RevisionRecord, Error> {
        match self.store().rows(connection).await {
            Ok(rows) => Ok(RevisionRecord { rows, has_table: true }),
            Err(error) if self.backend.is_missing_table(&error) => Ok(RevisionRecord::default()),
            Err(source) if self.backend.is_missing_column(&source) => {
                Err(Error::ForeignTable { table: self.store.name(), source })
            }
            Err(source) => Err(Error::Database { doing: "cannot read which revisions are applied", source }),
        }
    }

    /// The applied set that the database has now.
    async fn applied(&self) -> Result<AppliedSet, Error> {
        self.with_running_detected(self.read().await?.applied(self.graph)).await
    }

    /// Distinguishes a revision that another run is executing from one that an interrupted run left behind.
    pub(super) async fn with_running_detected<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome {
            Err(Error::Interrupted { revision, direction, started_at, .. })
                if lock::is_at_work(self.context(), &self.connection).await =>
            {
                Err(Error::Running { revision, direction, started_at })
            }
            outcome => outcome,
        }
    }

    /// The revisions that an upgrade to all heads would apply, in that order; those that it would only record are not
    /// among them. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read) and [`RevisionRecord::applied`].
    pub async fn pending(&self) -> Result<Vec<&'static RegisteredRevision>, Error> {
        let applied = self.applied().await?;
        let plan = self.graph.upgrade(&applied, &[Target::HEADS])?;
        let pending = plan.steps.iter().filter(|step| !step.records_only);
        Ok(pending.filter_map(|step| self.script(&step.revision)).collect())
    }

    /// The pending revisions that an upgrade to all heads would leave for a later run now, and what they wait for. Read
    /// only.
    ///
    /// # Errors
    ///
    /// As [`pending`](Self::pending).
    pub async fn waiting(&self) -> Result<Vec<WaitingRevision>, Error> {
        let applied = self.applied().await?;
        let plan = self.graph.upgrade(&applied, &[Target::HEADS])?;
        Ok(gate::divide(self.context(), &self.connection, self.migrations, &plan).await?.1)
    }

    /// Where the database stands: the applied revisions that have no applied revision above them. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read) and [`RevisionRecord::applied_allowing_gaps`].
    pub async fn current(&self) -> Result<Vec<&'static RegisteredRevision>, Error> {
        let applied = self.with_running_detected(self.read().await?.applied_allowing_gaps(self.graph)).await?;
        Ok(self.graph.current(&applied).iter().filter_map(|revision| self.script(&revision.id)).collect())
    }

    /// Where the database stands, without the revisions of a newer program. Read only.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current), except that unknown revisions are not an error.
    pub async fn current_known(&self) -> Result<Vec<&'static RegisteredRevision>, Error> {
        let applied =
            self.with_running_detected(self.read().await?.known(self.graph).applied_allowing_gaps(self.graph)).await?;
        Ok(self.graph.current(&applied).iter().filter_map(|revision| self.script(&revision.id)).collect())
    }

    /// The applied set for reading where a database stands, in a graph that may be newer than the program's. The
    /// revisions of a newer program are not in the set; they are returned beside it. Read only.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current), except that a database may be ahead.
    pub async fn standing_in(&self, graph: &Graph) -> Result<(AppliedSet, Vec<String>), Error> {
        self.applied_and_unknown(&self.read().await?, graph).await
    }

    /// The applied set without the revisions of a newer program, and these revisions.
    async fn applied_and_unknown(
        &self,
        record: &RevisionRecord,
        graph: &Graph,
    ) -> Result<(AppliedSet, Vec<String>), Error> {
        match self.with_running_detected(record.applied_allowing_gaps(graph)).await {
            Err(Error::Applied(AppliedError::Ahead { unknown })) => {
                Ok((record.known(graph).applied_allowing_gaps(graph)?, unknown))
            }
            applied => Ok((applied?, Vec::new())),
        }
    }

    /// Where the database stands, which may be at revisions of a newer program: only their rows are known. Read only.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current), except that a database may be ahead.
    pub async fn standing(&self) -> Result<DatabasePosition, Error> {
        let record = self.read().await?;
        let (applied, unknown) = self.applied_and_unknown(&record, self.graph).await?;
        let is_unknown = |row: &&RevisionRow| unknown.contains(&row.revision);
        let below: HashSet<&str> = record.rows.iter().filter(is_unknown).flat_map(RevisionRow::pointers).collect();
        let known = self.graph.current(&applied).into_iter().filter(|revision| !below.contains(revision.id.as_str()));
        let above = record.rows.iter().filter(is_unknown).filter(|row| !below.contains(row.revision.as_str()));
        Ok(DatabasePosition {
            known: known.filter_map(|revision| self.script(&revision.id)).collect(),
            of_newer: above.cloned().collect(),
            unknown,
        })
    }

    /// What an interrupted run left, and whether the statement that was running took effect according to the catalogue.
    /// Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn interruption(&self) -> Result<Option<InterruptedRevision>, Error> {
        let record = self.read().await?;
        match record.unfinished().next() {
            Some(row) => interruption::load(self, row, &(&self.connection).into()).await.map(Some),
            None => Ok(None),
        }
    }

    /// Plans a downgrade without running it. Read only. Revisions that are missing below applied ones do not prevent a
    /// downgrade.
    ///
    /// # Errors
    ///
    /// As [`plan_upgrade`](Self::plan_upgrade).
    pub async fn plan_downgrade(&self, targets: &[Target]) -> Result<Plan, Error> {
        self.with_running_detected(self.plan_downgrade_from(&self.read().await?, targets)).await
    }

    /// Plans a stamp without writing it. Read only.
    ///
    /// # Errors
    ///
    /// As [`plan_upgrade`](Self::plan_upgrade).
    pub async fn plan_stamp(&self, targets: &[Target]) -> Result<StampPlan, Error> {
        let applied = self.read().await?.applied_with_gaps(self.graph)?;
        Ok(self.graph.stamp(&applied, targets)?)
    }

    pub(super) fn plan_downgrade_from(&self, record: &RevisionRecord, targets: &[Target]) -> Result<Plan, Error> {
        let plan = self.graph.downgrade(&record.applied_allowing_gaps(self.graph)?, targets)?;
        self.check_stored(record, plan)
    }

    /// Checks that an upgrade to all heads would have nothing to do. Read only; the warnings are returned, and emit no
    /// events.
    ///
    /// If the options allow a database to be ahead, a revision that a newer program is executing is not an error: a
    /// service that does not know this revision does not have to wait for it.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// let warnings = migrator.check().await?;
    /// assert!(warnings.edited.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Behind`] when revisions are pending, and [`Error::Unadopted`] when they are all pending because another
    /// tool has migrated the database; otherwise as [`plan_upgrade`](Self::plan_upgrade).
    pub async fn check(&self) -> Result<Warnings, Error> {
        if self.is_complete().await {
            return Ok(Warnings::default());
        }
        let record = match self.options.ahead {
            AheadPolicy::Refuse | AheadPolicy::Rollback => self.read().await?,
            AheadPolicy::Allow => self.read().await?.with_unknown_finished(self.graph),
        };
        let planned = self.plan_upgrade_from(&record, &[Target::HEADS]);
        let (plan, notices) = self.with_running_detected(planned).await?;
        if plan.steps.iter().all(|step| step.records_only) {
            return Ok(notices);
        }
        self.check_adopted(&record, Some(&plan), self.options.other_records).await?;
        Err(Error::Behind { pending: plan.steps.into_iter().map(|step| step.revision).collect() })
    }

    /// Plans an upgrade without running it. Read only; the warnings are returned, and emit no events.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// use seachange::graph::Target;
    ///
    /// let (plan, _warnings) = migrator.plan_upgrade(&[Target::HEADS]).await?;
    /// assert_eq!(plan.len(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Plan`] when a target cannot be reached, [`Error::Edited`] when the options refuse edited revisions,
    /// [`Error::Unadopted`] for a database that another tool has migrated; otherwise as [`pending`](Self::pending).
    pub async fn plan_upgrade(&self, targets: &[Target]) -> Result<(Plan, Warnings), Error> {
        let record = self.read().await?;
        let (plan, notices) = self.with_running_detected(self.plan_upgrade_from(&record, targets)).await?;
        self.check_adopted(&record, Some(&plan), self.options.other_records).await?;
        Ok((plan, notices))
    }

    pub(super) fn plan_upgrade_from(
        &self,
        record: &RevisionRecord,
        targets: &[Target],
    ) -> Result<(Plan, Warnings), Error> {
        let (applied, notices) = record.applied_under_policy(self.migrations, self.graph, &self.options)?;
        Ok((self.graph.upgrade(&applied, targets)?, notices))
    }

    /// The edited revisions that a plan reverts: their current code may not undo the code that was applied.
    pub(super) fn edited_in(&self, record: &RevisionRecord, plan: &Plan) -> Warnings {
        let mut edited = record.edited(self.migrations, self.graph);
        edited.retain(|id| plan.steps.iter().any(|step| step.revision == *id));
        Warnings { edited, ..Warnings::default() }
    }

    /// Lists every revision: those of the program in the order in which they would run, then those that only the
    /// database knows. Read only.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// for revision in migrator.status().await? {
    ///     println!("{}: {:?}", revision.id, revision.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), except that the record need not match the graph.
    pub async fn status(&self) -> Result<Vec<RevisionStatus>, Error> {
        let record = self.read().await?;
        let is_begun = record.unfinished().next().is_some();
        let is_running = is_begun && lock::is_at_work(self.context(), &self.connection).await;
        let state = |script, row| state(script, row, is_running);
        let known = self.graph.iter().map(|revision| {
            let script = self.script(&revision.id);
            let state =
                record.row(&revision.id).map_or_else(|| without_row(revision, &record), |row| state(script, row));
            RevisionStatus { id: revision.id.clone(), script, state }
        });
        let unknown = record
            .rows
            .iter()
            .filter(|row| !self.graph.knows(&row.revision) || (!row.is_applied() && self.is_replaced(&row.revision)))
            .map(|row| {
                let script = self.script(&row.revision);
                RevisionStatus { id: row.revision.clone(), script, state: state(script, row) }
            });
        Ok(known.chain(unknown).collect())
    }
}

impl RevisionRecord {
    /// The applied revisions whose files have other code than when they were applied, in the order in which they run.
    pub fn edited(&self, migrations: &Migrations, graph: &Graph) -> Vec<String> {
        let is_edited = |row: &&RevisionRow| migrations.get(&row.revision).is_some_and(|script| row.is_edited(script));
        let edited: HashSet<&str> = self.rows.iter().filter(is_edited).map(|row| row.revision.as_str()).collect();
        if edited.is_empty() {
            return Vec::new();
        }
        graph.iter().map(|revision| &revision.id).filter(|id| edited.contains(id.as_str())).cloned().collect()
    }

    /// The applied set that an upgrade starts from. Unknown revisions are omitted if `options` allow them.
    fn applied_under_policy(
        &self,
        migrations: &Migrations,
        graph: &Graph,
        options: &RunOptions,
    ) -> Result<(AppliedSet, Warnings), Error> {
        let (applied, unknown) = match self.start(graph, options.gaps) {
            Err(Error::Applied(AppliedError::Ahead { unknown })) if options.ahead == AheadPolicy::Allow => {
                (self.known(graph).start(graph, options.gaps)?, unknown)
            }
            applied => (applied?, Vec::new()),
        };
        let edited = self.edited(migrations, graph);
        if options.edits == EditPolicy::Refuse && !edited.is_empty() {
            return Err(Error::Edited { revisions: edited });
        }
        Ok((applied, Warnings { unknown, edited }))
    }

    fn start(&self, graph: &Graph, gaps: GapPolicy) -> Result<AppliedSet, Error> {
        match gaps {
            GapPolicy::Refuse => self.applied(graph),
            GapPolicy::Fill => self.applied_allowing_gaps(graph),
        }
    }

    /// The record with the unfinished revisions of a newer program counted as applied.
    fn with_unknown_finished(mut self, graph: &Graph) -> Self {
        for row in self.rows.iter_mut().filter(|row| !graph.knows(&row.revision)) {
            row.state = RevisionRowState::Applied;
        }
        self
    }
}

/// A revision with its state in the database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RevisionStatus {
    /// The id.
    pub id: String,
    /// The revision in the program; `None` when only the database knows it.
    pub script: Option<&'static RegisteredRevision>,
    /// Its state in the database.
    pub state: RevisionState,
}

/// The state of a revision in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionState {
    /// It is not applied.
    Pending,
    /// It is not recorded, and revisions that it replaces are applied. Where all of them are, it counts as applied.
    ByReplaced {
        /// The number of applied revisions that it replaces.
        applied: usize,
        /// The number of revisions that it replaces.
        replaced: usize,
    },
    /// It is applied, as the row says.
    Applied(RevisionRow),
    /// It is applied, and its file has other code now.
    Edited(RevisionRow),
    /// It was begun and not finished, and no run is running.
    Interrupted(RevisionRow),
    /// It was begun, and another run is running.
    Running(RevisionRow),
}

/// The state of a revision that has no row.
fn without_row(revision: &seachange_graph::Revision, record: &RevisionRecord) -> RevisionState {
    let is_applied = |id: &&String| record.row(id).is_some_and(RevisionRow::is_applied);
    match revision.replaces.iter().filter(is_applied).count() {
        0 => RevisionState::Pending,
        applied => RevisionState::ByReplaced { applied, replaced: revision.replaces.len() },
    }
}

fn state(script: Option<&RegisteredRevision>, row: &RevisionRow, is_running: bool) -> RevisionState {
    let row = row.clone();
    if !row.is_applied() && is_running {
        RevisionState::Running(row)
    } else if !row.is_applied() {
        RevisionState::Interrupted(row)
    } else if script.is_some_and(|script| row.is_edited(script)) {
        RevisionState::Edited(row)
    } else {
        RevisionState::Applied(row)
    }
}
