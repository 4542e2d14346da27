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
        for statement in crate::tables::KEYS.split(";\n").filter(|text| !text.trim().is_empty()) {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in crate::tables::keys().into_iter().rev() {
            let name = table.statement.get_table_name().expect("the name of a table").clone();
            manager.drop_table(Table::drop().table(name).to_owned()).await?;
        }
        for change in crate::tables::changes().into_iter().rev() {
            if change.old.is_some() {
                manager.drop_table(Table::drop().table(change.name).to_owned()).await?;
            }
        }
        Ok(())
    }
}
