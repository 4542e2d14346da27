//! create books table

use crate::trouble;
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "b22222222222",
    down_revision: &["a11111111111"],
    created: "2026-11-21T12:00:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut author = ForeignKey::create()
            .name("fk-books-author_id")
            .from("books", "author_id")
            .to("authors", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        let books = Table::create()
            .table("books")
            .col(pk_auto("id"))
            .col(string_len("title", 100))
            .col(integer("author_id"))
            .foreign_key(&mut author)
            .to_owned();
        manager.create_table(books).await?;
        trouble::find(manager, "books up").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("books").to_owned())
            .await?;
        trouble::find(manager, "books down").await
    }
}
