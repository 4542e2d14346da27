//! the tables of the old version

use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "a1",
    created: "2026-11-01T09:00:00Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for change in crate::tables::changes() {
            let Some(table) = change.old else { continue };
            manager.create_table(table.statement).await?;
            for index in table.indexes {
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for change in crate::tables::changes().into_iter().rev() {
            if change.old.is_some() {
                manager.drop_table(Table::drop().table(change.name).to_owned()).await?;
            }
        }
        Ok(())
    }
}
