//! The halves of changes, as lists of operations.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{DatabaseBackend, DbBackend};

use super::{OnlineRequest, SideColumn, SwapPart};
use crate::autogenerate::EntityHints;
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::diff::Renames;
use crate::autogenerate::diff::tests::text::{describe, schema};
use crate::autogenerate::operation::SchemaOperation;
use crate::schema::Schema;

const POSTGRES: DbBackend = DatabaseBackend::Postgres;
const MYSQL: DbBackend = DatabaseBackend::MySql;

/// Names the primary keys as PostgreSQL does.
fn named(text: &str) -> Schema {
    let mut schema = schema(text);
    for table in schema.tables.values_mut() {
        let name = format!("{}_pkey", table.name);
        table.primary_key.iter_mut().for_each(|key| key.name = Some(name.clone()));
    }
    schema
}

fn column(text: &str) -> (crate::schema::TableName, String) {
    let (table, column) = text.split_once('.').unwrap();
    (table.into(), column.to_owned())
}

/// What becomes of a change; `replaced` are columns `table.column` that get their types by new columns, and `renamed` is
/// `table.old new`.
fn online(backend: DbBackend, versions: [&str; 2], replaced: &str, renamed: &str) -> String {
    online_with(backend, versions, replaced, renamed, &[])
}

/// As [`online`], with values `table.column=expression`.
fn online_with(backend: DbBackend, [from, to]: [&str; 2], replaced: &str, renamed: &str, fills: &[&str]) -> String {
    let comparison = Comparison::new(named(from), named(to), EntityHints::default(), backend);
    let renames = renamed.split_once(' ').map(|(old, new)| (column(old), new.to_owned()));
    let renames = Renames { columns: renames.into_iter().collect(), ..Renames::default() };
    let replaced: BTreeSet<_> = replaced.split_whitespace().map(column).collect();
    let fills = fills.iter().map(|fill| fill.split_once('=').unwrap());
    let fills = fills.map(|(column, value)| (column.to_owned(), value.to_owned())).collect();
    let unsynchronised = BTreeMap::new();
    let request =
        OnlineRequest { renames: &renames, fills: &fills, replaced: &replaced, unsynchronised: &unsynchronised };
    let change = match comparison.online(request) {
        Ok(change) => change,
        Err(missing) => return missing.to_string(),
    };
    let mut text = String::new();
    let mut add = |title: &str, lines: Vec<String>| {
        let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        text += &if lines.is_empty() { String::new() } else { format!("{title}\n{lines}") };
    };
    let described = |operations: &[SchemaOperation]| operations.iter().map(describe).collect::<Vec<_>>();
    let parts = |parts: &[SwapPart]| {
        let lines = parts.iter().flat_map(|part| match part {
            SwapPart::Operations(operations) => described(operations),
            SwapPart::Statements(texts) => texts.clone(),
            SwapPart::Fill => vec!["fill".to_owned()],
        });
        lines.collect::<Vec<_>>()
    };
    add("expand", described(&change.expansion));
    let synchronised = change.synchronised.iter().map(|own| {
        let how = if own.follows { "follows" } else { "and" };
        let names = |side: &[SideColumn]| side.iter().map(|own| own.column.name.clone()).collect::<Vec<_>>().join(", ");
        format!("{}.{} {how} {}", own.table, names(&own.new), names(&own.old))
    });
    add("synchronise", synchronised.collect());
    add("prepare", described(&change.preparation));
    for step in &change.swaps {
        add("swap", parts(&step.up));
        add("swap back", parts(&step.down));
    }
    add("contract", described(&change.contraction));
    add("remarks", change.remarks.iter().map(ToString::to_string).collect());
    text
}

#[test]
fn a_key_grows_with_its_foreign_keys() {
    let from = "users: id integer!, pk(id)
        posts: id integer!, owner integer, pk(id), fk posts_owner(owner -> users.id), index by_owner(owner)";
    let to = from.replace("integer", "bigint");
    insta::assert_snapshot!(online(POSTGRES, [from, &to], "users.id posts.id posts.owner", ""), @r#"
    expand
      alter posts add column id_new
      alter posts add column owner_new
      alter users add column id_new
    synchronise
      posts.id_new follows id
      posts.owner_new follows owner
      users.id_new follows id
    prepare
      alter posts modify column id_new
      alter users modify column id_new
      create index posts_pkey_new
      create index by_owner_new
      create index users_pkey_new
      alter posts add fk posts_owner_new
    swap
      LOCK TABLE "posts", "users" IN ACCESS EXCLUSIVE MODE
      alter posts drop fk posts_owner
      drop index by_owner
      alter posts drop pk id
      alter users drop pk id
      alter posts drop column owner
      alter posts drop column id
      alter users drop column id
      alter posts rename column id_new to id
      alter posts rename column owner_new to owner
      alter users rename column id_new to id
      ALTER TABLE "posts" ADD CONSTRAINT "posts_pkey" PRIMARY KEY USING INDEX "posts_pkey_new"
      ALTER INDEX "by_owner_new" RENAME TO "by_owner"
      ALTER TABLE "posts" RENAME CONSTRAINT "posts_owner_new" TO "posts_owner"
      ALTER TABLE "users" ADD CONSTRAINT "users_pkey" PRIMARY KEY USING INDEX "users_pkey_new"
    swap back
      LOCK TABLE "posts", "users" IN ACCESS EXCLUSIVE MODE
      ALTER TABLE "posts" DROP CONSTRAINT "posts_owner"
      ALTER TABLE "posts" DROP CONSTRAINT "posts_pkey"
      ALTER INDEX "by_owner" RENAME TO "by_owner_new"
      ALTER TABLE "users" DROP CONSTRAINT "users_pkey"
      alter posts rename column id to id_new
      alter posts rename column owner to owner_new
      alter users rename column id to id_new
      alter posts add column id
      alter posts add column owner
      alter users add column id
      fill
      alter posts modify column id
      alter posts add pk id
      alter users modify column id
      alter users add pk id
      create index by_owner
      create index posts_pkey_new
      create index users_pkey_new
      alter posts add fk posts_owner
      alter posts add fk posts_owner_new
    "#);
}

#[test]
fn a_key_on_other_systems_has_no_online_way() {
    let (from, to) = ("users: id integer!, pk(id)", "users: id bigint!, pk(id)");
    insta::assert_snapshot!(online(MYSQL, [from, to], "users.id", ""), @r"
    contract
      alter users modify column id
    remarks
      `users.id` has no online way: it is in the primary key
    ");
}

#[test]
fn a_foreign_key_alone_grows() {
    let from = "users: id bigint!, pk(id)
        posts: id bigint!, owner integer, pk(id), fk posts_owner(owner -> users.id), unique once(owner id)";
    let to = from.replace("integer", "bigint");
    insta::assert_snapshot!(online(POSTGRES, [from, &to], "posts.owner", ""), @r#"
    expand
      alter posts add column owner_new
    synchronise
      posts.owner_new follows owner
    prepare
      create index once_new
      alter posts add fk posts_owner_new
    swap
      LOCK TABLE "posts", "users" IN ACCESS EXCLUSIVE MODE
      alter posts drop fk posts_owner
      alter posts drop unique once
      alter posts drop column owner
      alter posts rename column owner_new to owner
      ALTER TABLE "posts" ADD CONSTRAINT "once" UNIQUE USING INDEX "once_new"
      ALTER TABLE "posts" RENAME CONSTRAINT "posts_owner_new" TO "posts_owner"
    swap back
      LOCK TABLE "posts", "users" IN ACCESS EXCLUSIVE MODE
      ALTER TABLE "posts" DROP CONSTRAINT "posts_owner"
      ALTER TABLE "posts" DROP CONSTRAINT "once"
      alter posts rename column owner to owner_new
      alter posts add column owner
      fill
      alter posts add unique once
      alter posts add fk posts_owner
      create index once_new
      alter posts add fk posts_owner_new
    "#);
}

#[test]
fn a_check_holds_a_key() {
    let from = "users: id integer!, pk(id), check positive(id > 0)";
    let to = from.replace("integer", "bigint");
    insta::assert_snapshot!(online(POSTGRES, [from, &to], "users.id", ""), @r"
    contract
      alter users modify column id
    remarks
      `users.id` has no online way: a check, a generated column or an expression of an index reads it
    ");
}

#[test]
fn a_column_outside_of_keys_is_swapped() {
    let (from, to) =
        ("users: id int!, age integer, index by_age(age)", "users: id int!, age bigint, index by_age(age)");
    insta::assert_snapshot!(online(POSTGRES, [from, to], "users.age", ""), @r"
    expand
      alter users add column age_new
    synchronise
      users.age_new and age
    swap
      drop index by_age
      alter users drop column age
      alter users rename column age_new to age
    swap back
      alter users rename column age to age_new
      alter users add column age
      create index by_age
      fill
    contract
      create index by_age
    ");
}

#[test]
fn a_renamed_column_is_there_twice() {
    let (from, to) = ("users: id int!, name text!", "users: id int!, full_name text!");
    insta::assert_snapshot!(online(POSTGRES, [from, to], "", "users.name full_name"), @r"
    expand
      alter users add column full_name
      alter users modify column name
    synchronise
      users.full_name and name
    contract
      alter users modify column full_name
      alter users drop column name
    ");
}

#[test]
fn a_new_required_column_needs_a_value() {
    let (from, to) = ("users: id int!", "users: id int!, name text!");
    insta::assert_snapshot!(online(POSTGRES, [from, to], "", ""), @r"
    column `users.name` is new, required and without a default: its value for rows that the old version writes is not known
    ");
}

#[test]
fn rules_of_the_new_version_wait_and_those_of_the_old_one_go_first() {
    let from = "users: id int!, name text, email text!, unique by_name(name), index by_email(email)";
    let to = "users: id int!, name text!, age int, unique by_email(email), check grown(age > 17), index by_age(age)";
    let to = to.replace("unique by_email(email), ", "email text!, unique once(email), ");
    insta::assert_snapshot!(online(POSTGRES, [from, &to], "", ""), @r"
    expand
      alter users drop unique by_name
      alter users add column age
      alter users add check grown
      create index by_age
    contract
      drop index by_email
      alter users modify column name
      alter users add unique once
    ");
}

#[test]
fn columns_that_are_computed_from_others() {
    let [whole, parts] = [
        "users: id integer!, name text!, age integer!, pk(id)",
        "users: id integer!, first text!, last text, age integer!, pk(id)",
    ];
    let split = |fills: &[&str]| online_with(POSTGRES, [whole, parts], "", "", fills);
    let [first, last, name] =
        ["users.first=split_part(name, ' ', 1)", "users.last=split_part(NAME, ' ', 2)", "users.name=first || last"];
    insta::assert_snapshot!(split(&[first, last, name]), @"
    expand
      alter users add column first
      alter users add column last
      alter users modify column name
    synchronise
      users.first, last and name
    contract
      alter users modify column first
      alter users drop column name
    ");
    insta::assert_snapshot!(online_with(MYSQL, [parts, whole], "", "", &[first, last, name]), @"
    expand
      alter users add column name
      alter users modify column first
    synchronise
      users.name and first, last
    contract
      alter users modify column name
      alter users drop column last
      alter users drop column first
    ");
    for (fills, expected) in [
        (vec![first, last], "of `users.name`"),
        (vec![first, name], "of `users.last`"),
        (vec![last, name], "of `users.first`"),
        (vec!["users.first=age", last, name], "computed from `users.age`"),
        (vec![first, last, name, "users.age=1"], "`users.age` has a value"),
        (vec![first, last, name, "users.gone=1"], "`users.gone` has a value"),
        (vec![last], "of `users.name`"),
        (vec![], "column `users.first` is new, required"),
    ] {
        let found = split(&fills);
        assert!(found.contains(expected), "{fills:?}: {found}");
    }
    // A key cannot be computed by triggers.
    let keyed = whole.replace("pk(id)", "pk(id name)");
    let found = online_with(POSTGRES, [&keyed, parts], "", "", &[first, last, name]);
    assert!(found.ends_with("cannot be synchronised: it is in the primary key"), "{found}");
}

#[test]
fn a_removed_column_can_have_a_value_for_the_old_version() {
    let versions = ["users: id integer!, kind text!, pk(id)", "users: id integer!, pk(id)"];
    insta::assert_snapshot!(online_with(POSTGRES, versions, "", "", &["users.kind='user'"]), @"
    expand
      alter users modify column kind
    contract
      alter users drop column kind
    ");
}

#[test]
fn a_new_column_can_have_a_value_for_rows_of_the_old_version() {
    let versions = ["users: id integer!, pk(id)", "users: id integer!, kind text, team text!, pk(id)"];
    let fills = ["users.kind='user'", "users.team='1'"];
    insta::assert_snapshot!(online_with(POSTGRES, versions, "", "", &fills), @"
    expand
      alter users add column kind
      alter users add column team
    contract
      alter users modify column kind
      alter users modify column team
    ");
}
