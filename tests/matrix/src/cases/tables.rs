//! Tables that are added, dropped, and renamed.

use sea_orm::sea_query::ForeignKeyAction;

use super::build::{
    id, index, integer, integer_null, key, key_on_delete, keyed, people, referring, string, string_null, table,
};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let person = || people([string("name")]);
    let pet = || keyed("pets", [string("name"), string_null("kind")]);
    let owner = || key_on_delete("fk-pets-owner_id", "owner_id", "people", ForeignKeyAction::Cascade);
    let owned = || referring("pets", [string("name"), integer("owner_id")], [owner()]);
    vec![
        Case::new("add table", [person()], [person(), pet()]),
        Case::new("drop table", [person(), pet()], [person()]),
        Case::new("rename table", [keyed("persons", [string("name")])], [person().renamed_from("persons")]),
        Case::new("add two tables, one refers to the other", [], [person(), owned()]),
        Case::new("drop two tables, one refers to the other", [person(), owned()], [pet()]).without_rows(),
        Case::new("add table with everything", [person()], [person(), everything()]),
        Case::new("drop table with everything", [person(), everything()], [person()]),
        Case::new("add table that refers to itself", [person()], [person(), tree()]),
        Case::new("add tables that refer to each other", [], cycle()),
        Case::new("drop tables that refer to each other", cycle().into_iter().chain([person()]), [person()]),
        Case::new(
            "drop a table that another referred to",
            [person(), owned()],
            [keyed("pets", [string("name"), integer("owner_id")])],
        )
        .without_rows(),
        Case::new(
            "rename a table that another refers to",
            [
                keyed("persons", [string("name")]),
                referring("pets", [integer("owner_id")], [key("fk-pets-owner_id", "owner_id", "persons")]),
            ],
            [
                person().renamed_from("persons"),
                referring("pets", [integer("owner_id")], [key("fk-pets-owner_id", "owner_id", "people")]),
            ],
        ),
        Case::new(
            "rename a table with indexes",
            [keyed("persons", [string("name")]).index(index("by_name", &["name"]))],
            [person().index(index("by_name", &["name"])).renamed_from("persons")],
        ),
        Case::new("add table without a key", [person()], [person(), table("notes", [string("text")])]),
        Case::new("add table with a key of two columns", [person()], [person(), joins()]),
        Case::new("drop table with a key of two columns", [person(), joins()], [person()]),
    ]
}

fn everything() -> seachange::autogenerate::EntityTable {
    referring(
        "pets",
        [
            string("name").default("Rex").to_owned(),
            integer("age").default(1).to_owned(),
            string("tag").unique_key().to_owned(),
            integer_null("owner_id"),
        ],
        [key_on_delete("fk-pets-owner_id", "owner_id", "people", ForeignKeyAction::SetNull)],
    )
    .index(index("by_name", &["name", "age"]))
    .check("grown", "age > 0")
    .unique("once", [super::build::Name("name"), super::build::Name("owner_id")])
}

fn tree() -> seachange::autogenerate::EntityTable {
    referring("nodes", [integer_null("parent_id")], [key("fk-nodes-parent_id", "parent_id", "nodes")])
}

fn cycle() -> Vec<seachange::autogenerate::EntityTable> {
    vec![
        referring("teams", [integer_null("captain_id")], [key("fk-teams-captain_id", "captain_id", "players")]),
        referring("players", [integer_null("team_id")], [key("fk-players-team_id", "team_id", "teams")]),
    ]
}

fn joins() -> seachange::autogenerate::EntityTable {
    let _ = id;
    let mut statement = super::build::statement("friends", [integer("a_id"), integer("b_id"), string("since")]);
    let mut primary = sea_orm::sea_query::Index::create();
    statement.primary_key(primary.col("a_id").col("b_id"));
    for (name, column) in [("fk-friends-a_id", "a_id"), ("fk-friends-b_id", "b_id")] {
        statement.foreign_key(key(name, column, "people").from_tbl("friends"));
    }
    seachange::autogenerate::EntityTable::stated(&statement)
}
