//! scripted revision 5

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "l5",
    down_revision: &["l4"],
    created: "2026-11-21T20:00:05Z",
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
