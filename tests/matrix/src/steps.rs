//! A revision that no file holds: the calls that would be written.

use seachange::autogenerate::{Operation, apply, reversed};
use seachange::prelude::sea_orm_migration::{MigrationName, MigrationTrait};
use seachange::prelude::{DbErr, SchemaManager};
use seachange::{Revision, Script};

/// The steps of a revision, and those that take them back.
#[derive(Debug)]
pub(crate) struct Steps {
    up: Vec<Operation>,
    down: Vec<Operation>,
}

impl Steps {
    pub(crate) fn of(operations: &[Operation]) -> Self {
        Self { up: operations.to_vec(), down: reversed(operations) }
    }

    /// The revision, for the rest of the program's life.
    pub(crate) fn leaked(self) -> Script {
        Script {
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
