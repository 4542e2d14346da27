//! fill full_name and rating

use seachange::prelude::*;

use crate::columns::{full_name, rating};

pub const REVISION: Revision = Revision {
    id: "b2",
    down_revision: &["b1"],
    created: "2026-11-28T09:20:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        full_name(manager).backfill().run().await?;
        rating(manager).backfill().run().await?;
        Ok(())
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
