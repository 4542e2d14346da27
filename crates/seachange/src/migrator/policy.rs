//! Checks the record from which an upgrade starts, and returns the anomalies that the options allow.

use std::collections::HashSet;

use seachange_graph::{AppliedError, AppliedSet, Graph, Plan, Target};

use super::{AheadPolicy, EditPolicy, GapPolicy, Migrator, UpgradeOptions};
use crate::error::Error;
use crate::record::RevisionRecord;
use crate::report::Warnings;
use crate::revision::Migrations;
use crate::store::{RevisionRow, RevisionRowState};

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
        options: UpgradeOptions,
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
        for row in self.rows.iter_mut().filter(|row| graph.get(&row.revision).is_none()) {
            row.state = RevisionRowState::Applied;
        }
        self
    }
}

impl Migrator {
    /// Checks that an upgrade to all heads would have nothing to do. Read only; the warnings are returned, and emit no
    /// events.
    ///
    /// If `options` allow a database to be ahead, a revision that a newer program is executing is not an error: a
    /// service that does not know this revision does not have to wait for it.
    ///
    /// # Errors
    ///
    /// [`Error::Behind`] when revisions are pending, and [`Error::Unadopted`] when they are all pending because another
    /// tool has migrated the database; otherwise as [`plan_upgrade`](Self::plan_upgrade).
    pub async fn check_with(&self, options: UpgradeOptions) -> Result<Warnings, Error> {
        if self.is_complete().await {
            return Ok(Warnings::default());
        }
        let record = match options.ahead {
            AheadPolicy::Refuse => self.read().await?,
            AheadPolicy::Allow => self.read().await?.with_unknown_finished(self.graph),
        };
        let planned = self.plan_upgrade_from(&record, &[Target::HEADS], options);
        let (plan, notices) = self.with_running_detected(planned).await?;
        if plan.is_empty() {
            return Ok(notices);
        }
        self.check_adopted(&record, Some(&plan), options.other_records).await?;
        Err(Error::Behind { pending: plan.steps.into_iter().map(|step| step.revision).collect() })
    }

    /// Plans an upgrade without running it. Read only; the warnings are returned, and emit no events.
    ///
    /// # Errors
    ///
    /// [`Error::Plan`] when a target cannot be reached, [`Error::Edited`] when `options` refuse edited revisions,
    /// [`Error::Unadopted`] for a database that another tool has migrated; otherwise as [`pending`](Self::pending).
    pub async fn plan_upgrade(&self, targets: &[Target], options: UpgradeOptions) -> Result<(Plan, Warnings), Error> {
        let record = self.read().await?;
        let (plan, notices) = self.with_running_detected(self.plan_upgrade_from(&record, targets, options)).await?;
        self.check_adopted(&record, Some(&plan), options.other_records).await?;
        Ok((plan, notices))
    }

    pub(super) fn plan_upgrade_from(
        &self,
        record: &RevisionRecord,
        targets: &[Target],
        options: UpgradeOptions,
    ) -> Result<(Plan, Warnings), Error> {
        let (applied, notices) = record.applied_under_policy(self.migrations, self.graph, options)?;
        Ok((self.graph.upgrade(&applied, targets)?, notices))
    }

    /// The edited revisions that a plan reverts: their current code may not undo the code that was applied.
    pub(super) fn edited_in(&self, record: &RevisionRecord, plan: &Plan) -> Warnings {
        let mut edited = record.edited(self.migrations, self.graph);
        edited.retain(|id| plan.steps.iter().any(|step| step.revision == *id));
        Warnings { edited, ..Warnings::default() }
    }
}
