//! The rows of revisions that a squash revision replaces.

use super::{Migrator, run};
use crate::error::Error;
use crate::lock;
use crate::record::RevisionRecord;
use crate::store::RevisionRow;

const DELETING: &str = "cannot delete the rows of replaced revisions";

impl Migrator {
    /// The replaced revisions whose rows [`prune_replaced`](Self::prune_replaced) would delete, in the order in which
    /// they ran. Read only.
    ///
    /// # Errors
    ///
    /// As [`prune_replaced`](Self::prune_replaced).
    pub async fn plan_prune(&self) -> Result<Vec<String>, Error> {
        self.replaced_rows(&self.read().await?)
    }

    /// Deletes the rows of replaced revisions, and returns their ids in the order in which they ran. From then on, a
    /// program without the squash revision does not know where the database is.
    ///
    /// # Errors
    ///
    /// [`Error::SquashNotRecorded`] when there are such rows and the squash revision has no row;
    /// [`Error::Interrupted`]; otherwise as [`stamp`](Self::stamp).
    pub async fn prune_replaced(&self) -> Result<Vec<String>, Error> {
        if self.plan_prune().await?.is_empty() {
            return Ok(Vec::new());
        }
        run::locked(self, async {
            let replaced = self.replaced_rows(&self.read().await?)?;
            run::make_table(self).await?;
            let context = self.run_context().await?;
            let transaction = lock::begin(context, DELETING).await?;
            let deleted = async {
                for id in &replaced {
                    self.store().delete(&transaction, id).await?;
                }
                Ok(())
            };
            let deleted = deleted.await;
            lock::end(context, transaction, deleted, DELETING).await?;
            Ok(replaced)
        })
        .await
    }

    /// The rows of replaced revisions, if the squash revision of each has a row.
    fn replaced_rows(&self, record: &RevisionRecord) -> Result<Vec<String>, Error> {
        record.check_finished()?;
        let mut rows = Vec::new();
        for squash in self.graph.squash_revisions() {
            let replaced = squash.replaces.iter().filter(|id| record.row(id).is_some());
            let replaced: Vec<String> = replaced.cloned().collect();
            if !replaced.is_empty() && !record.row(&squash.id).is_some_and(RevisionRow::is_applied) {
                return Err(Error::SquashNotRecorded { squash: squash.id.clone() });
            }
            rows.extend(replaced);
        }
        Ok(rows)
    }
}
