//! The code of operations, run before it is compiled.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::apply::apply;
use super::code::CodeNode;
#[cfg(feature = "cli")]
use super::code::code;
#[cfg(feature = "cli")]
use super::comparison::Comparison;
#[cfg(feature = "cli")]
use super::operation::SchemaOperation;
use crate::intercept::Migrate;
#[cfg(feature = "cli")]
use crate::revision::{RegisteredRevision, Revision};

/// The calls that the body of a generated revision makes.
pub(crate) struct GeneratedMigration(pub(super) Vec<CodeNode>);

#[cfg(feature = "cli")]
impl Comparison {
    /// The calls of the revision with these operations.
    pub(crate) fn migration(&self, operations: &[SchemaOperation]) -> GeneratedMigration {
        GeneratedMigration(code(operations, self.backend))
    }
}

#[async_trait]
impl Migrate for GeneratedMigration {
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        apply(&self.0, manager).await
    }
}

impl MigrationName for GeneratedMigration {
    fn name(&self) -> &'static str {
        "generated"
    }
}

#[async_trait]
impl MigrationTrait for GeneratedMigration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        apply(&self.0, manager).await
    }
}

/// The revision of a migration that is not part of the program. It is kept until the program ends, as those of the program
/// are.
#[cfg(feature = "cli")]
pub(crate) fn registered(migration: impl MigrationTrait + 'static) -> &'static RegisteredRevision {
    Box::leak(Box::new(RegisteredRevision {
        revision: Revision { id: "new", ..Revision::ROOT },
        message: "",
        folder: "",
        file: "",
        source_hash: "",
        migration: Box::leak(Box::new(migration)),
    }))
}
