//! Going on from the record of another tool.

use sea_orm::DatabaseTransaction;

use super::{Migrator, RevisionRecord};
use crate::adopt::{AdoptedRevision, AdoptionPlan, ForeignVersionTable, VersionMatcher};
use crate::error::Error;
use crate::store::RevisionRow;

impl Migrator {
    /// What the record of another tool comes to. Read only.
    ///
    /// # Errors
    ///
    /// [`Error::Adopt`] when the table is not there, does not fit the revisions of the program, or disagrees with what is
    /// recorded already; [`Error::Interrupted`]; otherwise as [`read`](Self::read).
    pub async fn plan_adoption(&self, old: &ForeignVersionTable) -> Result<AdoptionPlan, Error> {
        self.plan_adoption_from(&self.read().await?, old).await
    }

    /// Records as applied what the record of another tool says is, without running anything, and when it was applied as far
    /// as that is known. All of it is recorded, or nothing. The other tool's table stays as it is.
    ///
    /// # Errors
    ///
    /// As [`plan_adoption`](Self::plan_adoption).
    pub async fn adopt(&self, old: &ForeignVersionTable) -> Result<AdoptionPlan, Error> {
        let adoption = self.plan_adoption(old).await?;
        if adoption.unrecorded().next().is_none() {
            return Ok(adoption);
        }
        self.locked(async || {
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
        let write = async |transaction: &DatabaseTransaction| {
            for row in adoption.unrecorded().filter_map(|adopted| self.adopted_row(adopted)) {
                self.store().insert(transaction, &row).await?;
            }
            Ok(())
        };
        self.run_site().await?.write("cannot write which revisions are applied", write).await
    }

    /// The row of a revision that is adopted: a stamp, at the time when it was applied.
    fn adopted_row(&self, adopted: &AdoptedRevision) -> Option<RevisionRow> {
        let row = self.stamped(self.graph.get(adopted.script.revision.id)?);
        let moment = adopted.applied_at.unwrap_or(row.started_at);
        Some(RevisionRow { started_at: moment, finished_at: Some(moment), ..row })
    }
}
