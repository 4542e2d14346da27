//! Columns that are added, dropped and changed.

use sea_orm::sea_query::ColumnType;

use super::{MYSQL, POSTGRES, SQLITE, column, integer, posts, required, status, string, text, with_default, written};
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{AutoIncrement, Column, Expression, Generated, SequenceOptions};

fn added(column: Column) -> Vec<SchemaOperation> {
    posts(TableChange::AddColumn(Box::new(column)))
}

fn modified(from: Column, to: Column) -> Vec<SchemaOperation> {
    posts(TableChange::ModifyColumn { from: Box::new(from), to: Box::new(to) })
}

#[test]
fn a_new_column() {
    insta::assert_snapshot!(written(SQLITE, &added(string("phone", 20))), @r#"
    up
        alter(manager, "posts")
            .add_column(string_len_null("phone", 20))
            .apply()
            .await?;
        Ok(())
    down
        // The values of `phone` are lost.
        alter(manager, "posts").drop_column("phone").apply().await?;
        Ok(())
    "#);
    insta::assert_snapshot!(written(SQLITE, &added(required(integer("size")))), @r#"
    up
        // Existing rows have no value for `size`: if there are any, give the column a default, or
        // fill it before it becomes NOT NULL.
        alter(manager, "posts")
            .add_column(integer("size"))
            .apply()
            .await?;
        Ok(())
    down
        // The values of `size` are lost.
        alter(manager, "posts").drop_column("size").apply().await?;
        Ok(())
    "#);
    insta::assert_snapshot!(written(MYSQL, &added(required(with_default(integer("size"), "0")))), @r#"
    up
        alter(manager, "posts")
            .add_column(integer("size").default(0))
            .apply()
            .await?;
        Ok(())
    down
        // The values of `size` are lost.
        alter(manager, "posts").drop_column("size").apply().await?;
        Ok(())
    "#);
}

#[test]
fn changes_of_one_table_are_one_chain() {
    let renamed = TableChange::RenameColumn { from: "title".to_owned(), to: "headline".to_owned() };
    let mut operations = posts(renamed);
    operations.extend(added(text("content")));
    operations.extend(added(with_default(string("state", 10), "'draft'")));
    insta::assert_snapshot!(written(SQLITE, &operations), @r#"
    up
        alter(manager, "posts")
            .rename_column("title", "headline")
            .add_column(text_null("content"))
            .add_column(string_len_null("state", 10).default("draft"))
            .apply()
            .await?;
        Ok(())
    down
        // The values of `state` are lost.
        // The values of `content` are lost.
        alter(manager, "posts")
            .drop_column("state")
            .drop_column("content")
            .rename_column("headline", "title")
            .apply()
            .await?;
        Ok(())
    "#);
}

#[test]
fn nullability_and_default() {
    let title = string("title", 80);
    let change = modified(title.clone(), required(with_default(title, "'untitled'")));
    insta::assert_snapshot!(written(POSTGRES, &change), @r#"
    up
        // This fails if a row has no value for `title`.
        alter(manager, "posts")
            .modify_column_keeping_type(string_len("title", 80).default("untitled"))
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .drop_default("title")
            .modify_column_keeping_type(string_len_null("title", 80))
            .apply()
            .await?;
        Ok(())
    "#);
    insta::assert_snapshot!(written(SQLITE, &change), @r#"
    up
        // This fails if a row has no value for `title`.
        alter(manager, "posts")
            .modify_column_keeping_type(string_len("title", 80).default("untitled"))
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .drop_default("title")
            .modify_column_keeping_type(string_len_null("title", 80))
            .apply()
            .await?;
        Ok(())
    "#);
    insta::assert_snapshot!(written(MYSQL, &change), @r#"
    up
        // This fails if a row has no value for `title`.
        alter(manager, "posts")
            .modify_column_keeping_type(string_len("title", 80).default("untitled"))
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .modify_column_keeping_type(string_len_null("title", 80))
            .apply()
            .await?;
        Ok(())
    "#);
}

#[test]
fn a_type_that_postgres_converts() {
    let change = modified(required(with_default(integer("size"), "0")), required(with_default(text("size"), "'0'")));
    insta::assert_snapshot!(written(POSTGRES, &change), @r##"
    up
        alter(manager, "posts")
            .modify_column(text("size").default("0"))
            .apply()
            .await?;
        Ok(())
    down
        // This fails if a value of `size` cannot be converted.
        // Texts in `size` become numbers and lose their spelling: '007' becomes 7.
        alter(manager, "posts")
            .modify_column(
                integer("size")
                    .default(0)
                    .using(Expr::cust(r#""size"::integer"#)),
            )
            .apply()
            .await?;
        Ok(())
    "##);
}

#[test]
fn a_type_that_postgres_has_to_be_told_how_to_convert() {
    let states = status("state", "post_state", &["draft", "published"]);
    let from = required(with_default(text("state"), "'draft'::text"));
    let to = required(with_default(states, "'draft'::post_state"));
    insta::assert_snapshot!(written(POSTGRES, &modified(from, to)), @r#"
    up
        // This fails if a value of `state` cannot be converted.
        alter(manager, "posts")
            .modify_column(
                enumeration("state", "post_state", ["draft", "published"])
                    .default("draft")
                    .using(Expr::cust("state::post_state")),
            )
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .modify_column(text("state").default("draft"))
            .apply()
            .await?;
        Ok(())
    "#);
    let flag = column("flag", ColumnType::Boolean, "boolean");
    insta::assert_snapshot!(written(POSTGRES, &modified(column("flag", ColumnType::SmallInteger, "smallint"), flag)), @r#"
    up
        // This fails if a value of `flag` cannot be converted.
        // Numbers in `flag` become true or false.
        alter(manager, "posts")
            .modify_column(boolean_null("flag").using(Expr::cust("flag <> 0")))
            .apply()
            .await?;
        Ok(())
    down
        // This fails if a value of `flag` cannot be converted.
        alter(manager, "posts")
            .modify_column(small_integer_null("flag").using(Expr::cust("flag::integer")))
            .apply()
            .await?;
        Ok(())
    "#);
    let json = column("data", ColumnType::JsonBinary, "jsonb");
    insta::assert_snapshot!(written(POSTGRES, &modified(json, column("data", ColumnType::Uuid, "uuid"))), @r##"
    up
        // This fails if a value of `data` cannot be converted.
        alter(manager, "posts")
            .modify_column(uuid_null("data").using(Expr::cust(r#""data"::text::uuid"#)))
            .apply()
            .await?;
        Ok(())
    down
        // This fails if a value of `data` cannot be converted.
        alter(manager, "posts")
            .modify_column(json_binary_null("data").using(Expr::cust(r#""data"::text::jsonb"#)))
            .apply()
            .await?;
        Ok(())
    "##);
}

#[test]
fn only_a_comment() {
    let size = Column { comment: Some("in bytes".to_owned()), ..integer("size") };
    insta::assert_snapshot!(written(POSTGRES, &modified(integer("size"), size.clone())), @r#"
    up
        alter(manager, "posts")
            .column_comment("size", "in bytes")
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .column_comment("size", "")
            .apply()
            .await?;
        Ok(())
    "#);
    insta::assert_snapshot!(written(MYSQL, &modified(integer("size"), size)), @r#"
    up
        alter(manager, "posts")
            .modify_column_keeping_type(integer_null("size").comment("in bytes"))
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .modify_column_keeping_type(integer_null("size"))
            .apply()
            .await?;
        Ok(())
    "#);
}

#[test]
fn only_a_collation() {
    let name = Column { collation: Some("C".to_owned()), ..text("name") };
    insta::assert_snapshot!(written(POSTGRES, &modified(text("name"), name)), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                alter(manager, "posts")
                    .modify_column(text_null("name").extra(r#"COLLATE "C""#))
                    .apply()
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "column options of PostgreSQL",
                });
            }
        }
        Ok(())
    down
        alter(manager, "posts")
            .modify_column(text_null("name"))
            .apply()
            .await?;
        Ok(())
    "##);
    let name = Column { collation: Some("NOCASE".to_owned()), ..text("name") };
    insta::assert_snapshot!(written(SQLITE, &modified(text("name"), name)), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Sqlite => {
                alter(manager, "posts")
                    .modify_column(text_null("name").extra("COLLATE NOCASE"))
                    .apply()
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "column options of SQLite",
                });
            }
        }
        Ok(())
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Sqlite => {
                alter(manager, "posts")
                    .modify_column(text_null("name").extra("COLLATE BINARY"))
                    .apply()
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "column options of SQLite",
                });
            }
        }
        Ok(())
    "#);
}

#[test]
fn what_numbers_rows() {
    let numbered = |always, start| {
        let options = SequenceOptions { start, ..SequenceOptions::default() };
        Some(AutoIncrement::Identity { always, options })
    };
    let plain = required(integer("number"));
    let with = |auto_increment| Column { auto_increment, ..plain.clone() };
    let identity = with(numbered(false, None));
    insta::assert_snapshot!(written(POSTGRES, &modified(plain.clone(), identity.clone())), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let statements = [
                    r#"ALTER TABLE posts ALTER COLUMN "number" ADD GENERATED BY DEFAULT AS IDENTITY"#,
                    r#"SELECT setval(pg_get_serial_sequence('posts', 'number'), max("number")) FROM posts"#,
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "identity columns",
                });
            }
        }
        Ok(())
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .get_connection()
                    .execute_unprepared(r#"ALTER TABLE posts ALTER COLUMN "number" DROP IDENTITY"#)
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "identity columns",
                });
            }
        }
        Ok(())
    "##);
    insta::assert_snapshot!(written(POSTGRES, &modified(identity.clone(), with(numbered(true, Some(10))))), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let sql = r#"ALTER TABLE posts ALTER COLUMN "number" SET GENERATED ALWAYS SET START WITH 10"#;
                manager.get_connection().execute_unprepared(sql).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "identity columns",
                });
            }
        }
        Ok(())
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let sql = r#"ALTER TABLE posts ALTER COLUMN "number" SET GENERATED BY DEFAULT SET START WITH 1"#;
                manager.get_connection().execute_unprepared(sql).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "identity columns",
                });
            }
        }
        Ok(())
    "##);
    insta::assert_snapshot!(written(POSTGRES, &modified(with(Some(AutoIncrement::Serial)), identity)), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let statements = [
                    r#"ALTER TABLE posts ALTER COLUMN "number" DROP DEFAULT"#,
                    "DO $$ BEGIN EXECUTE 'DROP SEQUENCE ' || pg_get_serial_sequence('posts', 'number'); END $$",
                    r#"ALTER TABLE posts ALTER COLUMN "number" ADD GENERATED BY DEFAULT AS IDENTITY"#,
                    r#"SELECT setval(pg_get_serial_sequence('posts', 'number'), max("number")) FROM posts"#,
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "identity columns",
                });
            }
        }
        Ok(())
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let statements = [
                    r#"ALTER TABLE posts ALTER COLUMN "number" DROP IDENTITY"#,
                    "CREATE SEQUENCE posts_number_seq AS integer",
                    r#"ALTER SEQUENCE posts_number_seq OWNED BY posts."number""#,
                    r#"ALTER TABLE posts ALTER COLUMN "number" SET DEFAULT nextval('posts_number_seq'::regclass)"#,
                    r#"SELECT setval(pg_get_serial_sequence('posts', 'number'), max("number")) FROM posts"#,
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "identity columns",
                });
            }
        }
        Ok(())
    "##);
    insta::assert_snapshot!(written(MYSQL, &modified(plain.clone(), with(Some(AutoIncrement::Counter)))), @r#"
    up
        alter(manager, "posts")
            .modify_column_keeping_type(integer("number").auto_increment())
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .modify_column_keeping_type(integer("number"))
            .apply()
            .await?;
        Ok(())
    "#);
}

#[test]
fn what_is_computed() {
    let by = |text: &str| Column {
        generated: Some(Generated { expression: Expression::new(text), stored: true }),
        ..integer("total")
    };
    insta::assert_snapshot!(written(SQLITE, &modified(by("a + b"), by("a + b + c"))), @r#"
    up
        // The values of `total` are recomputed.
        alter(manager, "posts")
            .drop_column("total")
            .add_column(
                ColumnDef::new_with_type("total", ColumnType::Integer)
                    .generated(Expr::cust("a + b + c"), true),
            )
            .apply()
            .await?;
        Ok(())
    down
        // The values of `total` are recomputed.
        alter(manager, "posts")
            .drop_column("total")
            .add_column(
                ColumnDef::new_with_type("total", ColumnType::Integer)
                    .generated(Expr::cust("a + b"), true),
            )
            .apply()
            .await?;
        Ok(())
    "#);
    insta::assert_snapshot!(written(POSTGRES, &modified(integer("total"), by("a + b"))), @r#"
    up
        // The values of `total` are lost.
        alter(manager, "posts")
            .drop_column("total")
            .add_column(
                ColumnDef::new_with_type("total", ColumnType::Integer)
                    .generated(Expr::cust("a + b"), true),
            )
            .apply()
            .await?;
        Ok(())
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .get_connection()
                    .execute_unprepared("ALTER TABLE posts ALTER COLUMN total DROP EXPRESSION")
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "dropping the expression of a stored column",
                });
            }
        }
        Ok(())
    "#);
}
