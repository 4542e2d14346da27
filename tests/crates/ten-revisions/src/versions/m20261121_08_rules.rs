//! let the database check balances and names

use crate::moment::{self, step, write, write_unprepared};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t08_rules",
    down_revision: &["t07_kinds"],
    created: "2026-11-21T18:00:08Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let balance = Expr::col("balance").gte(0);
        let checked = alter(manager, "accounts").add_check("ck_accounts_balance", balance);
        step(manager, checked.apply()).await?;
        write(manager, "UPDATE owners SET visits = visits + 1").await?;
        let unique = alter(manager, "owners").add_unique("uq_owners_name", ["name"]);
        step(manager, unique.apply()).await?;
        write_unprepared(manager, "UPDATE owners SET visits = visits * 5").await?;
        moment::end(&REVISION)
    }
}
