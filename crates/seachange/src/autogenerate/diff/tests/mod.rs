#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
//! Schemas as short texts, and the operations between them.

mod order;
pub(in crate::autogenerate) mod properties;
mod simulate;
pub(in crate::autogenerate) mod text;

use super::{OrderingRules, RenameCandidate, Renames, candidates, diff};
use crate::autogenerate::hints::EntityHints;
use crate::autogenerate::operation::{SchemaOperation, reversed};
use crate::schema::{AutoIncrement, Schema, TableName};
use text::{describe, schema};

const RULES: OrderingRules = OrderingRules {
    foreign_keys_hold: false,
    counters_need_a_key: false,
    generated_columns_hold: false,
    expressions_hold_names: false,
};

/// The operations between two schemas, as short texts.
fn steps(from: &str, to: &str) -> Vec<String> {
    described(&diff(&schema(from), &schema(to), &EntityHints::default(), &Renames::default(), RULES))
}

fn described(operations: &[SchemaOperation]) -> Vec<String> {
    operations.iter().map(describe).collect()
}

fn check(from: &str, to: &str, expected: &[&str]) {
    assert_eq!(steps(from, to), expected);
}

/// Hints of entities that declare these names.
fn wishes(table: &str, names: &[&str]) -> EntityHints {
    let names = names.iter().map(|name| (table.into(), (*name).to_owned()));
    EntityHints { names: names.clone().collect(), uniques: names.collect(), ..EntityHints::default() }
}

fn parse(text: &str) -> Schema {
    schema(text)
}

#[test]
fn nothing_differs() {
    check("posts: id int!, title text", "posts: id int!, title text", &[]);
    // The order of columns is not a property of a table.
    check("posts: id int!, title text", "posts: title text, id int!", &[]);
}

#[test]
fn columns_come_go_and_change() {
    check("posts: id int", "posts: id int, title text", &["alter posts add column title"]);
    check("posts: id int, title text", "posts: id int", &["alter posts drop column title"]);
    check("posts: id int", "posts: id int!", &["alter posts modify column id"]);
    check("posts: id int", "posts: id bigint", &["alter posts modify column id"]);
    check("posts: id int", "posts: id int =1", &["alter posts modify column id"]);
    // A column of the key is never NULL, whatever its definition says.
    check("posts: id int, pk(id)", "posts: id int!, pk(id)", &[]);
}

#[test]
fn dropped_columns_come_back_in_their_order() {
    let operations = diff(
        &parse("posts: id int, a int, b int, c int"),
        &parse("posts: id int"),
        &EntityHints::default(),
        &Renames::default(),
        RULES,
    );
    let back = ["alter posts add column a", "alter posts add column b", "alter posts add column c"];
    assert_eq!(described(&reversed(&operations)), back);
}

#[test]
fn a_key_changes_next_to_the_column_that_counts() {
    let mut from = parse("posts: a int!, b int, slug text, pk(a)");
    let mut to = parse("posts: id int!, a int, b int!, title text, pk(id)");
    let rules = OrderingRules { counters_need_a_key: true, ..RULES };
    let between = |from: &Schema, to: &Schema| {
        let operations = diff(from, to, &EntityHints::default(), &Renames::default(), rules);
        described(&operations).iter().map(|step| step.trim_start_matches("alter posts ").to_owned()).collect::<Vec<_>>()
    };
    count(&mut to, "id");
    let steps = [
        "add column title",
        "modify column b",
        "add column id",
        "drop pk a",
        "add pk id",
        "modify column a",
        "drop column slug",
    ];
    assert_eq!(between(&from, &to), steps);
    let back = [
        "add column slug",
        "modify column a",
        "modify column b",
        "drop pk id",
        "add pk a",
        "drop column id",
        "drop column title",
    ];
    assert_eq!(between(&to, &from), back);
    count(&mut from, "a");
    let moved = [
        "add column title",
        "modify column a",
        "modify column b",
        "add column id",
        "drop pk a",
        "add pk id",
        "drop column slug",
    ];
    to.tables.values_mut().flat_map(|table| &mut table.columns).for_each(|column| column.nullable = false);
    assert_eq!(between(&from, &to), moved);
}

fn count(schema: &mut Schema, name: &str) {
    let columns = schema.tables.values_mut().flat_map(|table| &mut table.columns);
    columns
        .filter(|column| column.name == name)
        .for_each(|column| column.auto_increment = Some(AutoIncrement::Counter));
}

#[test]
fn a_name_that_nobody_asked_for_is_no_difference() {
    let (from, to) = (parse("posts: a int, unique old(a)"), parse("posts: a int, unique new(a)"));
    let with = |wishes: &EntityHints| described(&diff(&from, &to, wishes, &Renames::default(), RULES));
    assert_eq!(with(&EntityHints::default()), Vec::<String>::new());
    assert_eq!(with(&wishes("posts", &["new"])), ["alter posts drop unique old", "alter posts add unique new"]);
}

#[test]
fn a_foreign_key_without_a_name_is_as_good() {
    let (mut from, to) = (parse("a: b int, fk f(b -> a.b)"), parse("a: b int, fk f(b -> a.b)"));
    from.tables.values_mut().flat_map(|table| &mut table.foreign_keys).for_each(|key| key.name = None);
    assert_eq!(diff(&from, &to, &wishes("a", &["f"]), &Renames::default(), RULES), []);
}

#[test]
fn an_index_goes_whose_name_another_one_takes() {
    check(
        "posts: a int, b int, uindex i(a)",
        "posts: a int, b int, unique u(a), index i(b)",
        &["drop index i", "alter posts add unique u", "create index i"],
    );
}

#[test]
fn an_index_may_stand_for_a_unique_constraint_unless_somebody_asked_for_one() {
    let (index, unique) = (parse("posts: a int, uindex i(a)"), parse("posts: a int, unique u(a)"));
    let plain = EntityHints::default();
    assert_eq!(diff(&index, &unique, &plain, &Renames::default(), RULES), []);
    assert_eq!(diff(&unique, &index, &plain, &Renames::default(), RULES), []);
    let asked = described(&diff(&index, &unique, &wishes("posts", &["u"]), &Renames::default(), RULES));
    assert_eq!(asked, ["drop index i", "alter posts add unique u"]);
}

#[test]
fn of_two_that_are_alike_one_goes() {
    check("posts: a int, unique u(a), unique v(a)", "posts: a int, unique v(a)", &["alter posts drop unique u"]);
    check("posts: a int, index i(a), index j(a)", "posts: a int, index j(a)", &["drop index i"]);
}

#[test]
fn a_rename_keeps_what_names_the_column() {
    let from = parse("posts: tel text, check c(tel <> ''), index i(tel), unique u(tel)");
    let to = parse("posts: phone text, check c(phone <> ''), index i(phone), unique u(phone)");
    let candidate = candidates(&from, &to, &Renames::default());
    assert_eq!(candidate.len(), 1);
    let mut renames = Renames::default();
    renames.accept(&candidate[0]);
    assert!(!renames.is_unresolved(&candidate[0]));
    let steps = described(&diff(&from, &to, &EntityHints::default(), &renames, RULES));
    assert_eq!(steps, ["alter posts rename column tel to phone"]);
}

#[test]
fn what_holds_the_name_of_a_column_goes_for_the_time_of_its_rename() {
    let from = parse("people: a int, b int @a+1, n int, check c(a > 0), check d(n > 0), unique u(b), index i(a)");
    let to = parse("users: x int, b int @x+1, n int, check c(x > 0), check d(n > 0), unique u(b), index i(x)");
    let renames = Renames {
        tables: [("people".into(), "users".into())].into(),
        columns: [(("users".into(), "a".to_owned()), "x".to_owned())].into(),
    };
    let rules = OrderingRules { expressions_hold_names: true, ..RULES };
    let operations = diff(&from, &to, &EntityHints::default(), &renames, rules);
    let expected = [
        "rename table people to users",
        "alter users drop check c",
        "alter users drop unique u",
        "alter users drop column b",
        "alter users rename column a to x",
        "alter users add column b",
        "alter users add unique u",
        "alter users add check c",
    ];
    assert_eq!(described(&operations), expected);
    let found = crate::autogenerate::difference::differences(&operations);
    assert_eq!(found.iter().map(|found| found.kind.word()).collect::<Vec<_>>(), ["table", "column"]);
}

#[test]
fn a_renamed_table_keeps_its_columns_and_those_who_refer_to_it() {
    let from = parse("people: id int!, name text, pk(id)\nposts: id int!, owner int, fk f(owner -> people.id)");
    let to = parse("users: id int!, name text, pk(id)\nposts: id int!, owner int, fk f(owner -> users.id)");
    let candidate = candidates(&from, &to, &Renames::default());
    let mut renames = Renames::default();
    renames.accept(&candidate[0]);
    let steps = described(&diff(&from, &to, &EntityHints::default(), &renames, RULES));
    assert_eq!(steps, ["rename table people to users"]);
}

#[test]
fn each_thing_has_one_candidate_with_the_most_similar_name() {
    let table = "first_name text, last_name text, id int!";
    let from = parse(&format!("a_posts: {table}\nb_posts: {table}\nc: tel text, mail text"));
    let to = parse(&format!("b_pages: {table}\na_pages: {table}\nc: mailbox text, telephone text"));
    let table = |from: &str, to: &str| RenameCandidate::Table { from: from.into(), to: to.into() };
    let column =
        |from: &str, to: &str| RenameCandidate::Column { table: "c".into(), from: from.to_owned(), to: to.to_owned() };
    let expected = [
        table("a_posts", "a_pages"),
        table("b_posts", "b_pages"),
        column("tel", "telephone"),
        column("mail", "mailbox"),
    ];
    assert_eq!(candidates(&from, &to, &Renames::default()), expected);
}

#[test]
fn many_tables_that_get_other_names_are_found() {
    let tables = |prefix: &str| {
        let lines = (0..5_000).map(|at| format!("{prefix}{at}: id int!, own_{at} text\n"));
        parse(&lines.collect::<String>())
    };
    let found = candidates(&tables("old_"), &tables("new_"), &Renames::default());
    let tail = |name: &TableName| name.name[4..].to_owned();
    let fits = found
        .iter()
        .filter(|candidate| matches!(candidate, RenameCandidate::Table { from, to } if tail(from) == tail(to)));
    assert_eq!((found.len(), fits.count()), (5_000, 5_000));
}

#[test]
fn a_rename_that_is_done_is_not_asked_for_again() {
    let mut wishes = EntityHints::default();
    wishes.renamed_columns.insert(("posts".into(), "phone".to_owned()), "tel".to_owned());
    let (before, after) = (parse("posts: tel text"), parse("posts: phone text"));
    assert_eq!(Renames::asked_for(&before, &after, &wishes).unwrap().columns.len(), 1);
    assert_eq!(Renames::asked_for(&after, &after, &wishes).unwrap(), Renames::default());
}
