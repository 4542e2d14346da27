//! give accounts a currency
//!
//! On SQLite, this rebuilds a table that another one refers to.

use crate::moment::{self, step, write};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t04_currency",
    down_revision: &["t03_interest"],
    created: "2026-11-21T18:00:04Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step(
            manager,
            alter(manager, "accounts")
                .add_column(string_len_null("currency", 3))
                .apply(),
        )
        .await?;
        write(manager, "UPDATE accounts SET currency = 'EUR'").await?;
        step(
            manager,
            alter(manager, "accounts")
                .modify_column(string_len("currency", 3))
                .apply(),
        )
        .await?;
        write(manager, "UPDATE accounts SET balance = balance + 7").await?;
        moment::end(&REVISION)
    }
}
