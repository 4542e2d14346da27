//! transfer

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "5a03",
    down_revision: &["5a02"],
    created: "2026-11-27T01:56:44Z",
    ..Revision::ROOT
};

const UP: RevisionSql = revision_sql!("m20261127_transfer.up.sql");
const DOWN: RevisionSql = revision_sql!("m20261127_transfer.down.sql");

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        UP.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DOWN.run(manager).await
    }
}
