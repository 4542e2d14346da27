//! create accounts

use crate::moment::{self, step, write, write_unprepared};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t01_accounts",
    created: "2026-11-21T18:00:01Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let accounts = Table::create()
            .table("accounts")
            .col(integer("id").primary_key())
            .col(string_len("name", 60))
            .col(integer("balance"))
            .to_owned();
        step(manager, manager.create_table(accounts)).await?;
        write(
            manager,
            "INSERT INTO accounts VALUES (1, 'Ada', 100), (2, 'Bob', 200)",
        )
        .await?;
        write_unprepared(manager, "INSERT INTO accounts VALUES (3, 'Cleo', 300)").await?;
        moment::end(&REVISION)
    }
}
