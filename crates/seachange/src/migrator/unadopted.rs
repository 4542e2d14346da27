//! Detects databases that another tool has migrated, and that have no recorded revision.

use seachange_graph::Plan;

use super::{Migrator, OtherRecordPolicy};
use crate::adopt::{AdoptError, ForeignVersionTable, MigrationTool};
use crate::database_error::is_denied;
use crate::error::Error;
use crate::record::RevisionRecord;

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
