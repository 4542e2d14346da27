//! What is left out, and what remains possible.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod properties;

use std::collections::{BTreeSet, HashSet};

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnType, StringLen};

use super::{IgnoreRule, ObjectFilter, Selection, renames};
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::diff::tests::text::{describe, schema};
use crate::autogenerate::difference::{Difference, DifferenceKind, differences};
use crate::autogenerate::hints::EntityHints;
use crate::schema::{
    AutoIncrement, DatabaseObject, Dependency, Exclusion, Expression, Generated, ObjectKind, ObjectName, Schema,
};

fn comparison(from: Schema, to: Schema) -> Comparison {
    Comparison::new(from, to, EntityHints::default(), DbBackend::Postgres)
}

fn steps(comparison: &Comparison) -> Vec<String> {
    comparison.operations(&comparison.renames()).iter().map(describe).collect()
}

fn rules(texts: &str) -> Vec<IgnoreRule> {
    texts.split_whitespace().map(|rule| rule.parse().unwrap()).collect()
}

fn ignoring(mut comparison: Comparison, rules: &[IgnoreRule]) -> Comparison {
    let filter = ObjectFilter::new();
    let selection = Selection::Declared { rules, filter: &filter };
    renames::leave_out(&mut comparison, &selection);
    comparison.leave_out(&selection);
    comparison
}

fn accepting(mut comparison: Comparison, accepted: &[Difference]) -> Comparison {
    let accepted: HashSet<&Difference> = accepted.iter().collect();
    let selection = Selection::Accepted(&accepted);
    renames::leave_out(&mut comparison, &selection);
    comparison.leave_out(&selection);
    comparison
}

fn found(comparison: &Comparison) -> Vec<Difference> {
    differences(&comparison.operations(&comparison.renames()))
}

/// The steps that remain with some rules.
fn check(from: &str, to: &str, ignored: &str, expected: &[&str]) {
    let left = ignoring(comparison(schema(from), schema(to)), &rules(ignored));
    assert_eq!(steps(&left), expected, "{ignored}");
}

/// The steps that remain when the differences of some kinds are accepted.
fn check_accepted(from: &str, to: &str, accepted: &[DifferenceKind], expected: &[&str]) {
    let whole = comparison(schema(from), schema(to));
    let mut chosen = found(&whole);
    chosen.retain(|difference| accepted.contains(&difference.kind));
    assert_eq!(steps(&accepting(whole, &chosen)), expected, "{accepted:?}");
}

#[test]
fn what_is_ignored_stays_as_the_database_has_it() {
    check("posts: id int", "users: id int", "table", &[]);
    check("posts: id int", "users: id int", "table@posts", &["create table users"]);
    check("posts: id int", "users: id int", "table@u*", &["drop table posts"]);
    check("posts: id int, a int", "posts: id int, b int", "column", &[]);
    check("posts: id int, a int", "posts: id int, b int", "column@posts.a", &["alter posts add column b"]);
    check("posts: id int", "posts: id bigint! =1", "type nullability default", &[]);
    check("posts: id int", "posts: id bigint! =1", "type default", &["alter posts modify column id"]);
    check("posts: id int, pk(id)", "posts: id int", "primary_key", &[]);
    check("posts: id int", "posts: id int, pk(id)", "primary-key", &[]);
    check("posts: id int, unique u(id)", "posts: id int, unique v(id id)", "unique", &[]);
    check("posts: id int, index u(id)", "posts: id int, index v(id id)", "index", &[]);
    check("posts: id int, index u(id)", "posts: id int, index v(id id)", "index@*.v", &["drop index u"]);
    check("posts: id int, check u(id > 0)", "posts: id int, check v(id > 1)", "check", &[]);
    check("enum mood: a b", "enum mood: b c", "enumeration", &[]);
    check("enum mood: a b", "enum state: b c", "enumeration", &[]);
    check("enum mood: a b", "enum state: b c", "enumeration@mood", &["create enum state"]);
    let parents = "a: id int, pk(id)\nb: id int, pk(id)";
    let with = |key: &str| format!("{parents}\nposts: id int, {key}");
    check(&with("fk f(id -> a.id)"), &with("fk g(id -> b.id)"), "foreign_key", &[]);
    check(
        &with("fk f(id -> a.id)"),
        &with("fk g(id -> b.id)"),
        "index",
        &["alter posts drop fk f", "alter posts add fk g"],
    );
    check("posts: id int, a int", "posts: id int, b int, index i(b)", "*@posts", &[]);
}

#[test]
fn the_rest_of_a_column_changes() {
    let left = ignoring(comparison(schema("posts: id integer =1"), schema("posts: id bigint! =2")), &rules("default"));
    let kinds: Vec<_> = found(&left).iter().map(|difference| difference.kind).collect();
    assert_eq!(kinds, [DifferenceKind::Type, DifferenceKind::Nullability]);
    assert_eq!(left.to.tables[&"posts".into()].columns[0].default, Some(Expression::new("1")));
}

#[test]
fn a_default_stays_only_with_a_type_that_suits_it() {
    use DifferenceKind::{Default, Type};
    let texts = |from: &str, to: &str, ignored: &str| {
        let left = ignoring(comparison(schema(from), schema(to)), &rules(ignored));
        let column = &left.to.tables[&"p".into()].columns[0];
        (column.column_type.text.clone(), column.default.as_ref().map(|default| default.text.clone()))
    };
    let of = |kind: &str, default: Option<&str>| (kind.to_owned(), default.map(str::to_owned));
    assert_eq!(texts("p: a integer =1", "p: a bigint", "default"), of("bigint", Some("1")));
    assert_eq!(texts("p: a integer =1", "p: a text", "default"), of("text", None), "the default cannot stay");
    assert_eq!(texts("p: a integer", "p: a text ='x'", "default"), of("text", None));
    assert_eq!(texts("p: a integer", "p: a text ='x'", "type"), of("integer", None), "the default cannot be set");
    let whole = comparison(schema("p: a integer"), schema("p: a text ='x'"));
    let accepted = |kind| {
        let accepted: Vec<_> = found(&whole).into_iter().filter(|own| own.kind == kind).collect();
        found(&accepting(whole.clone(), &accepted)).iter().map(|own| own.kind).collect::<Vec<_>>()
    };
    assert_eq!(accepted(Type), [Type, Default], "the default needs the type");
    assert_eq!(accepted(Default), [Type]);
}

#[test]
fn columns_of_a_new_key_are_not_null() {
    let (from, to) = ("p: a int, b int!, pk(b)", "p: a int!, b int!, pk(a b)");
    let all = ["alter p drop pk b", "alter p modify column a", "alter p add pk a b"];
    check(from, to, "nullability", &all);
    check(from, to, "primary_key", &["alter p modify column a"]);
    check_accepted(from, to, &[DifferenceKind::Nullability], &all);
}

#[test]
fn a_column_that_numbers_rows_is_in_no_check_on_mysql() {
    let mut from = schema("p: id int!, pk(id)");
    from.tables.get_mut(&"p".into()).unwrap().columns[0].auto_increment = Some(AutoIncrement::Counter);
    let to = schema("p: id int!, pk(id), check c(id > 0)");
    let whole = |backend| Comparison::new(from.clone(), to.clone(), EntityHints::default(), backend);
    let mysql = whole(DbBackend::MySql);
    let all = ["alter p modify column id", "alter p add check c"];
    assert_eq!(steps(&mysql), all);
    assert_eq!(steps(&ignoring(mysql.clone(), &rules("auto_increment"))), Vec::<String>::new());
    let numbers: Vec<_> = found(&mysql).into_iter().filter(|own| own.kind == DifferenceKind::AutoIncrement).collect();
    assert_eq!(steps(&accepting(mysql, &numbers)), all);
    assert_eq!(steps(&ignoring(whole(DbBackend::Postgres), &rules("auto_increment"))), all[1..]);
}

/// A column with every property, and another one without any.
fn every_property() -> (Schema, Schema) {
    let (from, mut to) = (schema("posts: id int, a int"), schema("posts: id int, a int"));
    let table = to.tables.get_mut(&"posts".into()).unwrap();
    table.comment = Some("posts".to_owned());
    table.exclusions.push(Exclusion { name: "e".to_owned(), definition: "EXCLUDE (id WITH =)".to_owned() });
    table.columns[1].generated = Some(Generated { expression: Expression::new("1"), stored: true });
    let column = &mut table.columns[0];
    column.auto_increment = Some(AutoIncrement::Serial);
    column.on_update = Some(Expression::new("now()"));
    column.collation = Some("C".to_owned());
    column.comment = Some("number".to_owned());
    (from, to)
}

#[test]
fn every_property_can_be_ignored() {
    let (from, to) = every_property();
    for (from, to) in [(from.clone(), to.clone()), (to, from)] {
        let whole = comparison(from, to);
        let kinds: Vec<String> = found(&whole).iter().map(|difference| difference.kind.word().to_owned()).collect();
        assert_eq!(kinds.len(), 7, "{kinds:?}");
        for kind in &kinds {
            let left = found(&ignoring(whole.clone(), &rules(kind)));
            assert!(left.iter().all(|difference| difference.kind.word() != kind), "{kind}: {left:?}");
            let others: BTreeSet<_> = kinds.iter().filter(|other| *other != kind).map(String::as_str).collect();
            assert_eq!(left.iter().map(|difference| difference.kind.word()).collect::<BTreeSet<_>>(), others);
        }
        assert_eq!(steps(&ignoring(whole.clone(), &rules(&kinds.join(" ")))), Vec::<String>::new());
        assert_eq!(steps(&accepting(whole.clone(), &found(&whole))), Vec::<String>::new());
    }
}

#[test]
fn what_the_entity_does_not_state_is_ignored() {
    let (mut from, mut to) =
        (schema("posts: a varchar, b text, c int"), schema("posts: a varchar, b varchar, c varchar"));
    from.tables.get_mut(&"posts".into()).unwrap().columns[0].column_type.text = "varchar(255)".to_owned();
    for column in &mut to.tables.get_mut(&"posts".into()).unwrap().columns {
        column.column_type.kind = ColumnType::String(StringLen::None);
    }
    let left = ignoring(comparison(from.clone(), to.clone()), &rules("type-unstated"));
    assert_eq!(steps(&left), ["alter posts modify column c"]);
    let left = ignoring(comparison(from, to), &rules("type-unstated@posts.a"));
    assert_eq!(steps(&left), ["alter posts modify column b", "alter posts modify column c"]);
}

#[test]
fn names_are_ignored() {
    let hints = EntityHints { names: [("posts".into(), "j".to_owned())].into(), ..EntityHints::default() };
    let (from, to) = (schema("posts: id int, index i(id)"), schema("posts: id int, index j(id)"));
    let whole = Comparison::new(from, to, hints, DbBackend::Postgres);
    assert_eq!(steps(&whole), ["drop index i", "create index j"]);
    assert!(rules("name")[0].leaves_out_name(&"posts".into(), "j"));
    assert!(!rules("name@posts.k")[0].leaves_out_name(&"posts".into(), "j"));
    assert!(!rules("index")[0].leaves_out_name(&"posts".into(), "j"));
}

#[test]
fn what_needs_an_ignored_part_is_ignored_too() {
    let from = "posts: id int, index i(id)";
    let to = "posts: id int, a int, pk(id a), unique u(a), index i(a), check c(a > 0), fk f(a -> users.id)\n\
              users: id int, pk(id)";
    check(from, to, "column", &["create table users"]);
    check(
        from,
        to,
        "table",
        &[
            "drop index i",
            "alter posts add column a",
            "alter posts add pk id a",
            "alter posts add unique u",
            "alter posts add check c",
            "create index i",
        ],
    );
    // The key that a foreign key refers to.
    let users = "users: id int, name text";
    let both = |more: &str, key: &str| format!("{users}{more}\nposts: id int, owner text{key}");
    check(&both("", ""), &both(", unique n(name)", ", fk f(owner -> users.name)"), "unique", &[]);
    check(
        &both(", pk(name)", ""),
        &both(", pk(name), unique n(name)", ", fk f(owner -> users.name)"),
        "unique",
        &["alter posts add fk f"],
    );
    // A type is created for what needs it.
    check(
        "posts: id int",
        "enum mood: a\nposts: id int, m mood",
        "enumeration",
        &["create enum mood", "alter posts add column m"],
    );
    check("posts: id int", "enum mood: a\nposts: id int, m mood", "enumeration column", &[]);
}

#[test]
fn what_cannot_stay_is_dropped() {
    check("posts: id int, a int, index i(a)", "posts: id int", "index", &["drop index i", "alter posts drop column a"]);
    check("posts: id int, a int, index i(a)", "posts: id int", "index column", &[]);
    let from = "users: id int, pk(id)\nposts: id int, fk f(id -> users.id)";
    check(from, "posts: id int", "foreign_key", &["alter posts drop fk f", "drop table users"]);
    check(from, "other: id int", "table@posts", &["alter posts drop fk f", "create table other", "drop table users"]);
    check(
        from,
        "other: id int",
        "table@posts foreign-key",
        &["alter posts drop fk f", "create table other", "drop table users"],
    );
    // The type of a column that stays.
    check("enum mood: a\nposts: id int, m mood", "posts: id int", "column", &[]);
    check("enum mood: a\nposts: m mood", "posts: m int", "type", &[]);
}

#[test]
fn a_column_that_numbers_rows_needs_its_key() {
    use DifferenceKind::{AutoIncrement as Numbering, PrimaryKey};
    let numbered = |text: &str| {
        let mut schema = schema(text);
        let table = schema.tables.get_mut(&"p".into()).unwrap();
        table.columns[0].auto_increment = Some(AutoIncrement::Rowid { autoincrement: true });
        schema
    };
    let plain = schema("p: id integer!, a int!, pk(id a)");
    let whole = comparison(plain.clone(), numbered("p: id integer!, a int!, pk(id)"));
    let all = ["alter p drop pk id a", "alter p modify column id", "alter p add pk id"];
    assert_eq!(steps(&whole), all);
    assert_eq!(steps(&ignoring(whole.clone(), &rules("primary_key"))), Vec::<String>::new());
    let accepted = |whole: &Comparison, kind| {
        let accepted: Vec<_> = found(whole).into_iter().filter(|own| own.kind == kind).collect();
        steps(&accepting(whole.clone(), &accepted))
    };
    assert_eq!(accepted(&whole, PrimaryKey), all, "the numbers are new");
    assert_eq!(accepted(&whole, Numbering), [all[0], all[2]]);
    let back = comparison(numbered("p: id integer!, a int!, pk(id)"), plain);
    let all = ["alter p drop pk id", "alter p modify column id", "alter p add pk id a"];
    assert_eq!(steps(&back), all);
    assert_eq!(accepted(&back, Numbering), all, "the numbers cannot stay");
    assert_eq!(accepted(&back, PrimaryKey), [all[1]]);
    let dropped = comparison(numbered("p: id integer!, a int!, pk(id)"), schema("p: a int!, pk(a)"));
    let left = steps(&ignoring(dropped, &rules("column")));
    assert_eq!(left, ["alter p drop pk id", "alter p modify column id", "alter p add pk a"]);
}

#[test]
fn restored_columns_keep_their_places() {
    let left =
        ignoring(comparison(schema("p: a int, b int, c int, d int"), schema("p: b int, d int")), &rules("column"));
    let names: Vec<_> = left.to.tables[&"p".into()].columns.iter().map(|column| column.name.clone()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
}

#[test]
fn accepted_differences_hide_no_new_ones() {
    use DifferenceKind::{Column, ForeignKey, Index, PrimaryKey, Table, Unique};
    // The new index needs the column that is accepted as missing.
    let (from, to) = ("posts: id int", "posts: id int, a int, b int, index i(a)");
    check_accepted(from, to, &[Column], &["alter posts add column a", "create index i"]);
    check_accepted(from, to, &[Column, Index], &[]);
    let (from, to) = ("posts: id int", "posts: id int, fk f(id -> users.id)\nusers: id int, pk(id)");
    check_accepted(from, to, &[Table], &["create table users", "alter posts add fk f"]);
    check_accepted(from, to, &[ForeignKey], &["create table users"]);
    check_accepted(from, to, &[ForeignKey, Table], &[]);
    let (from, to) =
        ("users: id int\nposts: id int", "users: id int, unique u(id)\nposts: id int, fk f(id -> users.id)");
    check_accepted(from, to, &[Unique], &["alter users add unique u", "alter posts add fk f"]);
    check_accepted("posts: a int, b int, pk(a)", "posts: a int, b int, pk(b)", &[PrimaryKey], &[]);
}

#[test]
fn half_of_a_replacement_is_not_accepted() {
    let whole = comparison(schema("p: a int, pk(a), index i(a)"), schema("p: a int, b int, pk(b), index i(b)"));
    let all = found(&whole);
    for kind in [DifferenceKind::PrimaryKey, DifferenceKind::Index] {
        let (old, new): (Vec<_>, Vec<_>) =
            all.iter().filter(|own| own.kind == kind).cloned().partition(|own| own.database.is_some());
        for half in [old, new] {
            assert_eq!(steps(&accepting(whole.clone(), &half)), steps(&whole));
        }
    }
}

#[test]
fn renames_are_left_out() {
    let hints = EntityHints {
        renamed_tables: [("articles".into(), "posts".into())].into(),
        renamed_columns: [(("articles".into(), "body".to_owned()), "text".to_owned())].into(),
        names: [("articles".into(), "i".to_owned())].into(),
        ..EntityHints::default()
    };
    let from = schema("posts: id int, text int, pk(id), index i(text)\nvotes: post int, fk f(post -> posts.id)");
    let to = schema("articles: id int, body int, pk(id), index i(body)\nvotes: post int, fk f(post -> articles.id)");
    let whole = Comparison::new(from, to, hints, DbBackend::Postgres);
    assert_eq!(steps(&whole), ["rename table posts to articles", "alter articles rename column text to body"]);
    assert_eq!(steps(&ignoring(whole.clone(), &rules("table"))), ["alter posts rename column text to body"]);
    assert_eq!(steps(&ignoring(whole.clone(), &rules("column"))), ["rename table posts to articles"]);
    assert_eq!(steps(&ignoring(whole.clone(), &rules("table column"))), Vec::<String>::new());
    assert_eq!(steps(&accepting(whole.clone(), &found(&whole))), Vec::<String>::new());
}

#[test]
fn a_chain_of_renames_is_left_out_as_far_as_possible() {
    let column = |new: &str, old: &str| (("p".into(), new.to_owned()), old.to_owned());
    let hints = EntityHints { renamed_columns: [column("b", "a"), column("c", "b")].into(), ..EntityHints::default() };
    let whole = Comparison::new(schema("p: a int, b text"), schema("p: b int, c text"), hints, DbBackend::Postgres);
    assert_eq!(steps(&whole), ["alter p rename column b to c", "alter p rename column a to b"]);
    assert_eq!(steps(&ignoring(whole.clone(), &rules("column"))), Vec::<String>::new());
    assert_eq!(steps(&ignoring(whole.clone(), &rules("column@p.b"))), ["alter p rename column b to c"]);
    // The old name is not free.
    assert_eq!(steps(&ignoring(whole.clone(), &rules("column@p.c"))), steps(&whole));
}

fn view(name: &str, query: &str, table: &str, column: &str) -> DatabaseObject {
    DatabaseObject {
        name: ObjectName { kind: ObjectKind::View, name: name.into(), arguments: None, owner: None },
        create: vec![format!("CREATE VIEW {name} AS {query}")],
        drop: format!("DROP VIEW {name}"),
        depends_on: BTreeSet::from([Dependency::Column(table.into(), column.to_owned())]),
        used_by: BTreeSet::new(),
    }
}

#[test]
fn objects_are_left_out() {
    let mut whole = comparison(schema("p: a int"), schema("p: a int, b int"));
    whole.objects = vec![view("changed", "SELECT a FROM p", "p", "a"), view("gone", "SELECT 1 FROM p", "p", "a")];
    whole.declared = vec![view("changed", "SELECT a + 1 FROM p", "p", "a"), view("new", "SELECT b FROM p", "p", "b")];
    whole.complete = BTreeSet::from([ObjectKind::View]);
    assert_eq!(found(&whole).len(), 4);
    assert_eq!(steps(&ignoring(whole.clone(), &rules("view"))), ["alter p add column b"]);
    let left = ignoring(whole.clone(), &rules("column view@gone"));
    assert_eq!(steps(&left), ["drop view `changed`", "create view `changed`"], "`new` needs the column");
    assert_eq!(steps(&accepting(whole.clone(), &found(&whole))), Vec::<String>::new());
    let views: Vec<_> = found(&whole).into_iter().filter(|own| own.kind != DifferenceKind::Column).collect();
    assert_eq!(steps(&accepting(whole.clone(), &views)), ["alter p add column b"]);
    let column: Vec<_> = found(&whole).into_iter().filter(|own| own.kind == DifferenceKind::Column).collect();
    assert_eq!(steps(&accepting(whole.clone(), &column)), steps(&whole), "`new` needs the column");
}

/// What the function is asked, and the steps that remain where it answers `false`.
fn filtered(whole: &Comparison, is_included: fn(&super::ComparedObject<'_>) -> bool) -> Vec<String> {
    let mut filter = ObjectFilter::new();
    filter.add(is_included);
    let mut left = whole.clone();
    let selection = Selection::Declared { rules: &[], filter: &filter };
    renames::leave_out(&mut left, &selection);
    left.leave_out(&selection);
    steps(&left)
}

#[test]
fn a_function_decides_about_objects() {
    use DifferenceKind::{Column, Index, PrimaryKey, Table};
    let from = schema("old: id int\np: a int, b int, pk(a), index i(a), index gone(b)");
    let to = schema("new: id int\np: a text, c int, pk(c), index i(c), index come(a)");
    let whole = comparison(from, to);
    let all = steps(&whole);
    let without = |gone: &[&str]| all.iter().filter(|step| !gone.contains(&step.as_str())).cloned().collect::<Vec<_>>();
    let tables = ["create table new", "drop table old"];
    assert_eq!(filtered(&whole, |object| object.kind != Table), Vec::<String>::new(), "everything is in a table");
    assert_eq!(filtered(&whole, |object| object.table != Some(&"p".into())), tables);
    assert_eq!(filtered(&whole, |object| object.kind != Table || object.in_entities), without(&["drop table old"]));
    assert_eq!(filtered(&whole, |object| object.kind != Table || object.in_database), without(&["create table new"]));
    let only_there = |object: &super::ComparedObject<'_>| object.kind != Index || object.in_entities;
    assert_eq!(filtered(&whole, only_there), all, "`b` is dropped, so `gone` cannot stay");
    let changed =
        |object: &super::ComparedObject<'_>| object.kind != Index || !(object.in_database && object.in_entities);
    assert_eq!(filtered(&whole, changed), without(&["drop index i", "create index i"]));
    let key =
        |object: &super::ComparedObject<'_>| object.kind != PrimaryKey || !(object.in_database && object.in_entities);
    assert_eq!(filtered(&whole, key), without(&["alter p drop pk a", "alter p add pk c"]));
    let column = |object: &super::ComparedObject<'_>| object.kind != Column || object.name != Some("a");
    assert_eq!(filtered(&whole, column), without(&["alter p modify column a"]));
}

#[test]
fn a_renamed_table_that_is_not_compared_stays() {
    let renamed_tables = [("articles".into(), "posts".into())].into();
    let hints = EntityHints { renamed_tables, ..EntityHints::default() };
    let (from, to) = (schema("posts: id int, a int"), schema("articles: id text"));
    let whole = Comparison::new(from, to, hints, DbBackend::Postgres);
    assert_eq!(filtered(&whole, |object| object.table != Some(&"articles".into())), Vec::<String>::new());
}
