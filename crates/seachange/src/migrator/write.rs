//! The ways to change what is applied.

use std::time::Instant;

use seachange_graph::{AppliedSet, Plan, PlanError, Revision, StampPlan, Target};

use super::{AheadPolicy, InterruptedRevision, Migrator, OtherRecordPolicy, Resolution, interruption, run};
use crate::adopt::{
    AdoptError, AdoptedRevision, AdoptionPlan, ForeignVersionTable, MigrationTool, VersionMatcher, version_of,
};
use crate::database_error::is_denied;
use crate::error::Error;
use crate::event::Event;
use crate::lock::{self, Backoff, Reminder};
use crate::record::RevisionRecord;
use crate::report::Report;
use crate::revision::RegisteredRevision;
use crate::sql::quoted_name;
use crate::store::{RevisionRow, RevisionRowState};

const WRITING: &str = "cannot write which revisions are applied";

impl Migrator {
    /// Upgrades to a target, such as `heads`, `+1` or the beginning of an id; see [`Target`] for all of them.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// let report = migrator.upgrade("heads").await?;
    /// assert!(report.done.is_empty(), "every revision was applied before");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Target`] and [`Error::Plan`] for a target that cannot be reached; [`Error::Unadopted`] when another
    /// tool has migrated the database and no revision is recorded in it; [`Error::Edited`] when the options refuse
    /// edited revisions; [`Error::Failed`] when a revision fails; otherwise as [`pending`](Self::pending).
    pub async fn upgrade(&self, target: &str) -> Result<Report, Error> {
        self.upgrade_to(&[target.parse()?]).await
    }

    /// Upgrades to several targets in one run. On a standby of PostgreSQL, waits for the primary as long as the options say.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn upgrade_to(&self, targets: &[Target]) -> Result<Report, Error> {
        let (started, mut pause, mut reminder) = (Instant::now(), Backoff::for_retry(), Reminder::default());
        loop {
            let error = match self.try_upgrade_to(targets).await {
                Err(error @ Error::Standby { .. }) => error,
                outcome => return outcome,
            };
            let Error::Standby { primary, .. } = &error else { return Err(error) };
            let (waited, limit) = (started.elapsed(), self.options.primary_wait);
            if waited >= limit || self.context().is_stopping() {
                return Err(error);
            }
            if reminder.is_due(primary) {
                self.context().emit(&Event::Standby { primary: primary.as_deref(), waited });
            }
            pause.sleep(limit - waited, self.stop.flag()).await;
        }
    }

    /// One attempt at an upgrade.
    async fn try_upgrade_to(&self, targets: &[Target]) -> Result<Report, Error> {
        if *targets == [Target::HEADS] && self.known.is_none() && self.is_complete().await {
            return Ok(run::nothing_to_do(self));
        }
        let reverted = match self.options.ahead {
            AheadPolicy::Rollback => run::explain(self, Box::pin(self.revert_unknown()).await).await?,
            AheadPolicy::Refuse | AheadPolicy::Allow => Report::default(),
        };
        if !reverted.left.is_empty() {
            return Ok(reverted);
        }
        let others = self.options.other_records;
        let outcome = run::run(self, others, |record| self.plan_upgrade_from(record, targets)).await;
        let report = run::explain(self, outcome).await?;
        let done = reverted.done.into_iter().chain(report.done).collect();
        Ok(Report { done, waited: reverted.waited + report.waited, ..report })
    }

    /// Downgrades to a target, which stays applied, such as `base`, `-1` or the beginning of an id.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// let report = migrator.downgrade("base").await?;
    /// assert!(report.current.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn downgrade(&self, target: &str) -> Result<Report, Error> {
        self.downgrade_to(&[target.parse()?]).await
    }

    /// Downgrades to several targets in one run.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn downgrade_to(&self, targets: &[Target]) -> Result<Report, Error> {
        // Without recorded revisions, a downgrade has nothing to revert.
        let others = OtherRecordPolicy::Ignore;
        let outcome = run::run(self, others, |record| {
            let plan = self.plan_downgrade_from(record, targets)?;
            let notices = self.edited_in(record, &plan);
            Ok((plan, notices))
        });
        run::explain(self, outcome.await).await
    }

    /// Runs the rest of the revision that was interrupted. Statements that the journal shows as finished do not run
    /// again.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// use seachange::Error;
    /// use seachange::migrator::Resolution;
    ///
    /// let outcome = migrator.resume(Resolution::Ask).await;
    /// assert!(matches!(outcome, Err(Error::NotInterrupted)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InDoubt`] when the user has to say whether a statement took effect, and [`Error::Unjournalled`] when
    /// the user has to say which ones did; [`Error::NotInterrupted`] when there is nothing to resume; otherwise as
    /// [`upgrade`](Self::upgrade).
    pub async fn resume(&self, doubt: Resolution) -> Result<Report, Error> {
        interruption::resume(self, doubt).await
    }

    /// Records an interrupted revision as applied, after the user has finished its changes by hand.
    ///
    /// # Errors
    ///
    /// [`Error::NotInterrupted`] when nothing was interrupted; otherwise as [`stamp`](Self::stamp).
    pub async fn mark_applied(&self) -> Result<InterruptedRevision, Error> {
        interruption::settle(self, true).await
    }

    /// Records an interrupted revision as not applied, after the user has undone its changes by hand.
    ///
    /// # Errors
    ///
    /// As [`mark_applied`](Self::mark_applied).
    pub async fn mark_rolled_back(&self) -> Result<InterruptedRevision, Error> {
        interruption::settle(self, false).await
    }

    /// Records that the database stands at a target, without running anything; see [`stamp_at`](Self::stamp_at).
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// let plan = migrator.stamp("heads").await?;
    /// assert!(plan.add.is_empty() && plan.remove.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade), except [`Error::Failed`].
    pub async fn stamp(&self, target: &str) -> Result<StampPlan, Error> {
        self.stamp_at(&[target.parse()?]).await
    }

    /// Records that the database stands at some targets, without running anything. Revisions below the targets are
    /// recorded as applied, revisions above them as not applied; all others stay as they are. The same holds for a
    /// revision that an interrupted run left: `stamp ID` records it as applied, `stamp ID@-1` as not applied. Gaps
    /// below the targets are filled.
    ///
    /// # Errors
    ///
    /// As [`stamp`](Self::stamp).
    pub async fn stamp_at(&self, targets: &[Target]) -> Result<StampPlan, Error> {
        self.plan_stamp(targets).await?;
        run::locked(self, async {
            let record = self.read().await?;
            let applied = record.applied_with_gaps(self.graph)?;
            let plan = self.graph.stamp(&applied, targets)?;
            // The targets decide about an interrupted revision: below them it is applied; elsewhere they say nothing.
            let below = self.below(&applied, targets)?;
            self.record_stamp(&record, plan, &below).await
        })
        .await
    }

    /// Records that the database stands at exactly these targets, whatever the record says now. Rows of revisions that
    /// the program does not know are deleted as well.
    ///
    /// # Errors
    ///
    /// As [`stamp`](Self::stamp), except that the record need not match the graph.
    pub async fn purge_and_stamp_at(&self, targets: &[Target]) -> Result<StampPlan, Error> {
        self.plan_purge(targets).await?;
        run::locked(self, async {
            let record = self.read().await?;
            let (plan, below) = self.plan_purge_from(&record, targets)?;
            self.record_stamp(&record, plan, &below).await
        })
        .await
    }

    /// Plans what [`purge_and_stamp_at`](Self::purge_and_stamp_at) would change. Read only.
    ///
    /// # Errors
    ///
    /// As [`purge_and_stamp_at`](Self::purge_and_stamp_at).
    pub async fn plan_purge(&self, targets: &[Target]) -> Result<StampPlan, Error> {
        Ok(self.plan_purge_from(&self.read().await?, targets)?.0)
    }

    /// The change, and all revisions that are recorded as applied after it.
    fn plan_purge_from(&self, record: &RevisionRecord, targets: &[Target]) -> Result<(StampPlan, Vec<String>), Error> {
        let known = record.known(self.graph).applied_with_gaps(self.graph)?;
        let below = self.below(&known, targets)?;
        let add = below.iter().filter(|id| record.row(id).is_none()).cloned().collect();
        let rows = record.rows.iter().rev().map(|row| &row.revision);
        let remove = rows.filter(|id| !below.contains(id)).cloned().collect();
        Ok((StampPlan { add, remove }, below))
    }

    /// All revisions at or below some targets.
    fn below(&self, applied: &AppliedSet, targets: &[Target]) -> Result<Vec<String>, Error> {
        let mut places = Vec::new();
        for target in targets {
            places.extend(self.graph.resolve(applied, target)?.iter().map(|revision| Target::revision(revision)));
        }
        Ok(self.graph.stamp(&self.graph.none_applied(), &places)?.add)
    }

    /// Creates the tables of the record if they are missing, or brings them to the present shape. Everything that writes
    /// does the same.
    ///
    /// # Errors
    ///
    /// As [`stamp`](Self::stamp).
    pub async fn ensure_record(&self) -> Result<(), Error> {
        run::locked(self, run::make_table(self)).await
    }

    /// Records a revision as applied that this program does not contain, because its file was written just now for what
    /// the database already has.
    ///
    /// # Errors
    ///
    /// As [`stamp`](Self::stamp); [`Error::Applied`] when another revision is applied.
    pub async fn record_written(&self, revision: &Revision, source_hash: &str) -> Result<(), Error> {
        run::locked(self, async {
            let record = self.read().await?;
            record.applied(self.graph)?;
            run::make_table(self).await?;
            let row = RevisionRow::started(revision, source_hash, RevisionRowState::Applied, self.migrations.program())
                .applied_now();
            let context = self.run_context().await?;
            let transaction = lock::begin(context, WRITING).await?;
            let written = async {
                self.store().insert(&transaction, &row).await?;
                self.store_downgrades(&transaction, [row.revision.as_str()].into_iter()).await
            };
            let written = written.await;
            lock::end(context, transaction, written, WRITING).await
        })
        .await
    }

    /// Writes a stamp, and settles the interrupted revisions among `applied`.
    async fn record_stamp(
        &self,
        record: &RevisionRecord,
        plan: StampPlan,
        applied: &[String],
    ) -> Result<StampPlan, Error> {
        let settled: Vec<RevisionRow> =
            record.unfinished().filter(|row| applied.contains(&row.revision)).cloned().collect();
        let is_settled = record.unfinished().any(|row| plan.remove.contains(&row.revision) || settled.contains(row));
        let has_journal = is_settled && self.interruption().await?.is_some_and(|known| known.has_entries());
        run::make_table(self).await?;
        self.write_stamp(&plan, settled, has_journal).await?;
        Ok(plan)
    }

    /// Writes the rows, and deletes the journal of a revision that the stamp settles.
    async fn write_stamp(&self, plan: &StampPlan, settled: Vec<RevisionRow>, has_journal: bool) -> Result<(), Error> {
        let context = self.run_context().await?;
        let transaction = lock::begin(context, WRITING).await?;
        let written = async {
            for id in &plan.remove {
                self.store().delete(&transaction, id).await?;
            }
            for revision in plan.add.iter().filter_map(|id| self.graph.get(id)) {
                self.store().insert(&transaction, &self.stamped(revision)).await?;
            }
            let settled: Vec<RevisionRow> = settled.into_iter().map(RevisionRow::applied_now).collect();
            for row in &settled {
                self.store().update(&transaction, row).await?;
            }
            let recorded = plan.add.iter().chain(settled.iter().map(|row| &row.revision));
            self.store_downgrades(&transaction, recorded.map(String::as_str)).await?;
            if has_journal {
                self.store().clear_journal(&transaction).await?;
            }
            Ok(())
        };
        let written = written.await;
        lock::end(context, transaction, written, WRITING).await
    }

    /// The row of a revision that is recorded without running.
    pub(super) fn stamped(&self, revision: &Revision) -> RevisionRow {
        let source_hash = self.script(&revision.id).map_or("", |script| script.source_hash);
        RevisionRow::started(
            self.graph.as_recorded(revision),
            source_hash,
            RevisionRowState::Applied,
            self.migrations.program(),
        )
        .applied_now()
    }

    /// Drops every table, view and type in the current schema, whichever program made it, while no other run is
    /// running.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] with what the database said. On MySQL and MariaDB, the tables dropped before the error stay
    /// dropped.
    pub async fn drop_everything(&self) -> Result<(), Error> {
        run::locked(self, async {
            let dropped = self.backend.drop_everything(&self.connection).await;
            dropped.map_err(Error::database("cannot drop everything"))
        })
        .await
    }

    /// Records the current code of edited revisions, of all or of those that `targets` name. Returns the revisions in
    /// the order in which they run. A named revision that was not edited stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Plan`] when a target names no revision, or one that is not applied; otherwise as
    /// [`stamp`](Self::stamp), except that the record need not match the graph.
    pub async fn accept_edited(&self, targets: &[Target]) -> Result<Vec<&'static RegisteredRevision>, Error> {
        if self.edited(targets).await?.is_empty() {
            return Ok(Vec::new());
        }
        run::locked(self, async {
            let scripts = self.edited(targets).await?;
            run::make_table(self).await?;
            self.write_hashes(&scripts).await?;
            Ok(scripts)
        })
        .await
    }

    /// The edited revisions: all of them, or those that `targets` name.
    async fn edited(&self, targets: &[Target]) -> Result<Vec<&'static RegisteredRevision>, Error> {
        let record = self.read().await?;
        let mut edited = record.edited(self.migrations, self.graph);
        if !targets.is_empty() {
            let named = self.named(&record, targets)?;
            edited.retain(|id| named.contains(id));
        }
        Ok(edited.iter().filter_map(|id| self.script(id)).collect())
    }

    /// The applied revisions that `targets` name.
    fn named(&self, record: &RevisionRecord, targets: &[Target]) -> Result<Vec<String>, Error> {
        let applied = record.known(self.graph).applied_with_gaps(self.graph)?;
        let mut named = Vec::new();
        for target in targets {
            for revision in self.graph.resolve(&applied, target)? {
                let revision = revision.id.clone();
                if !self.graph.is_applied(&applied, &revision) {
                    return Err(PlanError::NotApplied { revision }.into());
                }
                named.push(revision);
            }
        }
        Ok(named)
    }

    async fn write_hashes(&self, scripts: &[&RegisteredRevision]) -> Result<(), Error> {
        const WRITING: &str = "cannot write the code of edited revisions";
        let context = self.run_context().await?;
        let transaction = lock::begin(context, WRITING).await?;
        let written = async {
            for script in scripts {
                self.store().update_hash(&transaction, script.revision.id, script.source_hash).await?;
            }
            self.store_downgrades(&transaction, scripts.iter().map(|script| script.revision.id)).await
        };
        let written = written.await;
        lock::end(context, transaction, written, WRITING).await
    }

    /// Plans which revisions the record of another tool says are applied. Read only.
    ///
    /// # Errors
    ///
    /// [`Error::Adopt`] when the table does not exist, does not match the revisions of the program, or contradicts the
    /// record; [`Error::Interrupted`]; otherwise as [`read`](Self::read).
    pub async fn plan_adoption(&self, old: &ForeignVersionTable) -> Result<AdoptionPlan, Error> {
        self.plan_adoption_from(&self.read().await?, old).await
    }

    /// Records as applied the revisions that the record of another tool says are applied, without running anything. If
    /// the other record has the times, they are kept. Either all revisions are recorded or none. The other tool's table
    /// stays as it is.
    ///
    /// ```
    /// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let migrator = seachange::Migrator::connect(&MIGRATIONS, &"sqlite::memory:".parse()?).await?;
    /// use seachange::Error;
    /// use seachange::adopt::{ForeignVersionTable, MigrationTool};
    ///
    /// let outcome = migrator.adopt(&ForeignVersionTable::of(MigrationTool::SeaOrm)).await;
    /// assert!(matches!(outcome, Err(Error::Adopt(_))), "there is no table `seaql_migrations`");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`plan_adoption`](Self::plan_adoption).
    pub async fn adopt(&self, old: &ForeignVersionTable) -> Result<AdoptionPlan, Error> {
        let adoption = self.plan_adoption(old).await?;
        if adoption.unrecorded().next().is_none() {
            return Ok(adoption);
        }
        run::locked(self, async {
            let record = self.read().await?;
            let adoption = self.plan_adoption_from(&record, old).await?;
            run::make_table(self).await?;
            self.write_adoption(&adoption).await?;
            Ok(adoption)
        })
        .await
    }

    async fn plan_adoption_from(
        &self,
        record: &RevisionRecord,
        old: &ForeignVersionTable,
    ) -> Result<AdoptionPlan, Error> {
        record.check_finished()?;
        let versions = old.versions(&self.connection, self.backend).await?;
        VersionMatcher { old, migrations: self.migrations, graph: self.graph }.adoption(versions, record)
    }

    async fn write_adoption(&self, adoption: &AdoptionPlan) -> Result<(), Error> {
        const WRITING: &str = "cannot write which revisions are applied";
        let context = self.run_context().await?;
        let transaction = lock::begin(context, WRITING).await?;
        let written = async {
            let rows: Vec<_> = adoption.unrecorded().filter_map(|adopted| self.adopted_row(adopted)).collect();
            for row in &rows {
                self.store().insert(&transaction, row).await?;
            }
            self.store_downgrades(&transaction, rows.iter().map(|row| row.revision.as_str())).await
        };
        let written = written.await;
        lock::end(context, transaction, written, WRITING).await
    }

    /// The row of an adopted revision: a stamp with the time when the revision was applied.
    fn adopted_row(&self, adopted: &AdoptedRevision) -> Option<RevisionRow> {
        let row = self.stamped(self.graph.find_step(adopted.script.revision.id)?);
        let moment = adopted.applied_at.unwrap_or(row.started_at);
        Some(RevisionRow { started_at: moment, finished_at: Some(moment), ..row })
    }

    /// Refuses a plan that would begin at the base of a database which another tool has migrated. Queries the database
    /// only when no revision is recorded and the plan has steps.
    pub(super) async fn check_adopted(
        &self,
        record: &RevisionRecord,
        plan: Option<&Plan>,
        others: OtherRecordPolicy,
    ) -> Result<(), Error> {
        let begins = record.rows.is_empty() && plan.is_some_and(|plan| !plan.is_empty());
        if !begins || others == OtherRecordPolicy::Ignore {
            return Ok(());
        }
        // Other frameworks have tables of these names too: they count only if revisions were imported from such a tool.
        let is_imported = self.graph.iter().any(|revision| version_of(&revision.id).is_some());
        let tools = MigrationTool::ALL.into_iter().filter(|tool| is_imported || !tool.has_versions());
        let quoted = |tool| quoted_name(self.backend.sql_dialect(), &ForeignVersionTable::of(tool).table);
        let tables: Vec<String> = tools.clone().map(quoted).collect();
        if self.backend.is_none_there(&(&self.connection).into(), &tables).await {
            return Ok(());
        }
        for tool in tools {
            self.check_record_of(tool).await?;
        }
        Ok(())
    }

    async fn check_record_of(&self, tool: MigrationTool) -> Result<(), Error> {
        let old = ForeignVersionTable::of(tool);
        match old.versions(&self.connection, self.backend).await {
            Ok(versions) if versions.is_empty() => Ok(()),
            Ok(versions) => Err(Error::Unadopted { tool, table: old.name(), rows: versions.len() }),
            // There is no such table, or another program has a table of that name.
            Err(Error::Adopt(AdoptError::NoTable { .. } | AdoptError::ForeignTable { .. })) => Ok(()),
            Err(Error::Database { source, .. }) if is_denied(&source) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
