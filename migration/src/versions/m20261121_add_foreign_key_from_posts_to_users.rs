//! add foreign key from posts to users

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "8cf82dbbaa80",
    down_revision: &["78b9f16a65fd"],
    created: "2026-11-21T11:57:11Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let owner = ForeignKey::create()
            .name("fk-posts-owner_id")
            .from("posts", "owner_id")
            .to("users", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .to_owned();
        alter(manager, "posts")
            .add_column(integer("owner_id"))
            .add_foreign_key(owner)
            .apply()
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The constraint has to be dropped before its column.
        alter(manager, "posts")
            .drop_foreign_key("fk-posts-owner_id")
            .drop_column("owner_id")
            .apply()
            .await?;
        Ok(())
    }
}
