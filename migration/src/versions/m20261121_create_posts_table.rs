//! create posts table

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "376e48470d72",
    created: "2026-11-21T11:56:39Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let posts = Table::create()
            .table("posts")
            .col(pk_auto("id"))
            .col(string_len("title", 255))
            .to_owned();
        manager.create_table(posts).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("posts").to_owned())
            .await
    }
}
