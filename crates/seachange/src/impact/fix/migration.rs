//! The code of a step as a migration that runs, before its file is written.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use seachange_source::{RevisionStep, StepCode};

use crate::revision::{RegisteredRevision, Revision};

struct StepMigration {
    name: &'static str,
    step: RevisionStep,
}

impl MigrationName for StepMigration {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for StepMigration {
    fn use_transaction(&self) -> Option<bool> {
        self.step.outside_transaction.then_some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_step(&self.step.up, manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_step(&self.step.down, manager).await
    }
}

/// Does what the written code does.
pub(crate) async fn run_step(code: &StepCode, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    match code {
        StepCode::Statements(statements) => {
            for statement in statements {
                connection.execute_unprepared(statement).await?;
            }
            Ok(())
        }
        StepCode::Batches { batch, size, rest } => {
            while connection.execute_unprepared(batch).await?.rows_affected() >= u64::from(*size) {}
            connection.execute_unprepared(rest).await.map(drop)
        }
        StepCode::Fails(reason) => Err(DbErr::Custom(reason.clone())),
    }
}

/// A step as a revision in the place of another. It is kept until the process ends, as the revisions of the program are.
pub(super) fn registered(original: &'static RegisteredRevision, step: &RevisionStep) -> &'static RegisteredRevision {
    let migration = Box::leak(Box::new(StepMigration { name: original.file, step: step.clone() }));
    Box::leak(Box::new(RegisteredRevision {
        revision: Revision { allow: &[], ..original.revision },
        message: original.message,
        folder: original.folder,
        file: original.file,
        source_hash: "",
        migration,
    }))
}
