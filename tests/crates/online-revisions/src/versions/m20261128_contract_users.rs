//! contract users: name and score are gone

use seachange::prelude::*;

use crate::columns::{full_name, rating, score};

pub const REVISION: Revision = Revision {
    id: "c1",
    down_revision: &["a1"],
    depends_on: &["b2"],
    branch_labels: &["contract"],
    after_backfills: &["b2", "b2-2"],
    lock_timeout: "20ms",
    created: "2026-11-28T09:30:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        full_name(manager).drop().await?;
        rating(manager).drop().await?;
        alter(manager, "users")
            .drop_column("name")
            .drop_column("score")
            .apply()
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "users")
            .add_column(string_len_null("name", 80))
            .add_column(integer("score").default(0))
            .apply()
            .await?;
        full_name(manager).create().await?;
        rating(manager).create().await?;
        let update = Query::update()
            .table("users")
            .value("name", Expr::col("full_name"))
            .value("score", score(manager))
            .to_owned();
        manager.execute(update).await
    }
}
