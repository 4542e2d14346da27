//! Indexes.

use super::{MYSQL, POSTGRES, SQLITE, names, written};
use crate::autogenerate::operation::SchemaOperation;
use crate::schema::{Expression, Index, IndexKey, IndexPart, KeptOptions};

fn index(parts: Vec<IndexPart>) -> Index {
    Index {
        name: "idx-posts".to_owned(),
        unique: false,
        method: None,
        parts,
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        invalid: false,
        options: KeptOptions::default(),
    }
}

fn expression(text: &str) -> IndexPart {
    IndexPart { key: IndexKey::Expression(Expression::new(text)), ..IndexPart::column("") }
}

fn created(index: Index) -> Vec<SchemaOperation> {
    vec![SchemaOperation::CreateIndex { table: "posts".into(), index }]
}

#[test]
fn an_index_of_columns() {
    let newest = IndexPart { descending: true, ..IndexPart::column("created_at") };
    let index = Index { unique: true, ..index(vec![IndexPart::column("owner_id"), newest]) };
    insta::assert_snapshot!(written(SQLITE, &created(index)), @r#"
    up
        let index = Index::create()
            .name("idx-posts")
            .table("posts")
            .col("owner_id")
            .col(("created_at", IndexOrder::Desc))
            .unique()
            .to_owned();
        manager.create_index(index).await
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "#);
}

#[test]
fn an_index_of_some_rows() {
    let predicate = Some(Expression::new("deleted_at IS NULL"));
    let index = Index { predicate, ..index(vec![IndexPart::column("slug")]) };
    insta::assert_snapshot!(written(POSTGRES, &created(index)), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres | sea_orm::DbBackend::Sqlite => {
                let index = Index::create()
                    .name("idx-posts")
                    .table("posts")
                    .col("slug")
                    .and_where(Expr::cust("deleted_at IS NULL"))
                    .to_owned();
                manager.create_index(index).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "partial indexes",
                });
            }
        }
        Ok(())
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "#);
}

#[test]
fn an_index_of_expressions() {
    let index = index(vec![expression("lower(title)")]);
    insta::assert_snapshot!(written(POSTGRES, &created(index.clone())), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres | sea_orm::DbBackend::MySql => {
                let index = Index::create()
                    .name("idx-posts")
                    .table("posts")
                    .col(Expr::cust("lower(title)"))
                    .to_owned();
                manager.create_index(index).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this kind of index",
                });
            }
        }
        Ok(())
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "#);
    insta::assert_snapshot!(written(SQLITE, &created(index)), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres | sea_orm::DbBackend::Sqlite => {
                manager
                    .get_connection()
                    .execute_unprepared(r#"CREATE INDEX "idx-posts" ON posts ((lower(title)))"#)
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this kind of index",
                });
            }
        }
        Ok(())
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "##);
}

#[test]
fn methods() {
    let of = |method: &str| Index { method: Some(method.to_owned()), ..index(vec![IndexPart::column("tags")]) };
    let classed = IndexPart { operator_class: Some("jsonb_path_ops".to_owned()), ..IndexPart::column("tags") };
    let gin = Index { parts: vec![classed], ..of("gin") };
    insta::assert_snapshot!(written(POSTGRES, &created(gin)), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let index = Index::create()
                    .name("idx-posts")
                    .table("posts")
                    .col(
                        "tags"
                            .into_index_column()
                            .with_operator_class("jsonb_path_ops"),
                    )
                    .index_type(IndexType::Custom("gin".into_iden()))
                    .to_owned();
                manager.create_index(index).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this index method",
                });
            }
        }
        Ok(())
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "#);
    insta::assert_snapshot!(written(MYSQL, &created(of("fulltext"))), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::MySql => {
                let index = Index::create()
                    .name("idx-posts")
                    .table("posts")
                    .col("tags")
                    .full_text()
                    .to_owned();
                manager.create_index(index).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this index method",
                });
            }
        }
        Ok(())
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "#);
    let covering = Index { include: names(&["title"]), ..of("btree") };
    let covering = Index { method: None, ..covering };
    insta::assert_snapshot!(written(POSTGRES, &created(covering)), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let index = Index::create()
                    .name("idx-posts")
                    .table("posts")
                    .col("tags")
                    .include("title")
                    .to_owned();
                manager.create_index(index).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this kind of index",
                });
            }
        }
        Ok(())
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "#);
    let ordered = IndexPart { nulls_first: Some(true), collation: Some("C".to_owned()), ..IndexPart::column("tags") };
    insta::assert_snapshot!(written(POSTGRES, &created(index(vec![ordered]))), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let sql = r#"CREATE INDEX "idx-posts" ON posts (tags COLLATE "C" NULLS FIRST)"#;
                manager.get_connection().execute_unprepared(sql).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this kind of index",
                });
            }
        }
        Ok(())
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "##);
    let prefix = IndexPart { length: Some(10), ..IndexPart::column("title") };
    insta::assert_snapshot!(written(MYSQL, &created(index(vec![prefix]))), @r#"
    up
        let index = Index::create()
            .name("idx-posts")
            .table("posts")
            .col(("title", 10))
            .to_owned();
        manager.create_index(index).await
    down
        manager
            .drop_index(Index::drop().name("idx-posts").table("posts").to_owned())
            .await
    "#);
}

#[test]
fn a_name_with_quotes() {
    let index = Index { name: "i\"x".to_owned(), ..index(vec![IndexPart::column("slug")]) };
    insta::assert_snapshot!(written(SQLITE, &created(index)), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres | sea_orm::DbBackend::Sqlite => {
                manager
                    .get_connection()
                    .execute_unprepared(r#"CREATE INDEX "i""x" ON posts (slug)"#)
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this kind of index",
                });
            }
        }
        Ok(())
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Sqlite => {
                manager
                    .get_connection()
                    .execute_unprepared(r#"DROP INDEX "i""x""#)
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this way to quote names",
                });
            }
        }
        Ok(())
    "##);
}
