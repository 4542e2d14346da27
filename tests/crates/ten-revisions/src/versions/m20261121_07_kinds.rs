//! give every entry a kind

use crate::moment::{self, step, write};
use seachange::prelude::*;

pub const REVISION: Revision = Revision {
    id: "t07_kinds",
    down_revision: &["t06_note_index"],
    created: "2026-11-21T18:00:07Z",
    ..Revision::ROOT
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let kinds = Table::create()
            .table("kinds")
            .col(string_len("code", 20).primary_key())
            .col(integer("uses").default(0))
            .to_owned();
        step(manager, manager.create_table(kinds)).await?;
        write(
            manager,
            "INSERT INTO kinds (code) SELECT DISTINCT note FROM entries",
        )
        .await?;
        let column = alter(manager, "entries").add_column(string_len_null("kind", 20));
        step(manager, column.apply()).await?;
        write(manager, "UPDATE entries SET kind = note").await?;
        let kind = ForeignKey::create()
            .name("fk_entries_kind")
            .from("entries", "kind")
            .to("kinds", "code")
            .to_owned();
        step(
            manager,
            alter(manager, "entries").add_foreign_key(kind).apply(),
        )
        .await?;
        write(manager, "UPDATE kinds SET uses = uses + 3").await?;
        moment::end(&REVISION)
    }
}
