//! name the tenant

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "5a04",
    down_revision: &["5a03"],
    created: "2026-11-27T02:10:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tenant = Table::create()
            .table("tenant")
            .col(string_len("name", 40).primary_key())
            .col(string_len_null("tag", 40))
            .to_owned();
        manager.create_table(tenant).await?;
        let name = x_argument("tenant").unwrap_or_else(|| "nameless".to_owned());
        let insert = Query::insert()
            .into_table("tenant")
            .columns(["name", "tag"])
            .values_panic([name.into(), tag_argument().into()])
            .to_owned();
        manager.execute(insert).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("tenant").to_owned())
            .await
    }
}
