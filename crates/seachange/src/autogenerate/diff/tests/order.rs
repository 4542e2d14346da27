//! Every operation is possible at its position.

use super::super::{OrderingRules, Renames, diff};
use super::{RULES, check, described, parse};
use crate::autogenerate::difference::{DifferenceKind, differences};
use crate::autogenerate::hints::EntityHints;
use crate::autogenerate::operation::{EnumUsage, SchemaOperation, reversed};

const HOLDING: OrderingRules = OrderingRules { foreign_keys_hold: true, ..RULES };

#[test]
fn tables_come_after_those_that_they_refer_to_and_go_before_them() {
    let tables =
        "a: id int!, b int, pk(id), fk f(b -> b.id)\nb: id int!, c int, pk(id), fk g(c -> c.id)\nc: id int!, pk(id)";
    check("", tables, &["create table c", "create table b", "create table a"]);
    check(tables, "", &["drop table a", "drop table b", "drop table c"]);
}

#[test]
fn a_long_chain_of_tables_is_in_order() {
    const LAST: usize = 4_999;
    let table = |at: usize| match at {
        LAST => format!("t{at:04}: id int!, pk(id)\n"),
        _ => format!("t{at:04}: id int!, n int, pk(id), fk f(n -> t{:04}.id)\n", at + 1),
    };
    let tables: String = (0..=LAST).map(table).collect();
    let expected: Vec<_> = (0..=LAST).rev().map(|at| format!("create table t{at:04}")).collect();
    assert_eq!(super::steps("", &tables), expected);
    let changed = tables.replace("n int,", "n bigint,");
    assert_eq!(
        diff(&parse(&tables), &parse(&changed), &EntityHints::default(), &Renames::default(), HOLDING).len(),
        3 * LAST
    );
}

#[test]
fn a_cycle_of_foreign_keys_is_broken() {
    let tables = "a: id int!, b int, pk(id), fk f(b -> b.id)\nb: id int!, a int, pk(id), fk g(a -> a.id)";
    check("", tables, &["create table a", "create table b", "alter a add fk f"]);
    check(tables, "", &["alter a drop fk f", "drop table b", "drop table a"]);
    let own = "a: id int!, parent int, pk(id), fk f(parent -> a.id)";
    check("", own, &["create table a"]);
    check(own, "", &["drop table a"]);
}

/// Without the prerequisite, `a` would come first, and its foreign key last.
#[test]
fn a_prerequisite_comes_first_in_a_cycle_too() {
    let mut to = parse("a: id int!, b int, pk(id), fk f(b -> b.id)\nb: id int!, a int, pk(id), fk g(a -> a.id)");
    for table in to.tables.values_mut().filter(|table| table.name.name == "a") {
        table.prerequisites.0.insert("b".into());
    }
    let made = diff(&parse(""), &to, &EntityHints::default(), &Renames::default(), RULES);
    assert_eq!(described(&made), ["create table b", "create table a", "alter b add fk g"]);
}

#[test]
fn a_foreign_key_goes_before_the_table_it_refers_to() {
    let from = "posts: id int!, owner int, fk f(owner -> users.id)\nusers: id int!, pk(id)";
    check(from, "posts: id int!, owner int", &["alter posts drop fk f", "drop table users"]);
}

#[test]
fn a_foreign_key_waits_for_the_key_it_refers_to() {
    let from = "a: u int\nz: id int!, email text";
    let to = "a: u text, fk f(u -> z.email)\nz: id int!, email text, unique e(email)";
    check(from, to, &["alter a modify column u", "alter z add unique e", "alter a add fk f"]);
    check(to, from, &["alter a drop fk f", "alter a modify column u", "alter z drop unique e"]);
}

#[test]
fn a_new_table_waits_with_a_foreign_key_to_a_key_that_comes_later() {
    let to = "a: z int, fk f(z -> z.id)\nz: id int!, pk(id)";
    check("z: id int", to, &["create table a", "alter z modify column id", "alter z add pk id", "alter a add fk f"]);
}

#[test]
fn indexes_go_first_and_come_last() {
    let (from, to) = ("posts: a int, b int, index i(a)", "posts: b int, c int, index j(c)");
    check(from, to, &["drop index i", "alter posts add column c", "alter posts drop column a", "create index j"]);
}

#[test]
fn a_type_comes_before_its_columns_and_goes_after_them() {
    let (without, with) = ("posts: id int", "enum mood: a b\nposts: id int, m mood");
    check(without, with, &["create enum mood", "alter posts add column m"]);
    check(with, without, &["alter posts drop column m", "drop enum mood"]);
}

#[test]
fn new_values_come_before_the_columns_and_old_ones_go_after() {
    let (from, to) = ("enum mood: a b\nposts: m mood =a", "enum mood: b c\nposts: m mood =c");
    check(from, to, &["alter enum mood to a b c", "alter posts modify column m", "alter enum mood to b c"]);
    check("enum mood: a b\nposts: m mood", "enum mood: b a\nposts: m mood", &["alter enum mood to b a"]);
}

/// For each changed type: the columns that use it, and what depends on them.
fn altered(from: &str, to: &str) -> Vec<Vec<String>> {
    let steps = diff(&parse(from), &parse(to), &EntityHints::default(), &Renames::default(), RULES);
    let altered = steps.iter().filter_map(|step| match step {
        SchemaOperation::AlterEnumeration { users, dependents, .. } => Some((users, dependents)),
        _ => None,
    });
    let users = |users: &[EnumUsage]| {
        users.iter().map(|user| format!("{}.{}", user.table, user.column.name)).collect::<Vec<_>>()
    };
    altered.map(|(own, dependents)| [users(own), described(dependents)].concat()).collect()
}

#[test]
fn a_type_knows_what_depends_on_it() {
    let from = "enum mood: x y\nposts: m mood, a int, check c(m <> 'x'), check d(a > 0), check e(m <> 'y')";
    let to = "enum mood: x z\nposts: m mood, a int, check c(m <> 'x'), check d(a > 0), check f(m <> 'z')";
    let widened = ["posts.m", "alter posts add check c", "alter posts add check e"];
    let narrowed = ["posts.m", "alter posts add check c", "alter posts add check f"];
    assert_eq!(altered(from, to), [widened, narrowed]);
}

#[test]
fn a_type_is_used_by_tables_that_come_and_go() {
    let from = "enum mood: x y\nold: m mood\nposts: m mood";
    let to = "enum mood: x z\nnew: m mood\nposts: m mood";
    assert_eq!(altered(from, to), [vec!["old.m", "posts.m"], vec!["new.m", "old.m", "posts.m"]]);
}

#[test]
fn a_column_that_a_foreign_key_pins_is_freed_where_it_has_to_be() {
    let from = parse("posts: owner int, fk f(owner -> users.id)\nusers: id int!, pk(id)");
    let to = parse("posts: owner bigint, fk f(owner -> users.id)\nusers: id bigint!, pk(id)");
    let steps = described(&diff(&from, &to, &EntityHints::default(), &Renames::default(), HOLDING));
    let expected = [
        "alter posts drop fk f",
        "alter posts modify column owner",
        "alter users modify column id",
        "alter posts add fk f",
    ];
    assert_eq!(steps, expected);
}

/// Checks the operations on a database where foreign keys need indexes.
fn check_holding(from: &str, to: &str, expected: &[&str]) {
    let steps = diff(&parse(from), &parse(to), &EntityHints::default(), &Renames::default(), HOLDING);
    assert_eq!(described(&steps), expected);
}

#[test]
fn an_index_that_a_foreign_key_holds_is_freed() {
    let users = "users: id int!, pk(id)";
    let with = |more: &str| format!("posts: owner int, b int, fk f(owner -> users.id){more}\n{users}");
    let (plain, unique) = (with(""), with(", unique u(owner)"));
    let lost = ["alter posts drop fk f", "alter posts drop unique u", "alter posts add fk f"];
    check_holding(&unique, &plain, &lost);
    // The server drops its own index when another index can replace it, so the downgrade needs the same.
    check_holding(&plain, &unique, &["alter posts drop fk f", "alter posts add unique u", "alter posts add fk f"]);
    check_holding(
        &with(", index i(owner b)"),
        &plain,
        &["alter posts drop fk f", "drop index i", "alter posts add fk f"],
    );
    // Another index serves the foreign key, or this one does not.
    check_holding(&with(", unique u(owner), index i(owner b)"), &with(", unique u(owner)"), &["drop index i"]);
    check_holding(&with(", index i(b owner)"), &plain, &["drop index i"]);
    check(&unique, &plain, &["alter posts drop unique u"]);
}

#[test]
fn a_foreign_key_goes_before_its_index_and_comes_after_it() {
    let users = "users: id int!, pk(id)";
    let with = format!("posts: id int, owner int, index i(owner), fk f(owner -> users.id)\n{users}");
    let without = format!("posts: id int\n{users}");
    let gone = ["alter posts drop fk f", "drop index i", "alter posts drop column owner"];
    check_holding(&with, &without, &gone);
    let come = ["alter posts add column owner", "create index i", "alter posts add fk f"];
    check_holding(&without, &with, &come);
}

#[test]
fn an_index_as_the_server_makes_one_is_no_difference() {
    let users = "users: id int!, pk(id)";
    let with = |more: &str| format!("posts: owner int, fk f(owner -> users.id){more}\n{users}");
    check_holding(&with(", index i(owner)"), &with(""), &[]);
    check(&with(", index i(owner)"), &with(""), &["drop index i"]);
}

/// Checks the operations on a database where generated columns hold the types of what they read.
fn check_generated(from: &str, to: &str, expected: &[&str]) {
    let rules = OrderingRules { generated_columns_hold: true, ..RULES };
    let steps = diff(&parse(from), &parse(to), &EntityHints::default(), &Renames::default(), rules);
    assert_eq!(described(&steps), expected);
}

#[test]
fn a_generated_column_goes_before_what_it_reads_and_comes_after_it() {
    let (without, with) = ("t: id int", "t: id int, g int @a, a int, b int @g");
    let go = ["alter t drop column b", "alter t drop column g", "alter t drop column a"];
    check(with, without, &go);
    check(without, with, &["alter t add column a", "alter t add column g", "alter t add column b"]);
    // A column that is added reads one that changes.
    let (from, to) = ("t: a int", "t: a bigint, g bigint @a");
    check_generated(from, to, &["alter t modify column a", "alter t add column g"]);
    check_generated(to, from, &["alter t drop column g", "alter t modify column a"]);
}

#[test]
fn a_generated_column_goes_while_what_it_reads_changes() {
    let (from, to) = ("t: a int, g int @a, index i(g)", "t: a bigint, g int @a, index i(g)");
    let around =
        ["drop index i", "alter t drop column g", "alter t modify column a", "alter t add column g", "create index i"];
    check_generated(from, to, &around);
    check(from, to, &["alter t modify column a"]);
    let steps = diff(
        &parse(from),
        &parse(to),
        &EntityHints::default(),
        &Renames::default(),
        OrderingRules { generated_columns_hold: true, ..RULES },
    );
    let found = differences(&steps);
    assert_eq!((found.len(), found[0].name.as_deref(), found[0].kind), (1, Some("a"), DifferenceKind::Type));
}

#[test]
fn what_is_over_a_generated_column_survives_another_expression() {
    let over = "unique u(g), index i(g), check c(g > 0), fk f(g -> t.g)";
    let from = format!("t: a int, g int @a, h int @g, {over}");
    let to = format!("t: a int, g int @a+1, h int @g, {over}");
    let steps = [
        "drop index i",
        "alter t drop fk f",
        "alter t drop check c",
        "alter t drop unique u",
        "alter t drop column h",
        "alter t drop column g",
        "alter t add column g",
        "alter t add column h",
        "alter t add unique u",
        "alter t add check c",
        "alter t add fk f",
        "create index i",
    ];
    check(&from, &to, &steps);
    // The column becomes plain.
    let plain = "t: a int, g int, index i(g)";
    let steps = ["drop index i", "alter t modify column g", "create index i"];
    check("t: a int, g int @a, index i(g)", plain, &steps);
    check(plain, "t: a int, g int @a, index i(g)", &steps);
}

#[test]
fn the_way_back_is_the_steps_taken_back() {
    let (from, to) = ("posts: a int, index i(a)", "posts: b int, index j(b)\ntags: id int!");
    let steps = diff(&parse(from), &parse(to), &EntityHints::default(), &Renames::default(), RULES);
    let back = reversed(&steps);
    let expected =
        ["drop index j", "alter posts add column a", "alter posts drop column b", "drop table tags", "create index i"];
    assert_eq!(described(&back), expected);
}
