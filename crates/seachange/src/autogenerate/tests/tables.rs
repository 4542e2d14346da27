//! Tables.

use sea_orm::sea_query::ColumnType;

use super::{
    MYSQL, POSTGRES, SQLITE, column, id, integer, names, required, string, table, text, with_default, written,
};
use crate::autogenerate::operation::SchemaOperation;
use crate::schema::{
    AutoIncrement, Check, Column, Deferrable, DefinitionText, Exclusion, Expression, ForeignKey, Generated, Index,
    IndexPart, KeptOptions, PrimaryKey, ReferentialAction, SequenceOptions, SqlType, Table, TableName, Unique,
};

fn created(table: Table) -> Vec<SchemaOperation> {
    vec![SchemaOperation::CreateTable(Box::new(table))]
}

fn unique(name: Option<&str>, columns: &[&str]) -> Unique {
    let (name, columns) = (name.map(str::to_owned), names(columns));
    Unique { name, columns, deferrable: None, nulls_not_distinct: false, options: KeptOptions::default() }
}

fn reference(name: Option<&str>, column: &str, to: &str) -> ForeignKey {
    ForeignKey {
        name: name.map(str::to_owned),
        columns: names(&[column]),
        referenced_table: to.into(),
        referenced_columns: names(&["id"]),
        on_delete: ReferentialAction::Cascade,
        on_delete_columns: Vec::new(),
        on_update: ReferentialAction::NoAction,
        deferrable: None,
        options: KeptOptions::default(),
    }
}

fn users(backend: sea_orm::DbBackend) -> Table {
    let moment = column("created_at", ColumnType::TimestampWithTimeZone, "timestamp with time zone");
    let columns = [
        required(string("email", 255)),
        string("full_name", 80),
        required(with_default(column("active", ColumnType::Boolean, "boolean"), "true")),
        required(with_default(moment, "CURRENT_TIMESTAMP")),
    ];
    let mut users = table("users", backend, columns);
    let default = if backend == POSTGRES { Some("users_email_key") } else { None };
    users.uniques.push(unique(default, &["email"]));
    users
}

#[test]
fn a_table_reads_the_same_on_every_database() {
    let written = [POSTGRES, MYSQL, SQLITE].map(|backend| written(backend, &created(users(backend))));
    assert_eq!(written[0], written[1]);
    assert_eq!(written[0], written[2]);
    insta::assert_snapshot!(written[0], @r#"
    up
        let users = Table::create()
            .table("users")
            .col(pk_auto("id"))
            .col(string_len("email", 255).unique_key())
            .col(string_len_null("full_name", 80))
            .col(boolean("active").default(true))
            .col(timestamp_with_time_zone("created_at").default(Expr::current_timestamp()))
            .to_owned();
        manager.create_table(users).await
    down
        // The rows of `users` are lost.
        manager
            .drop_table(Table::drop().table("users").to_owned())
            .await
    "#);
}

#[test]
fn keys_checks_and_indexes() {
    let mut votes = Table::new("votes");
    votes.columns = vec![required(integer("user_id")), required(integer("post_id")), required(integer("weight"))];
    votes.primary_key = Some(PrimaryKey {
        name: Some("pk-votes".to_owned()),
        columns: names(&["user_id", "post_id"]),
        options: KeptOptions::default(),
    });
    votes.uniques.push(unique(Some("uq-votes-all"), &["user_id", "post_id", "weight"]));
    votes.foreign_keys.push(reference(Some("fk-votes-user_id"), "user_id", "users"));
    votes.foreign_keys.push(reference(None, "post_id", "posts"));
    let check = |name: Option<&str>, text| Check {
        name: name.map(str::to_owned),
        expression: Expression::new(text),
        options: KeptOptions::default(),
    };
    votes.checks = vec![check(Some("ck-votes-weight"), "weight > 0"), check(None, "user_id <> post_id")];
    let parts = vec![IndexPart { descending: true, ..IndexPart::column("weight") }, IndexPart::column("post_id")];
    votes.indexes.push(Index {
        name: "idx-votes-weight".to_owned(),
        unique: false,
        method: None,
        parts,
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        invalid: false,
        options: KeptOptions::default(),
    });
    insta::assert_snapshot!(written(SQLITE, &created(votes)), @r#"
    up
        let votes = Table::create()
            .table("votes")
            .col(integer("user_id"))
            .col(integer("post_id"))
            .col(integer("weight"))
            .primary_key(
                Index::create()
                    .name("pk-votes")
                    .col("user_id")
                    .col("post_id"),
            )
            .index(
                Index::create()
                    .name("uq-votes-all")
                    .col("user_id")
                    .col("post_id")
                    .col("weight")
                    .unique(),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk-votes-user_id")
                    .from("votes", "user_id")
                    .to("users", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .foreign_key(
                ForeignKey::create()
                    .from("votes", "post_id")
                    .to("posts", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .check(("ck-votes-weight", Expr::cust("weight > 0")))
            .check(Expr::cust("user_id <> post_id"))
            .to_owned();
        manager.create_table(votes).await?;
        let index = Index::create()
            .name("idx-votes-weight")
            .table("votes")
            .col(("weight", IndexOrder::Desc))
            .col("post_id")
            .to_owned();
        manager.create_index(index).await
    down
        // The rows of `votes` are lost.
        manager
            .drop_table(Table::drop().table("votes").to_owned())
            .await
    "#);
}

#[test]
fn a_composite_key_to_another_schema() {
    let mut lines = table("lines", POSTGRES, [integer("order_year"), integer("order_number")]);
    lines.name = TableName::within("billing", "lines");
    lines.foreign_keys.push(ForeignKey {
        columns: names(&["order_year", "order_number"]),
        referenced_table: TableName::within("sales", "orders"),
        referenced_columns: names(&["year", "number"]),
        on_delete: ReferentialAction::SetNull,
        on_update: ReferentialAction::Restrict,
        ..reference(Some("fk-lines"), "x", "x")
    });
    insta::assert_snapshot!(written(POSTGRES, &created(lines)), @r#"
    up
        let lines = Table::create()
            .table(("billing", "lines"))
            .col(pk_auto("id"))
            .col(integer_null("order_year"))
            .col(integer_null("order_number"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk-lines")
                    .from_tbl(("billing", "lines"))
                    .from_col("order_year")
                    .from_col("order_number")
                    .to_tbl(("sales", "orders"))
                    .to_col("year")
                    .to_col("number")
                    .on_delete(ForeignKeyAction::SetNull)
                    .on_update(ForeignKeyAction::Restrict),
            )
            .to_owned();
        manager.create_table(lines).await
    down
        // The rows of `billing.lines` are lost.
        manager
            .drop_table(Table::drop().table(("billing", "lines")).to_owned())
            .await
    "#);
}

#[test]
fn comments_go_with_the_table_on_mysql_and_come_after_it_on_postgres() {
    let notes = |backend| {
        let content = Column { comment: Some("What it says".to_owned()), ..text("content") };
        Table { comment: Some("Notes of a user".to_owned()), ..table("notes", backend, [content]) }
    };
    assert_eq!(written(POSTGRES, &created(notes(POSTGRES))), written(MYSQL, &created(notes(MYSQL))));
    insta::assert_snapshot!(written(POSTGRES, &created(notes(POSTGRES))), @r#"
    up
        let notes = Table::create()
            .table("notes")
            .col(pk_auto("id"))
            .col(text_null("content").comment("What it says"))
            .comment("Notes of a user")
            .to_owned();
        manager.create_table(notes).await?;
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            alter(manager, "notes")
                .comment("Notes of a user")
                .column_comment("content", "What it says")
                .apply()
                .await?;
        }
        Ok(())
    down
        // The rows of `notes` are lost.
        manager
            .drop_table(Table::drop().table("notes").to_owned())
            .await
    "#);
}

#[test]
fn comments_and_what_changes_with_the_row_on_mysql() {
    let changed = Column {
        on_update: Some(Expression::new("CURRENT_TIMESTAMP")),
        ..required(with_default(column("changed_at", ColumnType::Timestamp, "timestamp"), "current_timestamp()"))
    };
    let content = Column {
        comment: Some("What it says".to_owned()),
        collation: Some("utf8mb4_bin".to_owned()),
        ..string("content", 80)
    };
    let mut notes = table("notes", MYSQL, [content, changed]);
    notes.comment = Some("Notes of a user".to_owned());
    insta::assert_snapshot!(written(MYSQL, &created(notes)), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::MySql => {
                let notes = Table::create()
                    .table("notes")
                    .col(pk_auto("id"))
                    .col(
                        string_len_null("content", 80)
                            .extra("COLLATE utf8mb4_bin")
                            .comment("What it says"),
                    )
                    .col(
                        timestamp("changed_at")
                            .default(Expr::current_timestamp())
                            .extra("ON UPDATE CURRENT_TIMESTAMP"),
                    )
                    .comment("Notes of a user")
                    .to_owned();
                manager.create_table(notes).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "column options of MySQL",
                });
            }
        }
        Ok(())
    down
        // The rows of `notes` are lost.
        manager
            .drop_table(Table::drop().table("notes").to_owned())
            .await
    "#);
}

#[test]
fn what_postgres_alone_has() {
    let identity = AutoIncrement::Identity {
        always: true,
        options: SequenceOptions { start: Some(1000), ..SequenceOptions::default() },
    };
    let number = required(Column { auto_increment: Some(identity), ..integer("number") });
    let serial = required(Column { auto_increment: Some(AutoIncrement::Serial), ..integer("old_number") });
    let tags = column("tags", ColumnType::Array(ColumnType::Text.into()), "text[]");
    let name = Column { collation: Some("de-x-icu".to_owned()), comment: Some("In German".to_owned()), ..text("name") };
    let mut things = Table::new("things");
    things.columns = vec![number, serial, required(with_default(tags, "'{}'::text[]")), name];
    things.uniques.push(Unique { deferrable: Some(Deferrable::Deferred), ..unique(Some("uq"), &["number"]) });
    things
        .exclusions
        .push(Exclusion { name: "no_overlap".to_owned(), definition: "EXCLUDE USING gist (tags WITH &&)".to_owned() });
    insta::assert_snapshot!(written(POSTGRES, &created(things)), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let things = Table::create()
                    .table("things")
                    .col(integer("number").extra("GENERATED ALWAYS AS IDENTITY (START WITH 1000)"))
                    .col(custom("old_number", "serial"))
                    .col(array("tags", ColumnType::Text).default("{}"))
                    .col(text_null("name").extra(r#"COLLATE "de-x-icu""#))
                    .to_owned();
                manager.create_table(things).await?;
                alter(manager, "things")
                    .column_comment("name", "In German")
                    .apply()
                    .await?;
                let statements = [
                    r#"ALTER TABLE things ADD CONSTRAINT uq UNIQUE ("number") DEFERRABLE INITIALLY DEFERRED"#,
                    "ALTER TABLE things ADD CONSTRAINT no_overlap EXCLUDE USING gist (tags WITH &&)",
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
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
        // The rows of `things` are lost.
        manager
            .drop_table(Table::drop().table("things").to_owned())
            .await
    "##);
}

#[test]
fn generated_columns() {
    let expression = Expression::new("price * amount");
    let total = Column { generated: Some(Generated { expression, stored: true }), ..required(integer("total")) };
    let lines = |backend| table("lines", backend, [integer("price"), integer("amount"), total.clone()]);
    insta::assert_snapshot!(written(SQLITE, &created(lines(SQLITE))), @r#"
    up
        let lines = Table::create()
            .table("lines")
            .col(pk_auto("id"))
            .col(integer_null("price"))
            .col(integer_null("amount"))
            .col(integer("total").generated(Expr::cust("price * amount"), true))
            .to_owned();
        manager.create_table(lines).await
    down
        // The rows of `lines` are lost.
        manager
            .drop_table(Table::drop().table("lines").to_owned())
            .await
    "#);
    insta::assert_snapshot!(written(MYSQL, &created(lines(MYSQL))), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::MySql => {
                let lines = Table::create()
                    .table("lines")
                    .col(pk_auto("id"))
                    .col(integer_null("price"))
                    .col(integer_null("amount"))
                    .col(
                        ColumnDef::new_with_type("total", ColumnType::Integer)
                            .generated(Expr::cust("price * amount"), true)
                            .extra("NOT NULL"),
                    )
                    .to_owned();
                manager.create_table(lines).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "column options of MySQL",
                });
            }
        }
        Ok(())
    down
        // The rows of `lines` are lost.
        manager
            .drop_table(Table::drop().table("lines").to_owned())
            .await
    "#);
}

#[test]
fn a_table_that_only_its_own_text_says() {
    let mut codes = Table::new("codes");
    let text_of = "CREATE TABLE \"codes\" (\n    code TEXT PRIMARY KEY COLLATE NOCASE\n) STRICT, WITHOUT ROWID";
    codes.columns = vec![required(text("code"))];
    codes.definition = Some(DefinitionText { text: text_of.to_owned(), is_verbatim: false });
    insta::assert_snapshot!(written(SQLITE, &created(codes)), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Sqlite => {
                let sql = r#"CREATE TABLE "codes" (
    code TEXT PRIMARY KEY COLLATE NOCASE
    RICT, WITHOUT ROWID"#;
                manager.get_connection().execute_unprepared(sql).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "this kind of table",
                });
            }
        }
        Ok(())
    down
        // The rows of `codes` are lost.
        manager
            .drop_table(Table::drop().table("codes").to_owned())
            .await
    "##);
}

#[test]
fn a_key_that_is_checked_late() {
    let mut posts = table("posts", POSTGRES, [integer("owner_id")]);
    let late = ForeignKey { deferrable: Some(Deferrable::Deferred), ..reference(Some("fk"), "owner_id", "users") };
    posts.foreign_keys.push(late);
    insta::assert_snapshot!(written(POSTGRES, &created(posts)), @r#"
    up
        let posts = Table::create()
            .table("posts")
            .col(pk_auto("id"))
            .col(integer_null("owner_id"))
            .to_owned();
        manager.create_table(posts).await?;
        alter(manager, "posts")
            .add_foreign_key(
                NewForeignKey::from(
                    ForeignKey::create()
                        .name("fk")
                        .from("posts", "owner_id")
                        .to("users", "id")
                        .on_delete(ForeignKeyAction::Cascade),
                )
                .deferrable(Deferrable::Deferred),
            )
            .apply()
            .await?;
        Ok(())
    down
        // The rows of `posts` are lost.
        manager
            .drop_table(Table::drop().table("posts").to_owned())
            .await
    "#);
}

#[test]
fn a_name_stays_a_name() {
    let mut evil = Table::new("a\"; drop table \\ users --");
    let column = SqlType { text: "text".to_owned(), kind: ColumnType::Text };
    evil.columns = vec![Column::new("x\"y'z\n`w", column), id(SQLITE)];
    evil.uniques.push(unique(Some("u\"q"), &["x\"y'z\n`w"]));
    insta::assert_snapshot!(written(SQLITE, &created(evil)), @r##"
    up
        let a_drop_table_users = Table::create()
            .table(r#"a"; drop table \ users --"#)
            .col(text_null(
                r#"x"y'z
    ,
            ))
            .col(integer("id").auto_increment())
            .to_owned();
        manager.create_table(a_drop_table_users).await?;
        alter(manager, r#"a"; drop table \ users --"#)
            .add_unique(
                r#"u"q"#,
                [r#"x"y'z
    ],
            )
            .apply()
            .await?;
        Ok(())
    down
        // The rows of `a"; drop table \ users --` are lost.
        manager
            .drop_table(
                Table::drop()
                    .table(r#"a"; drop table \ users --"#)
                    .to_owned(),
            )
            .await
    "##);
}

#[test]
fn renames() {
    let rename = |from: TableName, to: TableName| vec![SchemaOperation::RenameTable { from, to }];
    insta::assert_snapshot!(written(SQLITE, &rename("posts".into(), "articles".into())), @r#"
    up
        manager
            .rename_table(Table::rename().table("posts", "articles").to_owned())
            .await
    down
        manager
            .rename_table(Table::rename().table("articles", "posts").to_owned())
            .await
    "#);
    let moved = rename(TableName::within("old", "posts"), TableName::within("new", "articles"));
    insta::assert_snapshot!(written(POSTGRES, &moved), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .get_connection()
                    .execute_unprepared(r#"ALTER TABLE "old".posts SET SCHEMA "new""#)
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "schemas",
                });
            }
        }
        manager
            .rename_table(
                Table::rename()
                    .table(("new", "posts"), "articles")
                    .to_owned(),
            )
            .await
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .get_connection()
                    .execute_unprepared(r#"ALTER TABLE "new".articles SET SCHEMA "old""#)
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "schemas",
                });
            }
        }
        manager
            .rename_table(
                Table::rename()
                    .table(("old", "articles"), "posts")
                    .to_owned(),
            )
            .await
    "##);
}

#[test]
fn a_table_moves_to_where_the_connection_works() {
    let moved = SchemaOperation::RenameTable { from: TableName::within("it's 1%", "posts"), to: "posts".into() };
    insta::assert_snapshot!(written(POSTGRES, &[moved]), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let sql = r#"DO 'BEGIN EXECUTE format(''ALTER TABLE "it''''s 1%%".posts SET SCHEMA %I'', current_schema()); END'"#;
                manager.get_connection().execute_unprepared(sql).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "schemas",
                });
            }
        }
        Ok(())
    down
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .get_connection()
                    .execute_unprepared(r#"ALTER TABLE posts SET SCHEMA "it's 1%""#)
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "schemas",
                });
            }
        }
        Ok(())
    "##);
}

#[test]
fn nothing_to_do() {
    insta::assert_snapshot!(written(SQLITE, &[]), @r"
    up
        Ok(())
    down
        Ok(())
    ");
}
