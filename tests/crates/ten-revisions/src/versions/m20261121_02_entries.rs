//! create entries
//!
//! They have no key: a row that is written twice is there twice.

use crate::moment::{self, step, write};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t02_entries",
    down_revision: &["t01_accounts"],
    created: "2026-11-21T18:00:02Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut account = ForeignKey::create()
            .name("fk_entries_account")
            .from("entries", "account_id")
            .to("accounts", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        let entries = Table::create()
            .table("entries")
            .col(integer("account_id"))
            .col(integer("amount"))
            .col(string_len("note", 60))
            .foreign_key(&mut account)
            .to_owned();
        step(manager, manager.create_table(entries)).await?;
        write(
            manager,
            "INSERT INTO entries SELECT id, balance, 'opening' FROM accounts",
        )
        .await?;
        let index = Index::create()
            .name("idx_entries_amount")
            .table("entries")
            .col("amount")
            .to_owned();
        step(manager, manager.create_index(index)).await?;
        moment::end(&REVISION)
    }
}
