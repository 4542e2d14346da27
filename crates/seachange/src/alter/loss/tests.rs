//! The losses of each database, as tables.

use sea_orm::DatabaseBackend::{self, MySql, Postgres, Sqlite};
use sea_orm::sea_query::{Alias, ColumnType, IntoIden};

use super::loss;
use crate::schema::SqlType;

fn of(text: &str) -> SqlType {
    SqlType { text: text.to_owned(), kind: ColumnType::Custom(Alias::new(text).into_iden()) }
}

/// Checks what the values of column `x` lose; an empty text stands for nothing.
fn check(backend: DatabaseBackend, rows: &[(&str, &str, &str)]) {
    for (from, to, expected) in rows {
        let found = loss(backend, &of(from), &of(to));
        let sentences: Vec<_> = found.iter().flat_map(|loss| loss.sentences("x")).collect();
        assert_eq!(sentences.join("; ").replace("values of `x` ", ""), *expected, "{from} -> {to}");
    }
}

#[test]
fn postgres() {
    let short = "that are longer than 50 characters do not fit";
    let int = "below -2147483648 or above 2147483647 do not fit";
    check(
        Postgres,
        &[
            ("character varying(50)", "character varying(80)", ""),
            ("character varying(80)", "character varying(50)", short),
            ("character varying", "character varying(50)", short),
            ("text", "character varying(50)", short),
            ("text", "character(50)", short),
            ("character varying(50)", "text", ""),
            ("bytea", "bytea", ""),
            ("bigint", "integer", int),
            ("integer", "bigint", ""),
            ("integer", "character varying(50)", ""),
            ("integer", "character varying(5)", "that are longer than 5 characters do not fit"),
            ("jsonb", "character varying(50)", short),
            ("integer", "smallint", "below -32768 or above 32767 do not fit"),
            ("integer", "real", "are rounded to fewer digits"),
            ("integer", "double precision", ""),
            ("bigint", "double precision", "are rounded to fewer digits"),
            ("double precision", "real", "are rounded to fewer digits"),
            ("real", "double precision", ""),
            ("double precision", "integer", &format!("{int}; are rounded to whole numbers")),
            ("numeric(12,4)", "numeric(10,2)", "are rounded to 2 digits after the point"),
            ("numeric(10,0)", "numeric(10,2)", "with more than 8 digits before the point do not fit"),
            ("numeric(10,2)", "numeric(12,4)", ""),
            (
                "numeric",
                "numeric(3,2)",
                "with more than 1 digit before the point do not fit; are rounded to 2 digits after the point",
            ),
            ("numeric(10,2)", "numeric", ""),
            ("numeric(9,1)", "integer", "are rounded to whole numbers"),
            ("numeric(9,0)", "integer", ""),
            ("numeric(20,0)", "integer", int),
            ("numeric", "double precision", "are rounded to fewer digits"),
            ("numeric(15,2)", "double precision", ""),
            ("bigint", "numeric(18,0)", "with more than 18 digits before the point do not fit"),
            ("bigint", "numeric(19,0)", ""),
            ("integer", "boolean", "numbers in `x` become true or false"),
            ("boolean", "integer", ""),
            ("text", "integer", "texts in `x` become numbers and lose their spelling: '007' becomes 7"),
            ("text", "uuid", "texts in `x` lose their spelling"),
            ("text", "date", "texts in `x` lose their spelling"),
            ("uuid", "text", ""),
            ("text", "json", ""),
            ("text", "jsonb", "JSON in `x` loses its spaces, the order of its keys, and repeated keys"),
            ("json", "jsonb", "JSON in `x` loses its spaces, the order of its keys, and repeated keys"),
            ("jsonb", "json", ""),
            ("json", "text", ""),
            ("timestamp without time zone", "date", "lose their time of day"),
            ("timestamp without time zone", "time without time zone", "lose their date"),
            ("date", "timestamp without time zone", ""),
            (
                "timestamp with time zone",
                "timestamp without time zone",
                "become local times in the time zone of the session",
            ),
            ("timestamp without time zone", "timestamp with time zone", ""),
            ("timestamp without time zone", "timestamp(0) without time zone", "are rounded to seconds"),
            ("timestamp(3) with time zone", "timestamp with time zone", ""),
            ("time without time zone", "time(3) without time zone", "are rounded to 3 digits of a second"),
            ("bigint[]", "integer[]", int),
            ("integer[]", "bigint[]", ""),
            ("mood", "text", ""),
            ("text", "mood", ""),
            ("point", "text", ""),
        ],
    );
}

#[test]
fn mysql() {
    let varchar = "that are longer than 255 characters do not fit";
    let bytes = "that are longer than 255 bytes do not fit";
    check(
        MySql,
        &[
            ("longtext", "varchar(255)", varchar),
            ("text", "varchar(255)", varchar),
            ("tinytext", "varchar(255)", ""),
            ("varchar(255)", "longtext", ""),
            ("varchar(255)", "tinytext", bytes),
            ("varchar(20000)", "text", "that are longer than 65535 bytes do not fit"),
            ("varchar(16000)", "text", ""),
            ("longtext", "mediumtext", "that are longer than 16777215 bytes do not fit"),
            ("longblob", "varbinary(255)", bytes),
            ("longblob", "blob", "that are longer than 65535 bytes do not fit"),
            ("varbinary(16)", "binary(16)", ""),
            ("bigint", "int", "below -2147483648 or above 2147483647 do not fit"),
            ("bigint(20)", "int(11)", "below -2147483648 or above 2147483647 do not fit"),
            ("int", "int unsigned", "below 0 or above 4294967295 do not fit"),
            ("int(10) unsigned", "int(11)", "below -2147483648 or above 2147483647 do not fit"),
            ("tinyint unsigned", "int", ""),
            ("int", "tinyint(1)", "below -128 or above 127 do not fit"),
            ("decimal(10,2)", "decimal", "are rounded to whole numbers"),
            ("decimal(12,4)", "decimal(10,4)", "with more than 6 digits before the point do not fit"),
            ("double", "float", "are rounded to fewer digits"),
            ("datetime(6)", "datetime", "are rounded to seconds"),
            ("datetime", "timestamp", "before 1970 or after 2038 do not fit"),
            ("timestamp", "datetime", ""),
            ("datetime", "date", "lose their time of day"),
            ("varchar(20)", "int", "texts in `x` become numbers and lose their spelling: '007' becomes 7"),
            ("int", "varchar(20)", ""),
            ("enum('a','it''s')", "enum('a')", "the type of `x` loses `it's`"),
            ("enum('a')", "enum('a','b')", ""),
            ("enum('a','long one')", "varchar(4)", "that are longer than 4 characters do not fit"),
            ("geometry", "longtext", ""),
        ],
    );
}

#[test]
fn sqlite() {
    let spelling = "texts in `x` become numbers and lose their spelling: '007' becomes 7";
    check(
        Sqlite,
        &[
            ("text", "integer", spelling),
            ("varchar(20)", "double", spelling),
            ("varchar(80)", "varchar(20)", ""),
            ("integer", "text", ""),
            ("bigint", "integer", ""),
            ("real", "integer", ""),
            ("blob", "text", ""),
            ("datetime_text", "date_text", ""),
        ],
    );
}
