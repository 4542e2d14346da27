//! Defaults.

use sea_orm::sea_query::{ColumnDef, Expr};
use seachange::autogenerate::EntityTable;

use super::build::{
    POSTGRES, Postgres, boolean, decimal_len, integer, json, keyed, people, string, timestamp_with_time_zone,
};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let change = |name: &'static str, before: ColumnDef, after: ColumnDef| {
        Case::new(name, [people([before])], [people([after])])
    };
    let text = |value: &str| string("a").default(value).to_owned();
    let now = || timestamp_with_time_zone("a").default(Expr::current_timestamp()).to_owned();
    vec![
        change("server_default added", string("a"), text("new")),
        change("server_default changed", text("old"), text("new")),
        change("server_default removed", text("old"), string("a")),
        change("server_default now() no change", now(), now()),
        change("default with quotes", text("old"), text("it's \"new\" \\ `here`")),
        change("default of a number", integer("a").default(1).to_owned(), integer("a").default(-2).to_owned()),
        change(
            "default of a truth value",
            boolean("a").default(false).to_owned(),
            boolean("a").default(true).to_owned(),
        ),
        change(
            "default of a decimal",
            decimal_len("a", 10, 2).to_owned(),
            decimal_len("a", 10, 2).default(1.5).to_owned(),
        ),
        change("default that is computed", timestamp_with_time_zone("a"), now()),
        change("default of a text that is empty", string("a"), text("")),
        change("default of a text that looks like a number", text("1"), text("01")),
        change("default and nullability", string("a"), ColumnDef::new("a").string().null().default("x").to_owned()),
        Case::new(
            "default of JSON",
            [keyed("people", [json("a")])],
            [keyed("people", [json("a").default(Expr::cust("'{}'")).to_owned()])],
        ),
        Case::new("default from a sequence", [integers()], [numbered()])
            .beside(Postgres, "CREATE SEQUENCE one")
            .on(POSTGRES),
    ]
}

fn integers() -> EntityTable {
    people([integer("a")])
}

fn numbered() -> EntityTable {
    integers().sql(Postgres, "ALTER TABLE people ALTER COLUMN a SET DEFAULT nextval('one')")
}
