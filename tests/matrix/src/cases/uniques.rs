//! Unique constraints, and primary keys.

use sea_orm::sea_query::{ColumnDef, Index};
use seachange::autogenerate::EntityTable;

use super::build::{Name, POSTGRES, Postgres, id, index, integer, keyed, people, statement, string, table, text};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("named unique added", [plain()], [unique("once", &["a"])]),
        Case::new("named unique removed", [unique("once", &["a"])], [plain()]),
        Case::new("unnamed unique added", [plain()], [people([string("a").unique_key().to_owned(), integer("b")])]),
        Case::new("unnamed unique removed", [people([string("a").unique_key().to_owned(), integer("b")])], [plain()]),
        Case::new("unique columns changed", [unique("once", &["a"])], [unique("once", &["a", "b"])]),
        Case::new("unique renamed", [unique("once", &["a"])], [unique("only_once", &["a"])]),
        Case::new(
            "unique index -> constraint",
            [plain().index(index("once", &["a"]).unique().to_owned())],
            [unique("once", &["a"])],
        ),
        Case::new("unique deferrable changed", [late("")], [late("DEFERRABLE INITIALLY DEFERRED")]).on(POSTGRES),
        Case::new("unique on the primary key added", [plain()], [unique("once", &["id"])]),
        Case::new("unique on the primary key removed", [unique("once", &["id"])], [plain()]),
        Case::new("table with a unique on the primary key added", [pets()], [pets(), unique("once", &["id"])]),
        Case::new("table with a unique on the primary key removed", [pets(), unique("once", &["id"])], [pets()]),
        Case::new(
            "change of a table with a unique on the primary key",
            [unique("once", &["id"])],
            [people([text("a"), integer("b")]).unique("once", [Name("id")])],
        ),
        Case::new("column that is the primary key and unique", [key_and_unique()], [key_and_unique()]),
        Case::new("column that is the primary key becomes unique", [table("people", [id()])], [key_and_unique()]),
        Case::new("two uniques of one column added", [plain()], [unique("once", &["a"]).unique("twice", [Name("a")])]),
        Case::new(
            "index takes the name of a unique index that becomes a constraint",
            [plain().index(index("first", &["a"]).unique().to_owned())],
            [stated("second", "a").index(index("first", &["b"]))],
        ),
        Case::new(
            "index takes the name of a constraint that becomes a unique index",
            [unique("first", &["a"])],
            [plain().index(index("second", &["a"]).unique().to_owned()).index(index("first", &["b"]))],
        ),
        Case::new(
            "unique takes the name of one that gets another name",
            [people([string("a").unique_key().to_owned(), integer("b")])],
            [unique("second", &["a"]).unique("people_a_key", [Name("b")])],
        ),
        Case::new("PK column added", [primary(&["a"])], [primary(&["a", "b"])]),
        Case::new("PK column removed", [primary(&["a", "b"])], [primary(&["a"])]),
        Case::new("PK added", [primary(&[])], [primary(&["a"])]),
        Case::new("PK removed", [primary(&["a"])], [primary(&[])]),
        Case::new("order of the columns of the PK", [primary(&["a", "b"])], [primary(&["b", "a"])]),
    ]
}

fn pets() -> EntityTable {
    keyed("pets", [])
}

fn key_and_unique() -> EntityTable {
    table("people", [id().unique_key().to_owned()])
}

fn plain() -> EntityTable {
    people([string("a"), integer("b")])
}

fn unique(name: &str, columns: &'static [&'static str]) -> EntityTable {
    plain().unique(name, columns.iter().map(|column| Name(column)))
}

/// A table whose statement has the unique constraint, as SeaORM writes those of entities.
fn stated(name: &str, column: &'static str) -> EntityTable {
    let mut statement = statement("people", [id(), string("a"), integer("b")]);
    statement.index(Index::create().unique().name(name).col(column));
    EntityTable::stated(&statement)
}

fn late(when: &str) -> EntityTable {
    plain().sql(Postgres, &format!("ALTER TABLE people ADD CONSTRAINT once UNIQUE (a) {when}"))
}

/// A table with a primary key of several columns, or none.
fn primary(columns: &[&'static str]) -> EntityTable {
    let column = |name| ColumnDef::new(name).integer().not_null().to_owned();
    let mut statement = statement("votes", [column("a"), column("b"), string("kind")]);
    if !columns.is_empty() {
        let mut key = Index::create();
        for name in columns {
            key.col(*name);
        }
        statement.primary_key(&mut key);
    }
    EntityTable::stated(&statement)
}
