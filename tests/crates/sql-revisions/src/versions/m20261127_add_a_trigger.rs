//! add a trigger

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "5a02",
    down_revision: &["5a01"],
    created: "2026-11-27T01:56:44Z",
    ..Revision::ROOT
};

const UP: RevisionSql = revision_sql! {
    "m20261127_add_a_trigger.up.postgres.sql",
    "m20261127_add_a_trigger.up.mysql.sql",
    "m20261127_add_a_trigger.up.sqlite.sql",
};
const DOWN: RevisionSql = revision_sql! {
    "m20261127_add_a_trigger.down.postgres.sql",
    "m20261127_add_a_trigger.down.mysql.sql",
    "m20261127_add_a_trigger.down.sqlite.sql",
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        UP.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        DOWN.run(manager).await
    }
}
