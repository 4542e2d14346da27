//! expand users: full_name and rating, synchronised with name and score

use seachange::prelude::*;

use crate::columns::{full_name, rating};

pub const REVISION: Revision = Revision {
    id: "b1",
    down_revision: &["a1"],
    branch_labels: &["expand"],
    created: "2026-11-28T09:10:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "users")
            .add_column(string_len_null("full_name", 80))
            .add_column(ColumnDef::new("rating").double().default(0.0))
            .apply()
            .await?;
        full_name(manager).create().await?;
        rating(manager).create().await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        full_name(manager).drop().await?;
        rating(manager).drop().await?;
        alter(manager, "users")
            .drop_column("full_name")
            .drop_column("rating")
            .apply()
            .await?;
        Ok(())
    }
}
