//! The ways to change what is applied.

use seachange_graph::{AppliedSet, Revision, StampPlan, Target};

use super::{Migrator, OtherRecordPolicy, UpgradeOptions};
use crate::error::Error;
use crate::lock;
use crate::record::RevisionRecord;
use crate::report::Report;
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
