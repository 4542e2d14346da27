//! add content column

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "0b9e9badf9f8",
    down_revision: &["376e48470d72"],
    created: "2026-11-21T11:57:04Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "posts")
            .add_column(text("content"))
            .apply()
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "posts")
            .drop_column("content")
            .apply()
            .await?;
        Ok(())
    }
}
