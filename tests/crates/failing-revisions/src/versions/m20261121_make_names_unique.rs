//! make names unique

use crate::trouble;
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "c33333333333",
    down_revision: &["b22222222222"],
    created: "2026-11-21T12:00:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "authors")
            .add_unique("uq-authors-name", ["name"])
            .apply()
            .await?;
        trouble::find(manager, "names up").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "authors")
            .drop_unique("uq-authors-name")
            .apply()
            .await?;
        trouble::find(manager, "names down").await
    }
}
