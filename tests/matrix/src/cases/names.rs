//! Names that have to be quoted.

use super::build::{Name, index, integer, integer_null, key, keyed, referring, string, string_null};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let aged = || keyed("Group", [string("order"), integer("age")]);
    let group = || keyed("Group", [string("order"), integer("camelCase")]);
    vec![
        Case::new("names: add table", [], [group()]),
        Case::new("names: drop table", [group()], [keyed("other", [])]),
        Case::new(
            "names: rename table",
            [keyed("select", [string("order"), integer("camelCase")])],
            [group().renamed_from("select")],
        ),
        Case::new(
            "names: add column",
            [group()],
            [keyed("Group", [string("order"), integer("camelCase"), string_null("where")])],
        ),
        Case::new(
            "names: drop column",
            [keyed("Group", [string("order"), integer("camelCase"), string_null("where")])],
            [group()],
        ),
        Case::new(
            "names: rename column",
            [group()],
            [keyed("Group", [string("order"), integer("from").comment("renamed_from \"camelCase\"").to_owned()])],
        ),
        Case::new("names: change type", [group()], [keyed("Group", [string("order"), string("camelCase")])]),
        Case::new(
            "names: default",
            [group()],
            [keyed("Group", [string("order").default("by").to_owned(), integer("camelCase")])],
        ),
        Case::new("names: index", [group()], [group().index(index("Index of order", &["order"]))]),
        Case::new("names: unique", [group()], [group().unique("Unique-Order", [Name("order")])]),
        Case::new("names: CHECK", [aged()], [aged().check("Check it's", "age > 0")]),
        Case::new(
            "names: FK",
            [group(), keyed("user", [integer_null("Group Id")])],
            [group(), referring("user", [integer_null("Group Id")], [key("fk-user-Group Id", "Group Id", "Group")])],
        ),
        Case::new("names: comment", [group()], [group().column_comment(Name("camelCase"), "A camel")]),
        Case::new(
            "names: with quotes",
            [keyed("a \"b\" `c`", [string("x")])],
            [keyed("a \"b\" `c`", [string("x"), string_null("it's \"y\" `z`")])],
        ),
    ]
}
