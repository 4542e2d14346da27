//! create users table

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "78b9f16a65fd",
    down_revision: &["0b9e9badf9f8"],
    created: "2026-11-21T11:57:08Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = Table::create()
            .table("users")
            .col(pk_auto("id"))
            .col(string_len("email", 255).unique_key())
            .col(string_len("password_hash", 255))
            .col(timestamp_with_time_zone("created_at").default(Expr::current_timestamp()))
            .to_owned();
        manager.create_table(users).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("users").to_owned())
            .await
    }
}
