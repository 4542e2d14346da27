//! create shelves and rooms

use crate::trouble;
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "d44444444444",
    down_revision: &["c33333333333"],
    created: "2026-11-21T12:00:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("shelves")
                    .col(pk_auto("id"))
                    .to_owned(),
            )
            .await?;
        trouble::find(manager, "shelves up").await?;
        manager
            .create_table(Table::create().table("rooms").col(pk_auto("id")).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("rooms").to_owned())
            .await?;
        trouble::find(manager, "shelves down").await?;
        manager
            .drop_table(Table::drop().table("shelves").to_owned())
            .await
    }
}
