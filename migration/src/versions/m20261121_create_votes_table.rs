//! create votes table

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "d08a87fea5b1",
    down_revision: &["5fc4a7d24971"],
    created: "2026-11-21T11:57:14Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let votes = Table::create()
            .table("votes")
            .col(integer("user_id"))
            .col(integer("post_id"))
            .primary_key(
                Index::create()
                    .name("pk-votes")
                    .col("user_id")
                    .col("post_id"),
            )
            .foreign_key(&mut reference("user_id", "users"))
            .foreign_key(&mut reference("post_id", "posts"))
            .to_owned();
        manager.create_table(votes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("votes").to_owned())
            .await
    }
}

/// A vote is deleted with its voter and with its post.
fn reference(column: &str, table: &str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("fk-votes-{column}"))
        .from("votes", column.to_owned())
        .to(table.to_owned(), "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}
