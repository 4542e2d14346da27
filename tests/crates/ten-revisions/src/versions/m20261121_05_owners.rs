//! move names to owners

use crate::moment::{self, step, write};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t05_owners",
    down_revision: &["t04_currency"],
    created: "2026-11-21T18:00:05Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let owners = Table::create()
            .table("owners")
            .col(integer("id").primary_key())
            .col(string_len("name", 60))
            .col(integer("visits").default(0))
            .to_owned();
        step(manager, manager.create_table(owners)).await?;
        write(
            manager,
            "INSERT INTO owners (id, name) SELECT id + 100, name FROM accounts",
        )
        .await?;
        let column = alter(manager, "accounts").add_column(integer_null("owner_id"));
        step(manager, column.apply()).await?;
        write(manager, "UPDATE accounts SET owner_id = id + 100").await?;
        let owner = ForeignKey::create()
            .name("fk_accounts_owner")
            .from("accounts", "owner_id")
            .to("owners", "id")
            .to_owned();
        let linked = alter(manager, "accounts")
            .add_foreign_key(owner)
            .drop_column("name");
        step(manager, linked.apply()).await?;
        moment::end(&REVISION)
    }
}
