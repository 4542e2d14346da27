//! A revision without a file: it makes the calls that would be written.

use seachange::autogenerate::{SchemaOperation, apply, reversed};
use seachange::prelude::sea_orm_migration::{MigrationName, MigrationTrait};
use seachange::prelude::{DbErr, SchemaManager};
use seachange::{RegisteredRevision, Revision};

/// The steps of a revision, and those that revert them.
#[derive(Debug)]
pub(crate) struct Steps {
    up: Vec<SchemaOperation>,
    down: Vec<SchemaOperation>,
}

impl Steps {
    pub(crate) fn of(operations: &[SchemaOperation]) -> Self {
        Self { up: operations.to_vec(), down: reversed(operations) }
    }

    /// Makes the revision, which is never freed.
    pub(crate) fn leaked(self) -> RegisteredRevision {
        RegisteredRevision {
            revision: Revision { id: "a1", ..Revision::ROOT },
            message: "steps",
            folder: "",
            file: "",
            source_hash: "",
            migration: Box::leak(Box::new(self)),
        }
    }
}

impl MigrationName for Steps {
    fn name(&self) -> &str {
        "a1"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Steps {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        apply(&self.up, manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        apply(&self.down, manager).await
    }
}
