//! Types.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, ColumnType};

use super::build::{
    MySql, POSTGRES, Postgres, SERVERS, Sqlite, big_integer, boolean, decimal_len, id, integer, json, key, people,
    referring, string, string_len, table, text, timestamp, timestamp_with_time_zone,
};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let change = |name: &'static str, before: ColumnDef, after: ColumnDef| {
        Case::new(name, [people([before])], [people([after])])
    };
    let numeric = |precision| ColumnDef::new("n").decimal_len(precision, 0).not_null().to_owned();
    vec![
        change("INT written by hand", by_hand("INT"), integer("n")).on(&[Sqlite]),
        change("BOOL written by hand", by_hand("BOOL"), boolean("n")).on(&[Sqlite]),
        change("REAL written by hand", by_hand("REAL"), ColumnDef::new("n").double().not_null().to_owned())
            .on(&[Sqlite]),
        change("type name of two words", by_hand("CHARACTER VARYING(20)"), string_len("n", 20)).on(&[Sqlite]),
        change("nullability of INT written by hand", by_hand("INT"), ColumnDef::new("n").integer().null().to_owned())
            .on(&[Sqlite]),
        change("type int->string", integer("n"), string("n")),
        change("type int->bigint", integer("n"), big_integer("n")),
        change("varchar 50->80", string_len("n", 50), string_len("n", 80)),
        change("varchar(50)->varchar no length", string_len("n", 50), string("n")),
        change("numeric(10,2)->(12,4)", decimal_len("n", 10, 2), decimal_len("n", 12, 4)),
        change("numeric(10)->(10,2)", numeric(10), decimal_len("n", 10, 2)).without_rows(),
        change("timestamp->timestamptz", timestamp("n"), timestamp_with_time_zone("n")),
        change("json->text", json("n"), text("n")),
        change("varchar->text", string("n"), text("n")),
        change("type string->int", string("n"), integer("n")),
        change("type bigint->int", big_integer("n"), integer("n")),
        change("type boolean->int", boolean("n"), integer("n")),
        change("json->jsonb", json("n"), ColumnDef::new("n").json_binary().not_null().to_owned()),
        change("type with a default", integer("n").default(7).to_owned(), string("n").default("7").to_owned()),
        change("array of another type", array(ColumnType::Integer), array(ColumnType::BigInteger)).on(POSTGRES),
        Case::new(
            "type of an indexed column",
            [people([integer("n")]).index(super::build::index("by_n", &["n"]))],
            [people([string("n")]).index(super::build::index("by_n", &["n"]))],
        ),
        Case::new(
            "type of a key and what refers to it",
            [people([]), referring("pets", [integer("owner_id")], [key("fk-owner", "owner_id", "people")])],
            [
                table("people", [big(id())]),
                referring("pets", [big_integer("owner_id")], [key("fk-owner", "owner_id", "people")]),
            ],
        )
        .on(SERVERS),
        change("text->varchar", text("n"), string_len("n", 50)),
        change("varchar 80->50", string_len("n", 80), string_len("n", 50)),
        change("numeric(12,4)->(10,2)", decimal_len("n", 12, 4), decimal_len("n", 10, 2)),
        change(
            "longtext->varchar",
            ColumnDef::new_with_type("n", ColumnType::custom("longtext")).not_null().to_owned(),
            string("n"),
        )
        .on(&[MySql]),
        change(
            "longblob->varbinary",
            ColumnDef::new_with_type("n", ColumnType::custom("longblob")).not_null().to_owned(),
            ColumnDef::new("n").var_binary(255).not_null().to_owned(),
        )
        .on(&[MySql]),
        collation(&[Sqlite], "NOCASE"),
        collation(&[Postgres], "\"C\""),
        collation(&[MySql], "utf8mb4_bin"),
    ]
}

fn collation(on: &'static [DbBackend], name: &str) -> Case {
    let after = string("n").extra(format!("COLLATE {name}")).to_owned();
    Case::new("collation change", [people([string("n")])], [people([after])]).on(on)
}

fn big(mut column: ColumnDef) -> ColumnDef {
    column.big_integer().to_owned()
}

fn array(of: ColumnType) -> ColumnDef {
    ColumnDef::new("n").array(of).not_null().to_owned()
}

/// A column with a type that SeaORM does not write.
fn by_hand(declared: &'static str) -> ColumnDef {
    ColumnDef::new_with_type("n", ColumnType::custom(declared)).not_null().to_owned()
}
