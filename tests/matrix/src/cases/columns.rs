//! Columns that are added, dropped, renamed, or become nullable.

use super::build::{
    Name, boolean, decimal_len, id, index, integer, integer_null, key, keyed, people, referring, string, string_len,
    string_null, table, text,
};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let name = || string("name");
    let renamed = |new: &'static str, old: &str| string(new).comment(format!("renamed_from \"{old}\"")).to_owned();
    vec![
        Case::new("add column", [people([name()])], [people([name(), string_null("phone")])]),
        Case::new("drop column", [people([name(), string_null("phone")])], [people([name()])]),
        Case::new("rename column", [people([string("title")])], [people([renamed("name", "title")])]),
        Case::new("column order only", [people([name(), integer("age")])], [people([integer("age"), name()])]),
        Case::new("nullable", [people([string_null("name")])], [people([name()])]),
        Case::new("nullable, the other way", [people([name()])], [people([string_null("name")])]),
        Case::new(
            "add column with a default",
            [people([name()])],
            [people([name(), integer("age").default(18).to_owned()])],
        ),
        Case::new(
            "add several columns",
            [people([name()])],
            [people([
                name(),
                boolean("is_admin").default(false).to_owned(),
                string_null("phone"),
                decimal_len("balance", 12, 2).default(0).to_owned(),
            ])],
        ),
        Case::new("add column that must be said", [people([name()])], [people([name(), integer("age")])])
            .without_rows(),
        Case::new("drop column that must be said", [people([name(), integer("age")])], [people([name()])])
            .without_rows(),
        Case::new(
            "drop several columns",
            [people([string_null("phone"), name(), string_null("mail"), string_null("web")])],
            [people([name()])],
        ),
        Case::new(
            "replace a column",
            [people([name(), integer_null("age")])],
            [people([name(), string_null("birthday")])],
        ),
        Case::new(
            "rename column with an index",
            [people([string("title")]).index(index("by_name", &["title"]))],
            [people([renamed("name", "title")]).index(index("by_name", &["name"]))],
        ),
        Case::new(
            "rename column in a unique constraint",
            [people([string("title")]).unique("once", [Name("title")])],
            [people([renamed("name", "title")]).unique("once", [Name("name")])],
        ),
        Case::new(
            "rename column that a foreign key starts from",
            [people([name()]), referring("pets", [integer("person_id")], [key("fk-owner", "person_id", "people")])],
            [
                people([name()]),
                referring(
                    "pets",
                    [integer("owner_id").comment("renamed_from \"person_id\"").to_owned()],
                    [key("fk-owner", "owner_id", "people")],
                ),
            ],
        ),
        Case::new(
            "rename column and change its type",
            [people([string_len("title", 20)])],
            [people([text("name").comment("renamed_from \"title\"").to_owned()])],
        ),
        Case::new(
            "rename table and column",
            [keyed("persons", [string("title")])],
            [people([renamed("name", "title")]).renamed_from("persons")],
        ),
        Case::new(
            "drop column with an index",
            [people([name(), string_null("phone")]).index(index("by_phone", &["phone"]))],
            [people([name()])],
        ),
        Case::new(
            "add column to a table with children",
            [people([name()]), pets()],
            [people([name(), string_null("phone")]), pets()],
        ),
        Case::new(
            "nullable, of a table with children",
            [people([name()]), pets()],
            [people([string_null("name")]), pets()],
        ),
        Case::new(
            "change every column",
            [people([integer("a"), integer_null("b")])],
            [people([string("a"), integer("b").default(1).to_owned()])],
        ),
        Case::new(
            "drop column in a table without a key",
            [table("notes", [text("text"), string_null("by")])],
            [table("notes", [text("text")])],
        ),
        Case::new(
            "drop the columns of a foreign key",
            [people([name()]), pets()],
            [people([name()]), keyed("pets", [])],
        )
        .without_rows(),
    ]
    .into_iter()
    .inspect(|_| drop(id()))
    .collect()
}

fn pets() -> seachange::autogenerate::EntityTable {
    referring("pets", [integer("owner_id")], [key("fk-owner", "owner_id", "people")])
}
