//! index the notes
//!
//! On PostgreSQL without a lock on the table, which takes an index build outside of a transaction.

use crate::moment::{self, step, write, write_unprepared};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t06_note_index",
    down_revision: &["t05_owners"],
    created: "2026-11-21T18:00:06Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            write_unprepared(manager, CONCURRENTLY).await?;
        } else {
            step(manager, manager.create_index(index())).await?;
        }
        write(manager, "UPDATE entries SET amount = amount + 1").await?;
        write_unprepared(manager, "UPDATE accounts SET balance = balance + 3").await?;
        moment::end(&REVISION)
    }
}

const CONCURRENTLY: &str = "CREATE INDEX CONCURRENTLY idx_entries_note ON entries (note)";

fn index() -> IndexCreateStatement {
    Index::create()
        .name("idx_entries_note")
        .table("entries")
        .col("note")
        .to_owned()
}
