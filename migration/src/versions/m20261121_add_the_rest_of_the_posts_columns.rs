//! add the rest of the posts columns

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "5fc4a7d24971",
    down_revision: &["8cf82dbbaa80"],
    created: "2026-11-21T11:57:13Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "posts")
            .add_column(boolean("published").default(true))
            .add_column(timestamp_with_time_zone("created_at").default(Expr::current_timestamp()))
            .apply()
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "posts")
            .drop_column("created_at")
            .drop_column("published")
            .apply()
            .await?;
        Ok(())
    }
}
