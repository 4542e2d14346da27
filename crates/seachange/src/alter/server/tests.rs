//! The statements for PostgreSQL and MySQL.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use sea_orm::DatabaseBackend::{self as DbBackend, MySql, Postgres};
use sea_orm::sea_query::{
    ColumnDef, ColumnType, Expr, ExprTrait, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, IntoTableRef,
};
use sea_orm_migration::schema;

use super::implicit_index::{Columns, Fate, Fates, Keys};
use super::statements::statements;
use crate::alter::operation::{Operation, table_name};
use crate::alter::{AlterError, ForeignKeyName, NewForeignKey};

fn written(backend: DbBackend, table: impl IntoTableRef, operations: &[Operation]) -> Result<String, AlterError> {
    let table = table.into_table_ref();
    let implicit =
        Fates::from([("fk".to_owned(), Fate::Drop), ("other".to_owned(), Fate::RenameTo("heir".to_owned()))]);
    Ok(statements(backend, table_name(&table).unwrap(), operations, &implicit)?.join("\n"))
}

fn key() -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name("fk")
        .from("posts", ("owner_id", "kind"))
        .to("users", ("id", "kind"))
        .on_delete(ForeignKeyAction::Cascade)
        .on_update(ForeignKeyAction::SetNull)
        .take()
}

fn add_column(column: ColumnDef) -> Operation {
    Operation::AddColumn(Box::new(column))
}

fn modify_column(column: ColumnDef) -> Operation {
    Operation::ModifyColumn(Box::new(column))
}

fn add_key(key: ForeignKeyCreateStatement) -> Operation {
    Operation::AddForeignKey(Box::new(NewForeignKey::from(key).0))
}

/// One of each.
fn all() -> Vec<Operation> {
    vec![
        add_column(schema::integer("owner_id").default(7).take()),
        add_column(ColumnDef::new("kind").string_len(9).take()),
        add_key(key()),
        Operation::AddUnique { name: "u".to_owned(), columns: vec!["kind".to_owned(), "a`b\"c".to_owned()] },
        Operation::AddCheck { name: "c".to_owned(), expression: Box::new(Expr::col("kind").ne("it's")) },
        modify_column(ColumnDef::new("kind").string_len(20).not_null().default("x").take()),
        Operation::RenameColumn { from: "kind".to_owned(), to: "sort".to_owned() },
        Operation::DropCheck("c".to_owned()),
        Operation::DropUnique("u".to_owned()),
        Operation::DropForeignKey(ForeignKeyName::from("fk")),
        Operation::DropForeignKey(ForeignKeyName::from("other")),
        Operation::DropColumn("owner_id".to_owned()),
    ]
}

#[test]
fn postgresql() {
    insta::assert_snapshot!(written(Postgres, ("blog", "posts"), &all()).unwrap(), @r#"
    ALTER TABLE "blog"."posts" ADD COLUMN "owner_id" integer NOT NULL DEFAULT 7
    ALTER TABLE "blog"."posts" ADD COLUMN "kind" varchar(9)
    ALTER TABLE "blog"."posts" ADD CONSTRAINT "fk" FOREIGN KEY ("owner_id", "kind") REFERENCES "users" ("id", "kind") ON DELETE CASCADE ON UPDATE SET NULL
    ALTER TABLE "blog"."posts" ADD CONSTRAINT "u" UNIQUE ("kind", "a`b""c")
    ALTER TABLE "blog"."posts" ADD CONSTRAINT "c" CHECK ("kind" <> E'it\'s')
    ALTER TABLE "blog"."posts" ALTER COLUMN "kind" TYPE varchar(20), ALTER COLUMN "kind" SET NOT NULL, ALTER COLUMN "kind" SET DEFAULT 'x'
    ALTER TABLE "blog"."posts" RENAME COLUMN "kind" TO "sort"
    ALTER TABLE "blog"."posts" DROP CONSTRAINT "c"
    ALTER TABLE "blog"."posts" DROP CONSTRAINT "u"
    ALTER TABLE "blog"."posts" DROP CONSTRAINT "fk"
    ALTER TABLE "blog"."posts" DROP CONSTRAINT "other"
    ALTER TABLE "blog"."posts" DROP COLUMN "owner_id"
    "#);
}

#[test]
fn mysql() {
    insta::assert_snapshot!(written(MySql, ("blog", "posts"), &all()).unwrap(), @r#"
    ALTER TABLE `blog`.`posts` ADD COLUMN `owner_id` int NOT NULL DEFAULT 7, ADD COLUMN `kind` varchar(9), ADD CONSTRAINT `fk` FOREIGN KEY (`owner_id`, `kind`) REFERENCES `users` (`id`, `kind`) ON DELETE CASCADE ON UPDATE SET NULL, ADD CONSTRAINT `u` UNIQUE (`kind`, `a``b"c`), ADD CONSTRAINT `c` CHECK (`kind` <> 'it\'s')
    ALTER TABLE `blog`.`posts` MODIFY COLUMN `kind` varchar(20) NOT NULL DEFAULT 'x'
    ALTER TABLE `blog`.`posts` RENAME COLUMN `kind` TO `sort`
    ALTER TABLE `blog`.`posts` DROP CONSTRAINT `c`, DROP INDEX `u`, DROP FOREIGN KEY `fk`, DROP INDEX `fk`, DROP FOREIGN KEY `other`, RENAME INDEX `other` TO `heir`, DROP COLUMN `owner_id`
    "#);
}

#[test]
fn names_are_escaped_and_parents_qualified() {
    let key = || ForeignKey::create().name("f`k\"").from_col("a`\"").to(("s", "u`\""), "i`\"").take();
    let drop = Operation::DropForeignKey(ForeignKeyName::from("f`k\""));
    insta::assert_snapshot!(written(Postgres, "p`\"", &[add_key(key()), drop.clone()]).unwrap(), @r#"
    ALTER TABLE "p`""" ADD CONSTRAINT "f`k""" FOREIGN KEY ("a`""") REFERENCES "s"."u`""" ("i`""")
    ALTER TABLE "p`""" DROP CONSTRAINT "f`k"""
    "#);
    insta::assert_snapshot!(written(MySql, "p`\"", &[add_key(key()), drop]).unwrap(), @r#"
    ALTER TABLE `p``"` ADD CONSTRAINT `f``k"` FOREIGN KEY (`a``"`) REFERENCES `s`.`u``"` (`i``"`)
    ALTER TABLE `p``"` DROP FOREIGN KEY `f``k"`
    "#);
}

#[test]
fn what_a_database_does_not_have_is_refused() {
    let refused = |backend, operation| written(backend, "t", &[operation]).unwrap_err().to_string();
    let array = ColumnDef::new_with_type("x", ColumnType::Array(ColumnType::Integer.into()));
    insta::assert_snapshot!(refused(MySql, add_column(array)), @"column `x` of table `t`: MySQL has no type Array(Integer)");
    insta::assert_snapshot!(refused(Postgres, add_column(ColumnDef::new("x").year().take())), @"column `x` of table `t`: PostgreSQL has no type Year");
    let checked = ColumnDef::new("x").integer().check(Expr::col("x").gt(0)).take();
    insta::assert_snapshot!(refused(Postgres, modify_column(checked)), @"column `x` of table `t`: a check is added with `add_check`");
    let generated = ColumnDef::new("x").integer().generated(Expr::val(1), true).take();
    insta::assert_snapshot!(refused(Postgres, modify_column(generated)), @"column `x` of table `t`: it cannot be turned into a generated one; drop it and add it again");
    insta::assert_snapshot!(refused(MySql, add_key(ForeignKey::create().from_col("a").to("u", "id").take())), @"the foreign key on `a` of table `t` needs a name, so that it can be dropped");
}

fn columns(keys: &[(&str, &[&str])]) -> Columns {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    keys.iter().map(|(name, columns)| (name.to_string(), owned(columns))).collect()
}

#[test]
fn an_index_goes_with_the_foreign_key_that_brought_it() {
    let check = |indexes: &[(&str, &[&str])], keys: &[(&str, &[&str])], referring: &[(&str, &[&str])], fate| {
        let keys = Keys { indexes: columns(indexes), foreign_keys: columns(keys), referring: columns(referring) };
        assert_eq!(keys.fates(&["fk", "fk2"]).get("fk"), fate, "{keys:?}");
    };
    check(&[("fk", &["a"])], &[("fk", &["a"])], &[], Some(&Fate::Drop));
    // Somebody's own index served the key.
    check(&[("mine", &["a"])], &[("fk", &["a"])], &[], None);
    check(&[("fk", &["a", "b"])], &[("fk", &["a"])], &[], None);
    // Another key needs it, unless that goes too.
    check(&[("fk", &["a"])], &[("fk", &["a"]), ("stays", &["a", "b"])], &[], None);
    let heir = Fate::RenameTo("stays".to_owned());
    check(&[("fk", &["a"])], &[("fk", &["a"]), ("stays", &["a"])], &[], Some(&heir));
    check(&[("fk", &["a"])], &[("fk", &["a"]), ("fk2", &["a"])], &[], Some(&Fate::Drop));
    check(&[("fk", &["a"])], &[("fk", &["a"])], &[("blog.child.fk", &["a"])], None);
}
