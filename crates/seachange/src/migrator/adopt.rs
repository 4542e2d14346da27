//! Takes over the record of another tool.

use super::Migrator;
use crate::adopt::{AdoptedRevision, AdoptionPlan, ForeignVersionTable, VersionMatcher};
use crate::error::Error;
use crate::lock;
use crate::record::RevisionRecord;
use crate::store::RevisionRow;

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
