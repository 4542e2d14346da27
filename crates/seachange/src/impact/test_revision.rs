//! A revision without code, for the tests of what is said of measured revisions.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::revision::{RegisteredRevision, Revision};

struct Nothing;

impl MigrationName for Nothing {
    fn name(&self) -> &str {
        "nothing"
    }
}

#[async_trait]
impl MigrationTrait for Nothing {
    async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// Registers a revision in the file `r1.rs`, until the process ends.
pub(crate) fn test_revision(revision: Revision) -> &'static RegisteredRevision {
    Box::leak(Box::new(RegisteredRevision {
        revision,
        message: "",
        folder: "src/versions",
        file: "r1.rs",
        source_hash: "",
        migration: &Nothing,
    }))
}
