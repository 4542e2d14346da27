//! A record set right where it no longer says what is.

use sea_orm::{DbErr, TransactionTrait};
use seachange_graph::{PlanError, Target};

use super::{Migrator, Record};
use crate::error::Error;
use crate::revision::Script;

impl Migrator {
    /// Records the code that edited revisions have now, all of them or those that the targets mean, and says which they
    /// are, in the order in which they run. What is named and was not edited stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Plan`] when a target means nothing, or what is not applied; otherwise as [`stamp`](Self::stamp), but a
    /// record that does not fit the graph is no error here.
    pub async fn accept_edited(&self, targets: &[Target]) -> Result<Vec<&'static Script>, Error> {
        let record = self.read().await?;
        let mut edited = record.edited(self.migrations, self.graph);
        if !targets.is_empty() {
            let named = self.named(&record, targets)?;
            edited.retain(|id| named.contains(id));
        }
        let scripts: Vec<&'static Script> = edited.iter().filter_map(|id| self.script(id)).collect();
        if !scripts.is_empty() {
            self.prepare(&record).await?;
            let written = self.write_hashes(&scripts).await;
            written.map_err(Error::database("cannot write the code of edited revisions"))?;
        }
        Ok(scripts)
    }

    /// The applied revisions that targets mean.
    fn named(&self, record: &Record, targets: &[Target]) -> Result<Vec<String>, Error> {
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

    async fn write_hashes(&self, scripts: &[&Script]) -> Result<(), DbErr> {
        let transaction = self.connection.begin_with_options(self.backend.transaction_options()).await?;
        for script in scripts {
            self.store.update_hash(&transaction, script.revision.id, script.source_hash).await?;
        }
        transaction.commit().await
    }
}
