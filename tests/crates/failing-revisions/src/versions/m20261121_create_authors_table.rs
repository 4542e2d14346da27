//! create authors table

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "a11111111111",
    created: "2026-11-21T12:00:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let authors = Table::create()
            .table("authors")
            .col(pk_auto("id"))
            .col(string_len("name", 100))
            .to_owned();
        manager.create_table(authors).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("authors").to_owned())
            .await
    }
}
