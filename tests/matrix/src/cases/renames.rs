//! Renames below expressions: the database says how it writes the expressions afterwards.

use sea_orm::sea_query::{ColumnDef, Expr};
use seachange::autogenerate::EntityTable;

use super::build::{MySql, SQLITE_AND_POSTGRES, Sqlite, index, integer, keyed, people, string, string_len, text};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![
        checked("rename to a reserved word", ("rank", "rank > 0"), ("order", "\"order\" > 0")),
        checked("rename to a name with capitals", ("rank", "rank > 0"), ("userName", "\"userName\" > 0")),
        checked("rename to a name with a quote", ("rank", "rank > 0"), ("o\"dd", "\"o\"\"dd\" > 0")),
        checked("rename from a reserved word", ("order", "\"order\" > 0"), ("rank", "rank > 0")),
        checked("rename of a column with the name of a function", ("abs", "abs(abs) > 0"), ("size", "abs(size) > 0")),
        checked("rename to the name of a function", ("size", "abs(size) > 0"), ("abs", "abs(abs) > 0")),
        checked(
            "rename of a column with the name of a type",
            ("date", "date > 0 AND CAST('2026-01-01' AS date) IS NOT NULL"),
            ("day", "day > 0 AND CAST('2026-01-01' AS date) IS NOT NULL"),
        ),
        Case::new(
            "renames in a chain",
            [people([string("a"), string("b")])],
            [people([renamed(string("b"), "a"), renamed(string("c"), "b")])],
        ),
        Case::new(
            "renames of tables in a chain",
            [keyed("persons", [string("name")]), keyed("pets", [string("name")])],
            [
                keyed("pets", [string("name")]).renamed_from("persons"),
                keyed("animals", [string("name")]).renamed_from("pets"),
            ],
        ),
        Case::new("case of a column changed", [people([string("userid")])], [people([string("userId")])])
            .on(&[Sqlite, MySql]),
        Case::new(
            "case of a column with an index and its type changed",
            [people([string_len("userid", 20)]).index(index("by_user", &["userid"]))],
            [people([text("userId")]).index(index("by_user", &["userId"]))],
        )
        .on(&[Sqlite]),
        Case::new("case of a table changed", [keyed("users", [string("name")])], [keyed("Users", [string("name")])])
            .on(&[Sqlite]),
        Case::new(
            "rename below an index on an expression and a condition",
            [people([string("lower")]).index(on_lower("lower"))],
            [people([renamed(string("label"), "lower")]).index(on_lower("label"))],
        )
        .on(SQLITE_AND_POSTGRES),
    ]
}

/// A rename of a column that a check reads.
fn checked(name: &'static str, before: (&'static str, &str), after: (&'static str, &str)) -> Case {
    let table = |column: ColumnDef, check: &str| -> EntityTable { people([column]).check("checked", check) };
    let new = renamed(integer(after.0), before.0);
    Case::new(name, [table(integer(before.0), before.1)], [table(new, after.1)]).on(SQLITE_AND_POSTGRES)
}

fn renamed(mut column: ColumnDef, old: &str) -> ColumnDef {
    column.comment(format!("renamed_from \"{old}\"")).to_owned()
}

fn on_lower(column: &'static str) -> sea_orm::sea_query::IndexCreateStatement {
    let mut index = index("by_label", &[]);
    index.col(Expr::cust(format!("lower(\"{column}\")")));
    sea_orm::sea_query::ConditionalStatement::and_where(&mut index, Expr::cust(format!("\"{column}\" <> ''")));
    index
}
