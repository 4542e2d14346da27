//! Enumerations: types on PostgreSQL, columns on MySQL and MariaDB, texts on SQLite.

use sea_orm::sea_query::{Alias, ColumnDef};
use seachange::autogenerate::EntityTable;

use super::build::{POSTGRES, index, people, string};
use crate::Case;

const ABC: &[&str] = &["a", "b", "c"];

/// The first major version of PostgreSQL that adds a value to a type within a transaction.
pub(super) const ADDS_VALUES: i32 = 12;

pub(super) fn cases() -> Vec<Case> {
    let change = |name: &'static str, values: &[&'static str]| Case::new(name, [of(ABC)], [of(values)]);
    vec![
        change("native enum value added", &["a", "b", "c", "d"]).since(ADDS_VALUES),
        change("native enum value removed", &["a", "b"]).without_rows().since(ADDS_VALUES),
        change("native enum value added in between", &["a", "x", "b", "c"]).since(ADDS_VALUES),
        change("native enum values in another order", &["c", "b", "a"]),
        change("native enum values with quotes", &["a", "b", "c", "it's \"d\"", "e f"]).since(ADDS_VALUES),
        Case::new("enum column added", [people([])], [people([column(ABC).default("a").to_owned()])]),
        Case::new("enum column dropped", [of(ABC)], [people([])]).without_rows(),
        Case::new("enum -> text", [of(ABC)], [people([string("mood")])]),
        Case::new("enum value added, with a default", [defaulting(ABC, "a")], [defaulting(&["a", "b", "c", "d"], "d")]),
        Case::new("enum value removed, with a default and an index", [indexed(ABC)], [indexed(&["a", "b"])])
            .without_rows()
            .since(ADDS_VALUES),
        Case::new("array of an enum, value added", [many(ABC)], [many(&["a", "b", "c", "d"])])
            .on(POSTGRES)
            .since(ADDS_VALUES),
    ]
}

fn column(values: &[&'static str]) -> ColumnDef {
    let values = values.iter().map(|value| Alias::new(*value));
    ColumnDef::new("mood").enumeration("Mood", values).not_null().to_owned()
}

fn of(values: &[&'static str]) -> EntityTable {
    people([column(values)])
}

fn defaulting(values: &[&'static str], default: &str) -> EntityTable {
    people([column(values).default(default).to_owned()])
}

fn indexed(values: &[&'static str]) -> EntityTable {
    defaulting(values, "a").index(index("by_mood", &["mood"]))
}

fn many(values: &[&'static str]) -> EntityTable {
    let Some(kind) = column(values).get_column_type().cloned() else { return people([]) };
    people([ColumnDef::new("moods").array(kind).not_null().to_owned()])
}
