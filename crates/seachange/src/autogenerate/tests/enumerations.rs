//! Enumerated types of PostgreSQL.

use super::{POSTGRES, posts, required, status, with_default, written};
use crate::autogenerate::operation::{EnumUsage, SchemaOperation, TableChange};
use crate::schema::{Check, EnumType, Expression, Index, IndexPart, KeptOptions, TableName};

fn state(values: &[&str]) -> EnumType {
    EnumType { name: "state".into(), values: super::names(values), comment: None }
}

fn altered(from: &[&str], to: &[&str]) -> SchemaOperation {
    altered_under(from, to, Vec::new())
}

fn altered_under(from: &[&str], to: &[&str], dependents: Vec<SchemaOperation>) -> SchemaOperation {
    let column = required(with_default(status("state", "state", from), "'draft'::state"));
    let users = vec![EnumUsage { table: TableName::new("posts"), column }];
    SchemaOperation::AlterEnumeration { from: state(from), to: state(to), users, dependents }
}

#[test]
fn a_type_comes_before_its_column() {
    let values = ["draft", "published"];
    let column = required(with_default(status("state", "state", &values), "'draft'::state"));
    let mut operations = vec![SchemaOperation::CreateEnumeration(state(&values))];
    operations.extend(posts(TableChange::AddColumn(Box::new(column))));
    insta::assert_snapshot!(written(POSTGRES, &operations), @r#"
    up
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            let state = extension::postgres::Type::create()
                .as_enum("state")
                .values(["draft", "published"])
                .to_owned();
            manager.create_type(state).await?;
        }
        alter(manager, "posts")
            .add_column(enumeration("state", "state", ["draft", "published"]).default("draft"))
            .apply()
            .await?;
        Ok(())
    down
        // The values of `state` are lost.
        alter(manager, "posts").drop_column("state").apply().await?;
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            manager
                .drop_type(extension::postgres::Type::drop().name("state").to_owned())
                .await?;
        }
        Ok(())
    "#);
}

#[test]
fn values_are_added_where_they_stand() {
    let operation = altered(&["draft", "published"], &["idea", "draft", "review", "published", "archived"]);
    insta::assert_snapshot!(written(POSTGRES, &[operation]), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .alter_type(
                        extension::postgres::Type::alter()
                            .name("state")
                            .add_value("idea")
                            .before("draft"),
                    )
                    .await?;
                manager
                    .alter_type(
                        extension::postgres::Type::alter()
                            .name("state")
                            .add_value("review")
                            .after("draft"),
                    )
                    .await?;
                manager
                    .alter_type(
                        extension::postgres::Type::alter()
                            .name("state")
                            .add_value("archived"),
                    )
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "enumerated types",
                });
            }
        }
        Ok(())
    down
        // This fails if a row has `idea` or `review` or `archived` in a column of type `state`.
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let statements = [
                    "CREATE TYPE state_new AS ENUM ('draft', 'published')",
                    "ALTER TABLE posts ALTER COLUMN state DROP DEFAULT, ALTER COLUMN state TYPE state_new USING state::text::state_new",
                    "DROP TYPE state",
                    "ALTER TYPE state_new RENAME TO state",
                    "ALTER TABLE posts ALTER COLUMN state SET DEFAULT 'draft'::state",
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "enumerated types",
                });
            }
        }
        Ok(())
    "#);
}

#[test]
fn a_value_that_is_used_at_once_takes_a_new_type() {
    let old = required(with_default(status("state", "state", &["draft"]), "'draft'::state"));
    let new = required(with_default(status("state", "state", &["draft", "idea"]), "'idea'::state"));
    let mut operations = vec![altered(&["draft"], &["draft", "idea"])];
    operations.extend(posts(TableChange::ModifyColumn { from: Box::new(old), to: Box::new(new) }));
    insta::assert_snapshot!(written(POSTGRES, &operations), @r#"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let statements = [
                    "CREATE TYPE state_new AS ENUM ('draft', 'idea')",
                    "ALTER TABLE posts ALTER COLUMN state DROP DEFAULT, ALTER COLUMN state TYPE state_new USING state::text::state_new",
                    "DROP TYPE state",
                    "ALTER TYPE state_new RENAME TO state",
                    "ALTER TABLE posts ALTER COLUMN state SET DEFAULT 'draft'::state",
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "enumerated types",
                });
            }
        }
        alter(manager, "posts")
            .modify_column_keeping_type(
                enumeration("state", "state", ["draft", "idea"]).default("idea"),
            )
            .apply()
            .await?;
        Ok(())
    down
        alter(manager, "posts")
            .modify_column_keeping_type(enumeration("state", "state", ["draft"]).default("draft"))
            .apply()
            .await?;
        // This fails if a row has `idea` in a column of type `state`.
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                let statements = [
                    "CREATE TYPE state_new AS ENUM ('draft')",
                    "ALTER TABLE posts ALTER COLUMN state DROP DEFAULT, ALTER COLUMN state TYPE state_new USING state::text::state_new",
                    "DROP TYPE state",
                    "ALTER TYPE state_new RENAME TO state",
                    "ALTER TABLE posts ALTER COLUMN state SET DEFAULT 'draft'::state",
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "enumerated types",
                });
            }
        }
        Ok(())
    "#);
}

#[test]
fn what_depends_on_the_type_is_made_again() {
    let check = Check {
        name: Some("open".to_owned()),
        expression: Expression::new("state <> 'draft'::state"),
        options: KeptOptions::default(),
    };
    let index = Index {
        name: "drafts".to_owned(),
        unique: false,
        method: None,
        parts: vec![IndexPart::column("id")],
        include: Vec::new(),
        predicate: Some(Expression::new("state = 'draft'::state")),
        nulls_not_distinct: false,
        invalid: false,
        options: KeptOptions::default(),
    };
    let mut dependents = posts(TableChange::AddCheck(check));
    dependents.push(SchemaOperation::CreateIndex { table: "posts".into(), index });
    let operation = altered_under(&["draft"], &["draft", "idea"], dependents);
    insta::assert_snapshot!(written(POSTGRES, &[operation]), @r##"
    up
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .alter_type(
                        extension::postgres::Type::alter()
                            .name("state")
                            .add_value("idea"),
                    )
                    .await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "enumerated types",
                });
            }
        }
        Ok(())
    down
        // This fails if a row has `idea` in a column of type `state`.
        match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => {
                manager
                    .drop_index(Index::drop().name("drafts").table("posts").to_owned())
                    .await?;
                alter(manager, "posts").drop_check("open").apply().await?;
                let statements = [
                    "CREATE TYPE state_new AS ENUM ('draft')",
                    "ALTER TABLE posts ALTER COLUMN state DROP DEFAULT, ALTER COLUMN state TYPE state_new USING state::text::state_new",
                    "DROP TYPE state",
                    "ALTER TYPE state_new RENAME TO state",
                    "ALTER TABLE posts ALTER COLUMN state SET DEFAULT 'draft'::state",
                ];
                for sql in statements {
                    manager.get_connection().execute_unprepared(sql).await?;
                }
                alter(manager, "posts")
                    .add_check("open", Expr::cust("state <> 'draft'::state"))
                    .apply()
                    .await?;
                let index = Index::create()
                    .name("drafts")
                    .table("posts")
                    .col("id")
                    .and_where(Expr::cust("state = 'draft'::state"))
                    .to_owned();
                manager.create_index(index).await?;
            }
            other => {
                return Err(DbErr::BackendNotSupported {
                    db: other.as_str(),
                    ctx: "enumerated types",
                });
            }
        }
        Ok(())
    "##);
}
