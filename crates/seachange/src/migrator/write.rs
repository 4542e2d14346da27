//! The ways to change what is applied.

use seachange_graph::{AppliedSet, Plan, PlanError, Revision, StampPlan, Target};

use super::{Migrator, OtherRecordPolicy, UpgradeOptions};
use crate::adopt::{AdoptError, AdoptedRevision, AdoptionPlan, ForeignVersionTable, MigrationTool, VersionMatcher};
use crate::database_error::is_denied;
use crate::error::Error;
use crate::lock;
use crate::record::RevisionRecord;
use crate::report::Report;
use crate::revision::RegisteredRevision;
use crate::store::{RevisionRow, RevisionRowState};

const WRITING: &str = "cannot write which revisions are applied";

impl Migrator {
    /// Upgrades to a target, such as `heads`, `+1` or the beginning of an id; see [`Target`] for all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] and [`Error::Plan`] for a target that cannot be reached; [`Error::Unadopted`] when another
    /// tool has migrated the database and no revision is recorded in it; [`Error::Failed`] when a revision fails;
    /// otherwise as [`pending`](Self::pending).
    pub async fn upgrade(&self, target: &str) -> Result<Report, Error> {
        self.upgrade_to(&[target.parse()?], UpgradeOptions::default()).await
    }

    /// Upgrades to several targets in one run. `options` say what to do with a record that differs from what this
    /// program wrote.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade), and [`Error::Edited`] when `options` refuse edited revisions.
    pub async fn upgrade_to(&self, targets: &[Target], options: UpgradeOptions) -> Result<Report, Error> {
        if *targets == [Target::HEADS] && self.is_complete().await {
            return Ok(self.nothing_to_do());
        }
        let others = options.other_records;
        let outcome = self.run(others, |record| self.plan_upgrade_from(record, targets, options)).await;
        self.explain(outcome).await
    }

    /// Downgrades to a target, which stays applied, such as `base`, `-1` or the beginning of an id.
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
        let outcome = self.run(others, |record| {
            let plan = self.plan_downgrade_from(record, targets)?;
            let notices = self.edited_in(record, &plan);
            Ok((plan, notices))
        });
        self.explain(outcome.await).await
    }

    /// Records that the database stands at a target, without running anything; see [`stamp_at`](Self::stamp_at).
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
        self.locked(async {
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
        self.locked(async {
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

    /// Records a revision as applied that this program does not contain, because its file was written just now for what
    /// the database already has.
    ///
    /// # Errors
    ///
    /// As [`stamp`](Self::stamp); [`Error::Applied`] when another revision is applied.
    pub async fn record_written(&self, revision: &Revision, source_hash: &str) -> Result<(), Error> {
        self.locked(async {
            let record = self.read().await?;
            record.applied(self.graph)?;
            self.make_table().await?;
            let row = RevisionRow::started(revision, source_hash, RevisionRowState::Applied, self.migrations.program())
                .applied_now();
            let transaction = lock::begin(self.run_context().await?, WRITING).await?;
            let written = self.store().insert(&transaction, &row).await;
            lock::end(transaction, written, WRITING).await
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
        self.make_table().await?;
        self.write_stamp(&plan, settled, has_journal).await?;
        Ok(plan)
    }

    /// Writes the rows, and deletes the journal of a revision that the stamp settles.
    async fn write_stamp(&self, plan: &StampPlan, settled: Vec<RevisionRow>, has_journal: bool) -> Result<(), Error> {
        let transaction = lock::begin(self.run_context().await?, WRITING).await?;
        let written = async {
            for id in &plan.remove {
                self.store().delete(&transaction, id).await?;
            }
            for revision in plan.add.iter().filter_map(|id| self.graph.get(id)) {
                self.store().insert(&transaction, &self.stamped(revision)).await?;
            }
            for row in settled {
                self.store().update(&transaction, &row.applied_now()).await?;
            }
            if has_journal {
                self.store().clear_journal(&transaction).await?;
            }
            Ok(())
        };
        let written = written.await;
        lock::end(transaction, written, WRITING).await
    }

    /// The row of a revision that is recorded without running.
    pub(super) fn stamped(&self, revision: &Revision) -> RevisionRow {
        let source_hash = self.script(&revision.id).map_or("", |script| script.source_hash);
        RevisionRow::started(revision, source_hash, RevisionRowState::Applied, self.migrations.program()).applied_now()
    }

    /// Drops every table, view and type in the current schema, whichever program made it, while no other run is
    /// running.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] with what the database said. On MySQL and MariaDB, the tables dropped before the error stay
    /// dropped.
    pub async fn drop_everything(&self) -> Result<(), Error> {
        self.locked(async {
            let dropped = self.backend.drop_everything(&self.connection).await;
            dropped.map_err(Error::database("cannot drop everything"))
        })
        .await
    }
}

impl Migrator {
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
        self.locked(async {
            let scripts = self.edited(targets).await?;
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
        let transaction = lock::begin(self.run_context().await?, WRITING).await?;
        let written = async {
            for script in scripts {
                self.store().update_hash(&transaction, script.revision.id, script.source_hash).await?;
            }
            Ok(())
        };
        let written = written.await;
        lock::end(transaction, written, WRITING).await
    }
}

impl Migrator {
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
    /// # Errors
    ///
    /// As [`plan_adoption`](Self::plan_adoption).
    pub async fn adopt(&self, old: &ForeignVersionTable) -> Result<AdoptionPlan, Error> {
        let adoption = self.plan_adoption(old).await?;
        if adoption.unrecorded().next().is_none() {
            return Ok(adoption);
        }
        self.locked(async {
            let record = self.read().await?;
            let adoption = self.plan_adoption_from(&record, old).await?;
            self.make_table().await?;
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
        let transaction = lock::begin(self.run_context().await?, WRITING).await?;
        let written = async {
            for row in adoption.unrecorded().filter_map(|adopted| self.adopted_row(adopted)) {
                self.store().insert(&transaction, &row).await?;
            }
            Ok(())
        };
        let written = written.await;
        lock::end(transaction, written, WRITING).await
    }

    /// The row of an adopted revision: a stamp with the time when the revision was applied.
    fn adopted_row(&self, adopted: &AdoptedRevision) -> Option<RevisionRow> {
        let row = self.stamped(self.graph.get(adopted.script.revision.id)?);
        let moment = adopted.applied_at.unwrap_or(row.started_at);
        Some(RevisionRow { started_at: moment, finished_at: Some(moment), ..row })
    }
}

impl Migrator {
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
        for tool in [MigrationTool::SeaOrm, MigrationTool::Alembic] {
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
