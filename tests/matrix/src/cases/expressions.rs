//! Generated columns.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, Expr};

use super::build::{
    MySql, Name, SQLITE_AND_POSTGRES, Sqlite, big_integer, index, integer, integer_null, people, string, string_null,
};
use crate::Case;

/// The first major version of PostgreSQL with generated columns.
const COMPUTED: i32 = 12;

/// The first major version of PostgreSQL with columns that are computed when they are read.
const VIRTUAL: i32 = 18;

pub(super) fn cases() -> Vec<Case> {
    let with = |column: ColumnDef| people([integer("a"), column]);
    let stored = |text: &'static str| computed(text, true);
    let read = |text: &'static str| computed(text, false);
    let cases = vec![
        Case::new("computed expr changed", [with(stored("a + 1"))], [with(stored("a + 2"))]),
        Case::new("plain -> computed", [with(integer_null("b"))], [with(stored("a + 1"))]),
        Case::new("computed -> plain", [with(stored("a + 1"))], [with(integer("b"))]).without_rows(),
        Case::new("add computed column", [people([integer("a")])], [with(stored("a + 1"))]),
        Case::new("drop computed column", [with(stored("a + 1"))], [people([integer("a")])]),
        Case::new("computed, stored -> virtual", [with(stored("a + 1"))], [with(read("a + 1"))]).on(&[Sqlite, MySql]),
        Case::new("add column that is computed when read", [people([integer("a")])], [with(read("a + 1"))])
            .on(&[Sqlite, MySql]),
        Case::new("computed, written in another way", [with(stored("a + 1"))], [with(stored("(a+1)"))]),
        Case::new(
            "rename a column that another is computed from",
            [with(stored("a + 1"))],
            [people([integer("c").comment("renamed_from \"a\"").to_owned(), stored("c + 1")])],
        ),
        Case::new(
            "index on a computed column",
            [with(stored("a + 1"))],
            [with(stored("a + 1")).index(index("by_b", &["b"]))],
        ),
        Case::new(
            "expression with texts",
            [people([string("a")])],
            [people([string("a"), words()]).index(index("by_b", &["b"]))],
        )
        .on(SQLITE_AND_POSTGRES),
    ];
    let cases = cases.into_iter().chain(around(&stored, &read)).chain(chains());
    cases.map(|case| if case.since == 0 { case.since(COMPUTED) } else { case }).collect()
}

/// Changes around the generated column `b`.
fn around(stored: &dyn Fn(&'static str) -> ColumnDef, read: &dyn Fn(&'static str) -> ColumnDef) -> Vec<Case> {
    let over = |column: ColumnDef| {
        let people = people([integer("a"), column]).unique("once", [Name("b")]).check("positive", "b > 0");
        people.index(index("by_b", &["b", "a"]))
    };
    let first = |column: ColumnDef| people([column, integer_null("a"), string("name"), string_null("phone")]);
    vec![
        Case::new(
            "type of what a column is computed from",
            [people([integer("a"), stored("a + 1")])],
            [people([big_integer("a"), stored("a + 1")])],
        ),
        Case::new(
            "type of what an indexed column is computed from",
            [over(stored("a + 1"))],
            [people([big_integer("a"), stored("a + 1")])
                .unique("once", [Name("b")])
                .check("positive", "b > 0")
                .index(index("by_b", &["b", "a"]))],
        ),
        Case::new(
            "type of a computed column and of what it is computed from",
            [people([integer("a"), stored("a + 1")]).index(index("by_b", &["b"]))],
            [people([big_integer("a"), big("b", "a + 1")]).index(index("by_b", &["b"]))],
        ),
        Case::new(
            "type of a computed column",
            [people([integer("a"), stored("a + 1")])],
            [people([integer("a"), big("b", "a + 1")])],
        ),
        Case::new(
            "type of what a virtual column is computed from",
            [people([integer("a"), read("a + 1")])],
            [people([big_integer("a"), read("a + 1")])],
        )
        .since(VIRTUAL),
        Case::new(
            "virtual column with another expression",
            [people([integer("a"), read("a + 1")])],
            [people([integer("a"), read("a + 2")])],
        )
        .since(VIRTUAL),
        Case::new(
            "expression below an index, a unique constraint and a check",
            [over(stored("a + 1"))],
            [over(stored("a + 2"))],
        ),
        Case::new(
            "computed -> plain, below an index",
            [over(stored("a + 1"))],
            [people([integer("a"), integer("b")])
                .unique("once", [Name("b")])
                .check("positive", "b > 0")
                .index(index("by_b", &["b", "a"]))],
        )
        .without_rows(),
        Case::new(
            "plain -> computed, below an index",
            [people([integer("a"), integer_null("b")]).index(index("by_b", &["b"]))],
            [people([big_integer("a"), stored("a + 1")]).index(index("by_b", &["b"]))],
        ),
        Case::new("computed column dropped with what it reads", [first(stored("a + 1"))], [people([string("name")])]),
        Case::new("computed column added with what it reads", [people([string("name")])], [first(stored("a + 1"))]),
        Case::new(
            "computed column added to a column that changes",
            [people([integer("a")])],
            [people([big_integer("a"), stored("a + 1")])],
        ),
        Case::new(
            "rename a column below a computed column with an index, a unique constraint and a check",
            [over(stored("a + 1"))],
            [people([integer("c").comment("renamed_from \"a\"").to_owned(), stored("c + 1")])
                .unique("once", [Name("b")])
                .check("positive", "b > 0")
                .index(index("by_b", &["b", "c"]))],
        ),
        Case::new(
            "rename a column that a check reads",
            [people([integer("a")]).check("positive", "a > 0")],
            [people([integer("c").comment("renamed_from \"a\"").to_owned()]).check("positive", "c > 0")],
        ),
        Case::new(
            "computed column reads another column",
            [people([integer_null("a"), string("name"), stored("a + 1")]).index(index("by_b", &["b"]))],
            [people([integer_null("c"), string("name"), stored("c + 1")]).index(index("by_b", &["b"]))],
        ),
    ]
}

/// Columns that are computed from computed columns, which PostgreSQL does not have.
fn chains() -> Vec<Case> {
    const CHAINING: &[DbBackend] = &[Sqlite, MySql];
    let next = |text: &'static str| ColumnDef::new("c").integer().generated(Expr::cust(text), true).to_owned();
    let chain = |column: ColumnDef, first: &'static str| {
        people([column, computed(first, true), next("b + 1")]).index(index("by_c", &["c"]))
    };
    let cases = vec![
        Case::new(
            "chain of computed columns, first expression changed",
            [chain(integer("a"), "a + 1")],
            [chain(integer("a"), "a + 2")],
        ),
        Case::new(
            "chain of computed columns, type of the first changed",
            [chain(integer("a"), "a + 1")],
            [chain(big_integer("a"), "a + 1")],
        ),
        Case::new("chain of computed columns dropped", [chain(integer_null("a"), "a + 1")], [people([])]),
        Case::new("chain of computed columns added", [people([])], [chain(integer_null("a"), "a + 1")]),
        Case::new(
            "chain of computed columns becomes plain",
            [chain(integer("a"), "a + 1")],
            [people([integer("a"), integer_null("b"), next("b + 1")]).index(index("by_c", &["c"]))],
        ),
    ];
    cases.into_iter().map(|case| case.on(CHAINING)).collect()
}

fn big(name: &'static str, text: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().generated(Expr::cust(text), true).to_owned()
}

/// The generated column `b`.
fn computed(expression: &'static str, is_stored: bool) -> ColumnDef {
    ColumnDef::new("b").integer().generated(Expr::cust(expression), is_stored).to_owned()
}

fn words() -> ColumnDef {
    ColumnDef::new("b").string().generated(Expr::cust("a || '''s \"pet\"'"), true).to_owned()
}
