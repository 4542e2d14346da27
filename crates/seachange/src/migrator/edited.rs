//! Accepts the current code of revisions that were edited after they were applied.

use seachange_graph::{PlanError, Target};

use super::Migrator;
use crate::error::Error;
use crate::lock;
use crate::record::RevisionRecord;
use crate::revision::RegisteredRevision;

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
