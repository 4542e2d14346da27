//! scripted revision 3

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "l3",
    down_revision: &["l2"],
    created: "2026-11-21T20:00:03Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        crate::use_transaction(REVISION.id)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::up(REVISION.id, manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::down(REVISION.id, manager).await
    }
}
