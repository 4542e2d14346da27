//! Generated columns.

use sea_orm::sea_query::{ColumnDef, Expr};

use super::build::{MySql, SQLITE_AND_POSTGRES, Sqlite, index, integer, integer_null, people, string};
use crate::Case;

/// The first major version of PostgreSQL with generated columns.
const COMPUTED: i32 = 12;

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
    cases.into_iter().map(|case| case.since(COMPUTED)).collect()
}

/// The generated column `b`.
fn computed(expression: &'static str, is_stored: bool) -> ColumnDef {
    ColumnDef::new("b").integer().generated(Expr::cust(expression), is_stored).to_owned()
}

fn words() -> ColumnDef {
    ColumnDef::new("b").string().generated(Expr::cust("a || '''s \"pet\"'"), true).to_owned()
}
