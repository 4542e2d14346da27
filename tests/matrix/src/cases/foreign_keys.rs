//! Foreign keys.

use sea_orm::sea_query::{ForeignKeyAction, ForeignKeyCreateStatement};
use seachange::autogenerate::EntityTable;

use super::build::{
    Name, POSTGRES, Postgres, index, integer, integer_null, key, key_on_delete, keyed, people, referring, string,
};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let change = |name: &'static str, before: ForeignKeyCreateStatement, after: ForeignKeyCreateStatement| {
        Case::new(name, [owners(), people([]), pets([before])], [owners(), people([]), pets([after])])
    };
    let on_delete = |action| key_on_delete("fk-pets-owner_id", "owner_id", "people", action);
    let plain = || key("fk-pets-owner_id", "owner_id", "people");
    let on_update = |action| plain().on_update(action).to_owned();
    vec![
        Case::new("FK added", [people([]), pets([])], [people([]), pets([plain()])]),
        Case::new("FK removed", [people([]), pets([plain()])], [people([]), pets([])]),
        change("FK ondelete changed", plain(), on_delete(ForeignKeyAction::Cascade)),
        change(
            "FK ondelete changed to set null",
            on_delete(ForeignKeyAction::Cascade),
            on_delete(ForeignKeyAction::SetNull),
        ),
        change("FK ondelete changed to restrict", plain(), on_delete(ForeignKeyAction::Restrict))
            .on(super::build::SQLITE_AND_POSTGRES),
        change("FK onupdate changed", plain(), on_update(ForeignKeyAction::Cascade)),
        Case::new("FK deferrable changed", [people([]), late("")], [people([]), late("DEFERRABLE INITIALLY DEFERRED")])
            .on(POSTGRES),
        change("FK renamed only", plain(), key("belongs_to", "owner_id", "people")),
        change("FK target changed", plain(), key("fk-pets-owner_id", "owner_id", "owners")),
        Case::new(
            "FK added with its column",
            [people([]), keyed("pets", [string("name")])],
            [people([]), referring("pets", [string("name"), integer_null("owner_id")], [plain()])],
        ),
        Case::new(
            "FK to the table itself added",
            [keyed("nodes", [integer_null("parent_id")])],
            [referring("nodes", [integer_null("parent_id")], [key("fk-nodes-parent_id", "parent_id", "nodes")])],
        ),
        Case::new(
            "FKs that make a cycle added",
            [keyed("a", [integer("b_id")]), keyed("b", [integer("a_id")])],
            [
                referring("a", [integer("b_id")], [key("fk-a-b_id", "b_id", "b")]),
                referring("b", [integer("a_id")], [key("fk-b-a_id", "a_id", "a")]),
            ],
        ),
        Case::new(
            "tables whose FKs make a cycle added",
            [people([])],
            [people([]), circle("a", "b"), circle("b", "a")],
        ),
        Case::new(
            "tables whose FKs make a cycle removed",
            [people([]), circle("a", "b"), circle("b", "a")],
            [people([])],
        ),
        Case::new("FK of two columns added", [pairs(), couples(false)], [pairs(), couples(true)]),
        Case::new("FK sets one column", [pairs(), setting("")], [pairs(), setting("(y)")])
            .on(POSTGRES)
            .since(COLUMNS_SET),
        Case::new("FK sets all columns", [pairs(), setting("(y)")], [pairs(), setting("")])
            .on(POSTGRES)
            .since(COLUMNS_SET),
        Case::new(
            "FK sets a renamed column",
            [pairs(), setting("(y)")],
            [
                pairs(),
                keyed("couples", [integer_null("x"), integer_null("z").comment("renamed_from \"y\"").to_owned()])
                    .sql(Postgres, &setting_statement("z", "(z)")),
            ],
        )
        .on(POSTGRES)
        .since(COLUMNS_SET),
        Case::new(
            "FK keeps its column, which loses its index",
            [people([]), indexed(&["owner_id"])],
            [people([]), pets([plain()])],
        ),
        Case::new(
            "FK loses an index that begins with its column",
            [people([]), indexed(&["owner_id", "id"])],
            [people([]), pets([plain()])],
        ),
        Case::new(
            "FK loses a unique index",
            [people([]), pets([plain()]).unique("once", [Name("owner_id")])],
            [people([]), pets([plain()])],
        ),
        Case::new("FK gets an index", [people([]), pets([plain()])], [people([]), indexed(&["owner_id"])]),
        Case::new(
            "FK gets an index that begins with its column",
            [people([]), pets([plain()])],
            [people([]), indexed(&["owner_id", "id"])],
        ),
        Case::new(
            "FKs of one column to two tables",
            [owners(), people([]), pets([])],
            [owners(), people([]), pets([plain(), key("fk-pets-owner_id", "owner_id", "owners")])],
        ),
        Case::new(
            "FK to one of two tables removed",
            [owners(), people([]), pets([plain(), key("fk-pets-owner_id", "owner_id", "owners")])],
            [owners(), people([]), pets([plain()])],
        ),
        Case::new("FK to a new table", [pets([])], [people([]), pets([plain()])]).without_rows(),
    ]
}

/// A table that refers to another one.
fn circle(name: &'static str, other: &'static str) -> EntityTable {
    referring(name, [integer("other_id")], [key(&format!("fk-{name}-other_id"), "other_id", other)])
}

/// The table `pets` with a foreign key and an index.
fn indexed(columns: &[&str]) -> EntityTable {
    pets([key("fk-pets-owner_id", "owner_id", "people")]).index(index("by_owner", columns))
}

fn owners() -> EntityTable {
    keyed("owners", [])
}

fn pets(keys: impl IntoIterator<Item = ForeignKeyCreateStatement>) -> EntityTable {
    referring("pets", [integer_null("owner_id")], keys)
}

fn late(when: &str) -> EntityTable {
    let add = "ALTER TABLE pets ADD CONSTRAINT \"fk-pets-owner_id\" FOREIGN KEY (owner_id) REFERENCES people (id)";
    keyed("pets", [integer("owner_id")]).sql(Postgres, &format!("{add} {when}"))
}

/// The first major version of PostgreSQL whose foreign keys name the columns that they set.
const COLUMNS_SET: i32 = 15;

/// A foreign key of `x` and `y` that sets some columns when its pair is deleted.
fn setting(columns: &str) -> EntityTable {
    keyed("couples", [integer_null("x"), integer_null("y")]).sql(Postgres, &setting_statement("y", columns))
}

fn setting_statement(second: &str, columns: &str) -> String {
    format!(
        "ALTER TABLE couples ADD CONSTRAINT \"fk-couples\" FOREIGN KEY (x, {second}) REFERENCES pairs (x, y) \
            ON DELETE SET NULL {columns}"
    )
}

fn pairs() -> EntityTable {
    keyed("pairs", [integer("x"), integer("y")]).unique("pair", [Name("x"), Name("y")])
}

fn couples(has_key: bool) -> EntityTable {
    let mut key = sea_orm::sea_query::ForeignKey::create();
    key.name("fk-couples-x-y").from_col("x").from_col("y").to("pairs", "x").to_col("y");
    referring("couples", [integer("x"), integer("y")], has_key.then_some(key))
}
