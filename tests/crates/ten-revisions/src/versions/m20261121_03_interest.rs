//! pay interest

use crate::moment::{self, write, write_unprepared};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t03_interest",
    down_revision: &["t02_entries"],
    created: "2026-11-21T18:00:03Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        write(manager, "UPDATE accounts SET balance = balance + 10").await?;
        write_unprepared(
            manager,
            "INSERT INTO entries SELECT id, 10, 'interest' FROM accounts",
        )
        .await?;
        write(
            manager,
            "UPDATE accounts SET balance = balance * 2 WHERE id = 2",
        )
        .await?;
        moment::end(&REVISION)
    }
}
