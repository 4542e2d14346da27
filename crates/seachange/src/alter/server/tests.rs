//! The statements for PostgreSQL and MySQL.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use sea_orm::DatabaseBackend::{self as DbBackend, MySql, Postgres};
use sea_orm::sea_query::{
    ColumnDef, ColumnType, Expr, ExprTrait, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, IntoTableRef,
};
use sea_orm_migration::schema;

use super::deferred_names;
use super::generated_names::{GeneratedNames, UniqueIndex, found};
use super::implicit_index::{IndexDisposition, IndexDispositions, KeyColumns, TableKeys};
use super::statements::statements;
use crate::alter::offline_scope::Recording;
use crate::alter::operation::{AlterOperation, table_name};
use crate::alter::{AlterError, ForeignKeyName, NewForeignKey};
use crate::schema::Deferrable;

fn written(backend: DbBackend, table: impl IntoTableRef, operations: &[AlterOperation]) -> Result<String, AlterError> {
    let table = table.into_table_ref();
    let indexes = IndexDispositions::from([
        ("fk".to_owned(), IndexDisposition::Drop),
        ("other".to_owned(), IndexDisposition::RenameTo("heir".to_owned())),
    ]);
    let uniques = [("posts_email_key".to_owned(), UniqueIndex::Named("email`2".to_owned()))].into();
    let names = GeneratedNames { indexes, uniques, ..GeneratedNames::default() };
    Ok(statements(backend, table_name(&table).unwrap(), operations, &names)?.join("\n"))
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

fn add_column(column: ColumnDef) -> AlterOperation {
    AlterOperation::AddColumn(Box::new(column))
}

fn modify_column(column: ColumnDef) -> AlterOperation {
    AlterOperation::ModifyColumn { new: Box::new(column), keeps_type: false }
}

fn add_key(key: ForeignKeyCreateStatement) -> AlterOperation {
    AlterOperation::AddForeignKey(Box::new(NewForeignKey::from(key)))
}

/// One operation of each kind.
fn all() -> Vec<AlterOperation> {
    vec![
        add_column(schema::integer("owner_id").default(7).take()),
        add_column(ColumnDef::new("kind").string_len(9).take()),
        add_key(key()),
        AlterOperation::AddUnique { name: "u".to_owned(), columns: vec!["kind".to_owned(), "a`b\"c".to_owned()] },
        AlterOperation::AddCheck { name: "c".to_owned(), expression: Box::new(Expr::col("kind").ne("it's")) },
        modify_column(ColumnDef::new("kind").string_len(20).not_null().default("x").take()),
        AlterOperation::RenameColumn { from: "kind".to_owned(), to: "sort".to_owned() },
        AlterOperation::DropCheck("c".to_owned()),
        AlterOperation::DropUnique("u".to_owned()),
        AlterOperation::DropForeignKey(ForeignKeyName::from("fk")),
        AlterOperation::DropForeignKey(ForeignKeyName::from("other")),
        AlterOperation::DropColumn("owner_id".to_owned()),
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
    ALTER TABLE "blog"."posts" ALTER COLUMN "kind" DROP DEFAULT, ALTER COLUMN "kind" TYPE varchar(20), ALTER COLUMN "kind" SET NOT NULL, ALTER COLUMN "kind" SET DEFAULT 'x'
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
    let drop = AlterOperation::DropForeignKey(ForeignKeyName::from("f`k\""));
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
    insta::assert_snapshot!(refused(Postgres, modify_column(generated)), @"column `x` of table `t`: it cannot become a generated column; drop it and add it again");
    insta::assert_snapshot!(refused(MySql, add_key(ForeignKey::create().from_col("a").to("u", "id").take())), @"the foreign key on `a` of table `t` needs a name, so that it can be dropped");
}

fn columns(keys: &[(&str, &[&str])]) -> KeyColumns {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    keys.iter().map(|(name, columns)| (name.to_string(), owned(columns))).collect()
}

#[test]
fn an_index_goes_with_the_foreign_key_that_brought_it() {
    let check = |indexes: &[(&str, &[&str])], keys: &[(&str, &[&str])], referring: &[(&str, &[&str])], fate| {
        let keys = TableKeys { indexes: columns(indexes), foreign_keys: columns(keys), referring: columns(referring) };
        assert_eq!(keys.fates(&["fk", "fk2"]).get("fk"), fate, "{keys:?}");
    };
    check(&[("fk", &["a"])], &[("fk", &["a"])], &[], Some(&IndexDisposition::Drop));
    // An index that the user created serves the key.
    check(&[("mine", &["a"])], &[("fk", &["a"])], &[], None);
    check(&[("fk", &["a", "b"])], &[("fk", &["a"])], &[], None);
    // Another key needs the index, unless that key is dropped too.
    check(&[("fk", &["a"])], &[("fk", &["a"]), ("stays", &["a", "b"])], &[], None);
    let heir = IndexDisposition::RenameTo("stays".to_owned());
    check(&[("fk", &["a"])], &[("fk", &["a"]), ("stays", &["a"])], &[], Some(&heir));
    check(&[("fk", &["a"])], &[("fk", &["a"]), ("fk2", &["a"])], &[], Some(&IndexDisposition::Drop));
    check(&[("fk", &["a"])], &[("fk", &["a"])], &[("blog.child.fk", &["a"])], None);
}

/// Operations on keys, defaults and comments.
fn more() -> Vec<AlterOperation> {
    vec![
        AlterOperation::DropDefault("a".to_owned()),
        AlterOperation::DropDefault("b".to_owned()),
        AlterOperation::DropPrimaryKey("posts_pkey".to_owned()),
        AlterOperation::AddPrimaryKey { name: "k".to_owned(), columns: vec!["a".to_owned(), "b".to_owned()] },
        AlterOperation::DropUnique("posts_email_key".to_owned()),
        AlterOperation::Comment("it's \\ a".to_owned()),
        AlterOperation::Comment(String::new()),
    ]
}

#[test]
fn keys_defaults_and_comments() {
    insta::assert_snapshot!(written(Postgres, ("blog", "posts"), &more()).unwrap(), @r#"
    ALTER TABLE "blog"."posts" ALTER COLUMN "a" DROP DEFAULT
    ALTER TABLE "blog"."posts" ALTER COLUMN "b" DROP DEFAULT
    ALTER TABLE "blog"."posts" DROP CONSTRAINT "posts_pkey"
    ALTER TABLE "blog"."posts" ADD CONSTRAINT "k" PRIMARY KEY ("a", "b")
    ALTER TABLE "blog"."posts" DROP CONSTRAINT "posts_email_key"
    COMMENT ON TABLE "blog"."posts" IS E'it\'s \\ a'
    COMMENT ON TABLE "blog"."posts" IS NULL
    "#);
    insta::assert_snapshot!(written(MySql, ("blog", "posts"), &more()).unwrap(), @r#"
    ALTER TABLE `blog`.`posts` ALTER COLUMN `a` DROP DEFAULT, ALTER COLUMN `b` DROP DEFAULT
    ALTER TABLE `blog`.`posts` DROP PRIMARY KEY, ADD CONSTRAINT `k` PRIMARY KEY (`a`, `b`)
    ALTER TABLE `blog`.`posts` DROP INDEX `email``2`
    ALTER TABLE `blog`.`posts` COMMENT = 'it\'s \\ a'
    ALTER TABLE `blog`.`posts` COMMENT = ''
    "#);
}

#[test]
fn a_column_that_counts_comes_and_goes_with_its_key() {
    let key = |column: &str| AlterOperation::AddPrimaryKey { name: "k".to_owned(), columns: vec![column.to_owned()] };
    let drop_key = || AlterOperation::DropPrimaryKey("k".to_owned());
    let there = [add_column(ColumnDef::new("id").integer().auto_increment().take()), drop_key(), key("id")];
    insta::assert_snapshot!(written(MySql, "t", &there).unwrap(), @"ALTER TABLE `t` ADD COLUMN `id` int AUTO_INCREMENT, DROP PRIMARY KEY, ADD CONSTRAINT `k` PRIMARY KEY (`id`)");
    let back = [drop_key(), key("a"), AlterOperation::DropColumn("id".to_owned())];
    insta::assert_snapshot!(written(MySql, "t", &back).unwrap(), @"ALTER TABLE `t` DROP PRIMARY KEY, ADD CONSTRAINT `k` PRIMARY KEY (`a`), DROP COLUMN `id`");
}

#[test]
fn comments_of_columns() {
    let comment = |text: &str| AlterOperation::ColumnComment { column: "a\"b".to_owned(), text: text.to_owned() };
    let added = add_column(ColumnDef::new("x").integer().comment("it's x").take());
    let modified = modify_column(ColumnDef::new("x").comment("").take());
    let both = modify_column(ColumnDef::new("x").text().comment("now a text").take());
    let operations = [comment("why"), comment(""), added.clone(), modified, both];
    insta::assert_snapshot!(written(Postgres, "posts", &operations).unwrap(), @r#"
    COMMENT ON COLUMN "posts"."a""b" IS 'why'
    COMMENT ON COLUMN "posts"."a""b" IS NULL
    ALTER TABLE "posts" ADD COLUMN "x" integer
    COMMENT ON COLUMN "posts"."x" IS E'it\'s x'
    COMMENT ON COLUMN "posts"."x" IS NULL
    ALTER TABLE "posts" ALTER COLUMN "x" TYPE text
    COMMENT ON COLUMN "posts"."x" IS 'now a text'
    "#);
    insta::assert_snapshot!(written(MySql, "posts", &[added]).unwrap(), @r#"ALTER TABLE `posts` ADD COLUMN `x` int COMMENT 'it\'s x'"#);
    insta::assert_snapshot!(written(MySql, "posts", &[comment("why")]).unwrap_err(), @r#"column `a"b` of table `posts`: a comment is part of the column definition on MySQL and MariaDB; set it with `modify_column`"#);
}

#[test]
fn types_with_a_way_to_them() {
    let cast = Expr::col("x").cast_as("integer");
    let mut column = ColumnDef::new("x");
    column.integer().not_null().default(5).using(cast);
    insta::assert_snapshot!(written(Postgres, "t", &[modify_column(column)]).unwrap(), @r#"ALTER TABLE "t" ALTER COLUMN "x" DROP DEFAULT, ALTER COLUMN "x" TYPE integer USING CAST("x" AS integer), ALTER COLUMN "x" SET NOT NULL, ALTER COLUMN "x" SET DEFAULT 5"#);
    let mut column = ColumnDef::new("x");
    column.string_len(9).null().unique_key().extra("COLLATE \"C\"").using(Expr::val("a"));
    insta::assert_snapshot!(written(Postgres, "t", &[modify_column(column)]).unwrap(), @r#"ALTER TABLE "t" ALTER COLUMN "x" TYPE varchar(9) COLLATE "C" USING 'a', ALTER COLUMN "x" DROP NOT NULL, ADD UNIQUE ("x")"#);
}

#[test]
fn a_type_that_stays_is_not_told() {
    let kept = || {
        let new = ColumnDef::new("x").string_len(9).not_null().default("a").using(Expr::val("b")).take();
        [AlterOperation::ModifyColumn { new: Box::new(new), keeps_type: true }]
    };
    insta::assert_snapshot!(written(Postgres, "t", &kept()).unwrap(), @r#"ALTER TABLE "t" ALTER COLUMN "x" SET NOT NULL, ALTER COLUMN "x" SET DEFAULT 'a'"#);
    insta::assert_snapshot!(written(MySql, "t", &kept()).unwrap(), @"ALTER TABLE `t` MODIFY COLUMN `x` varchar(9) NOT NULL DEFAULT 'a'");
}

#[test]
fn foreign_keys_that_are_checked_late() {
    let late = |deferrable| AlterOperation::AddForeignKey(Box::new(NewForeignKey::from(key()).deferrable(deferrable)));
    let both = [late(Deferrable::Immediate), late(Deferrable::Deferred)];
    insta::assert_snapshot!(written(Postgres, "posts", &both).unwrap(), @r#"
    ALTER TABLE "posts" ADD CONSTRAINT "fk" FOREIGN KEY ("owner_id", "kind") REFERENCES "users" ("id", "kind") ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY IMMEDIATE
    ALTER TABLE "posts" ADD CONSTRAINT "fk" FOREIGN KEY ("owner_id", "kind") REFERENCES "users" ("id", "kind") ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED
    "#);
    insta::assert_snapshot!(written(MySql, "posts", &both).unwrap_err(), @"foreign key `fk` of table `posts` cannot be deferrable: MySQL has no deferrable foreign keys");
}

#[test]
fn foreign_keys_that_set_some_of_their_columns() {
    let some = || {
        [AlterOperation::AddForeignKey(Box::new(
            NewForeignKey::from(key().on_delete(ForeignKeyAction::SetNull)).on_delete_columns(["kind"]),
        ))]
    };
    insta::assert_snapshot!(written(Postgres, "posts", &some()).unwrap(), @r#"ALTER TABLE "posts" ADD CONSTRAINT "fk" FOREIGN KEY ("owner_id", "kind") REFERENCES "users" ("id", "kind") ON DELETE SET NULL ("kind") ON UPDATE SET NULL"#);
    insta::assert_snapshot!(written(MySql, "posts", &some()).unwrap_err(), @"foreign key `fk` of table `posts` cannot set some of its columns: MySQL sets all of them");
}

#[test]
fn unique_constraints_without_a_name_are_found_by_their_columns() {
    let indexes =
        columns(&[("email", &["email"]), ("b", &["b"]), ("b_2", &["b"]), ("a_b_key", &["x"]), ("x", &["A", "b"])]);
    let name = |name: &str| found("posts", &indexes, &[name]).remove(name);
    assert_eq!(name("posts_email_key"), Some(UniqueIndex::Named("email".to_owned())));
    assert_eq!(name("posts_a_b_key"), Some(UniqueIndex::Named("x".to_owned())));
    assert_eq!(name("posts_b_key"), None, "two could be meant");
    assert_eq!(name("EMAIL"), None, "it is called so");
    assert_eq!(name("u"), None);
}

#[test]
fn the_server_looks_for_unique_constraints_itself() {
    let drop = |name: &str| AlterOperation::DropUnique(name.to_owned());
    let operations = [drop("u"), drop("posts_it's_key")];
    let table = ("blog", "posts").into_table_ref();
    let table = table_name(&table).unwrap();
    let names = GeneratedNames::left_to_server(table, &operations, Recording::WithoutColumnChecks);
    let statements = statements(MySql, table, &operations, &names).unwrap();
    let written = deferred_names::statements(table, &names.indexes, &statements[0]);
    insta::assert_snapshot!(written.join(";\n"), @r#"
    SET @seachange_index_1 = (WITH
        own_indexes AS (
            SELECT INDEX_NAME AS name, CONCAT('posts', '_', GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX SEPARATOR '_'), '_key')
                AS default_name
            FROM information_schema.STATISTICS
            WHERE TABLE_SCHEMA = 'blog' AND TABLE_NAME = 'posts' AND NON_UNIQUE = 0 AND INDEX_NAME <> 'PRIMARY'
            GROUP BY INDEX_NAME)
    SELECT CONCAT('`', REPLACE(CASE
        WHEN EXISTS (SELECT 1 FROM own_indexes WHERE name = 'posts_it\'s_key') THEN 'posts_it\'s_key'
        WHEN (SELECT COUNT(*) FROM own_indexes WHERE default_name = 'posts_it\'s_key') = 1
            THEN (SELECT MIN(name) FROM own_indexes WHERE default_name = 'posts_it\'s_key')
        ELSE 'posts_it\'s_key' END, '`', '``'), '`'));
    SET @seachange_alter = CONCAT('ALTER TABLE `blog`.`posts` DROP INDEX `u`, DROP INDEX ', @seachange_index_1, '');
    PREPARE seachange_alter FROM @seachange_alter;
    EXECUTE seachange_alter;
    DEALLOCATE PREPARE seachange_alter
    "#);
}

#[test]
fn the_server_looks_for_checks_of_columns_itself() {
    let stated = ColumnDef::new("kind").string_len(20).check(Expr::col("kind").ne("y")).take();
    let operations = [modify_column(ColumnDef::new("it's").integer().take()), modify_column(stated)];
    let table = "posts".into_table_ref();
    let table = table_name(&table).unwrap();
    let written = |recording| {
        let names = GeneratedNames::left_to_server(table, &operations, recording);
        let statements = statements(MySql, table, &operations, &names).unwrap();
        let all = statements.iter().flat_map(|one| deferred_names::statements(table, &names.indexes, one));
        all.collect::<Vec<_>>().join(";\n")
    };
    insta::assert_snapshot!(written(Recording::WithoutColumnChecks), @"
    ALTER TABLE `posts` MODIFY COLUMN `it's` int;
    ALTER TABLE `posts` MODIFY COLUMN `kind` varchar(20) CHECK (`kind` <> 'y')
    ");
    insta::assert_snapshot!(written(Recording::AnyDatabase), @r"
    SET @seachange_check_1 = (SELECT COALESCE((
            SELECT CONCAT(' CHECK (', MAX(CHECK_CLAUSE), ')') FROM information_schema.CHECK_CONSTRAINTS
            WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = 'posts' AND LEVEL = 'Column' AND CONSTRAINT_NAME = 'it\'s'
                AND CHECK_CLAUSE <> 'json_valid(`it\'s`)'), '')
        FROM (SELECT NULL AS TABLE_NAME, NULL AS LEVEL) none);
    SET @seachange_alter = CONCAT('ALTER TABLE `posts` MODIFY COLUMN `it\'s` int', @seachange_check_1, '');
    PREPARE seachange_alter FROM @seachange_alter;
    EXECUTE seachange_alter;
    DEALLOCATE PREPARE seachange_alter;
    ALTER TABLE `posts` MODIFY COLUMN `kind` varchar(20) CHECK (`kind` <> 'y')
    ");
}
