//! The revisions of a small library, as a build script would register them from files.

use seachange::prelude::*;
use seachange::{Migrations, RegisteredRevision};

/// The registry, which `seachange_source::build::revisions` writes for a migration crate.
pub(crate) static MIGRATIONS: Migrations = Migrations::new(
    "library 0.1.0",
    &[
        RegisteredRevision {
            revision: Revision { id: "1f2e3d4c5b6a", created: "2026-11-20T09:00:00Z", ..Revision::ROOT },
            message: "create books table",
            folder: "src/versions",
            file: "m20261120_create_books_table.rs",
            source_hash: "1f",
            migration: &CreateBooks,
        },
        RegisteredRevision {
            revision: Revision {
                id: "2a3b4c5d6e7f",
                down_revision: &["1f2e3d4c5b6a"],
                created: "2026-11-21T09:00:00Z",
                ..Revision::ROOT
            },
            message: "add sort key to books",
            folder: "src/versions",
            file: "m20261121_add_sort_key_to_books.rs",
            source_hash: "2a",
            migration: &AddSortKey,
        },
    ],
);

struct CreateBooks;

impl MigrationName for CreateBooks {
    fn name(&self) -> &'static str {
        "create books table"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CreateBooks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut books = Table::create();
        books.table("books").col(pk_auto("id")).col(string("title"));
        manager.create_table(books).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("books").take()).await
    }
}

/// Adds a column and fills it.
struct AddSortKey;

impl MigrationName for AddSortKey {
    fn name(&self) -> &'static str {
        "add sort key to books"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AddSortKey {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alter(manager, "books").add_column(string_null("sort_key")).apply().await?;
        let fill = Query::update()
            .table("books")
            .value("sort_key", Func::lower(Expr::col("title")))
            .and_where(Expr::col("sort_key").is_null())
            .take();
        manager.execute(fill).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(alter(manager, "books").drop_column("sort_key").apply().await?)
    }
}
