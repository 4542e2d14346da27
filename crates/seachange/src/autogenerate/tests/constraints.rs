//! Constraints and the comment of an existing table.

use super::{MYSQL, POSTGRES, SQLITE, names, posts, written};
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{
    Check, Deferrable, Exclusion, Expression, ForeignKey, KeptOptions, PrimaryKey, ReferentialAction, Unique,
};

fn owner() -> ForeignKey {
    ForeignKey {
        name: Some("fk-posts-owner_id".to_owned()),
        columns: names(&["owner_id"]),
        referenced_table: "users".into(),
        referenced_columns: names(&["id"]),
        on_delete: ReferentialAction::Cascade,
        on_delete_columns: Vec::new(),
        on_update: ReferentialAction::NoAction,
        deferrable: None,
        options: KeptOptions::default(),
    }
}

fn all(changes: impl IntoIterator<Item = TableChange>) -> Vec<SchemaOperation> {
    changes.into_iter().flat_map(posts).collect()
}

#[test]
fn constraints_are_added_and_dropped() {
    let slug = names(&["slug"]);
    let changes = all([
        TableChange::AddPrimaryKey(PrimaryKey {
            name: None,
            columns: names(&["id", "part"]),
            options: KeptOptions::default(),
        }),
        TableChange::AddUnique(Unique {
            name: None,
            columns: slug,
            deferrable: None,
            nulls_not_distinct: false,
            options: KeptOptions::default(),
        }),
        TableChange::AddForeignKey(owner()),
        TableChange::AddCheck(Check {
            name: None,
            expression: Expression::new("length(title) > 0"),
            options: KeptOptions::default(),
        }),
        TableChange::Comment { from: None, to: Some("What users write".to_owned()) },
    ]);
    insta::assert_snapshot!(written(SQLITE, &changes), @r#"
    up
        alter(manager, "posts")
            .add_primary_key("posts_pkey", ["id", "part"])
            .add_unique("posts_slug_key", ["slug"])
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-posts-owner_id")
                    .from("posts", "owner_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .add_check("posts_title_check", Expr::cust("length(title) > 0"))
            .comment("What users write")
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .comment("")
            .drop_check("posts_title_check")
            .drop_foreign_key(
                ForeignKey::create()
                    .name("fk-posts-owner_id")
                    .from("posts", "owner_id")
                    .to("users", "id"),
            )
            .drop_unique("posts_slug_key")
            .drop_primary_key("posts_pkey")
            .apply()
            .await?;
        Ok(())
    "#);
    assert_eq!(written(SQLITE, &changes), written(MYSQL, &changes));
}

#[test]
fn a_key_without_a_name_is_dropped_by_what_made_it() {
    let key = ForeignKey { name: None, ..owner() };
    insta::assert_snapshot!(written(SQLITE, &all([TableChange::DropForeignKey(key)])), @r#"
    up
        alter(manager, "posts")
            .drop_foreign_key(
                ForeignKey::create()
                    .name("fk-posts-owner_id")
                    .from("posts", "owner_id")
                    .to("users", "id"),
            )
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .add_foreign_key(
                ForeignKey::create()
                    .name("fk-posts-owner_id")
                    .from("posts", "owner_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .apply()
            .await?;
        Ok(())
    "#);
}

#[test]
fn what_postgres_alone_has() {
    let changes = all([
        TableChange::AddForeignKey(ForeignKey { deferrable: Some(Deferrable::Immediate), ..owner() }),
        TableChange::AddUnique(Unique {
            name: Some("uq".to_owned()),
            columns: names(&["slug"]),
            deferrable: None,
            nulls_not_distinct: true,
            options: KeptOptions::default(),
        }),
        TableChange::AddExclusion(Exclusion { name: "ex".to_owned(), definition: "EXCLUDE (slug WITH =)".to_owned() }),
        TableChange::AddCheck(Check {
            name: Some("ck".to_owned()),
            expression: Expression::new("state = 'draft'::text"),
            options: KeptOptions::default(),
        }),
    ]);
    insta::assert_snapshot!(written(POSTGRES, &changes), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres | sea_orm::DbBackend::Sqlite => {
                alter(manager, "posts")
                    .add_foreign_key(
                        NewForeignKey::from(
                            ForeignKey::create()
                                .name("fk-posts-owner_id")
                                .from("posts", "owner_id")
                                .to("users", "id")
                                .on_delete(ForeignKeyAction::Cascade),
                        )
                        .deferrable(Deferrable::Immediate),
                    )
                    .apply()
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "deferrable foreign keys",
                });
            }
        }
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let statements = [
                    "ALTER TABLE posts ADD CONSTRAINT uq UNIQUE NULLS NOT DISTINCT (slug)",
                    "ALTER TABLE posts ADD CONSTRAINT ex EXCLUDE (slug WITH =)",
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
                alter(manager, "posts")
                    .add_check("ck", Expr::cust("state = 'draft'::text"))
                    .apply()
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "definitions of PostgreSQL",
                });
            }
        }
        Ok(())
    down
        alter(manager, "posts").drop_check("ck").apply().await?;
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .get_connection()
                    .execute_unprepared("ALTER TABLE posts DROP CONSTRAINT ex")
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "exclusion constraints",
                });
            }
        }
        alter(manager, "posts")
            .drop_unique("uq")
            .drop_foreign_key(
                ForeignKey::create()
                    .name("fk-posts-owner_id")
                    .from("posts", "owner_id")
                    .to("users", "id"),
            )
            .apply()
            .await?;
        Ok(())
    "#);
}
