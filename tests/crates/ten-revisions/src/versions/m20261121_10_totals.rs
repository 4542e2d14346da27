//! sum up, and forget the interest

use crate::moment::{self, step, write};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t10_totals",
    down_revision: &["t09_transfers"],
    created: "2026-11-21T18:00:10Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let totals = Table::create()
            .table("totals")
            .col(integer("account_id").primary_key())
            .col(integer("total"))
            .to_owned();
        step(manager, manager.create_table(totals)).await?;
        write(
            manager,
            "INSERT INTO totals SELECT account_id, SUM(amount) FROM entries GROUP BY account_id",
        )
        .await?;
        write(manager, "DELETE FROM entries WHERE note = 'interest'").await?;
        write(manager, "UPDATE totals SET total = total + 1").await?;
        let renamed = alter(manager, "totals").rename_column("total", "amount");
        step(manager, renamed.apply()).await?;
        moment::end(&REVISION)
    }
}
