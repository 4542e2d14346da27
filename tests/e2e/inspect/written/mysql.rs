//! MySQL and MariaDB.

use sea_orm::sea_query::{ColumnType, StringLen};
use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, DatabaseTest, TestResult},
    snapshot,
};

use super::{Texts, types_come_back};

pub(super) fn trials() -> Vec<Case> {
    let tests: [(&str, DatabaseTest); 2] = [
        ("inspect::types_are_written_as_they_were", types_are_written_as_they_were),
        ("inspect::expressions_are_written_as_they_were", expressions_are_written_as_they_were),
    ];
    let on = |backend| tests.map(|(name, test)| Case::on(backend, name, test));
    Backend::LIKE_MYSQL.into_iter().flat_map(on).collect()
}

fn types_are_written_as_they_were(database: &TestDatabase) -> TestResult {
    types_come_back(database, &types(database.backend()))
}

fn expressions_are_written_as_they_were(database: &TestDatabase) -> TestResult {
    let is_mariadb = database.backend() == Backend::MariaDb;
    let defaults = DEFAULTS.map(|(column, text)| (column, if is_mariadb { text.to_owned() } else { for_mysql(text) }));
    // MySQL accepts only conditions for a check, and does not accept this `CASE` as one.
    let is_case = |text: &str| !is_mariadb && text.starts_with("case");
    let conditions = CONDITIONS.map(|text| if is_case(text) { format!("({text}) = 1") } else { text.to_owned() });
    let text = Texts::new(COLUMNS, &defaults, &conditions).come_back(database)?;
    let name = format!("inspect_expressions_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, text));
    Ok(())
}

/// MySQL requires parentheses around computed defaults. Text and JSON columns accept only computed defaults, and
/// `SET DEFAULT` refuses a literal for them even in parentheses.
fn for_mysql(default: &str) -> String {
    match default {
        "'line\\nbreak'" => "(concat('line\\nbreak', 'it''s'))".to_owned(),
        "'{\"a\": 1}'" => "(json_object('a', 1))".to_owned(),
        // Unlike the other ways to set a default, `SET DEFAULT` accepts no timestamp without parentheses.
        _ if default.contains('(') || default.starts_with("CURRENT_TIMESTAMP") => format!("({default})"),
        _ => default.to_owned(),
    }
}

/// Every type that sea-query can write, and some custom types.
fn types(backend: Backend) -> Vec<ColumnType> {
    use ColumnType::{
        BigInteger, BigUnsigned, Binary, Bit, Blob, Boolean, Char, Date, DateTime, Decimal, Double, Float, Integer,
        Json, JsonBinary, Money, SmallInteger, SmallUnsigned, String, Text, Time, Timestamp, TimestampWithTimeZone,
        TinyInteger, TinyUnsigned, Unsigned, Uuid, VarBinary, VarBit, Year,
    };
    let mut types = vec![
        Char(None),
        Char(Some(3)),
        String(StringLen::None),
        String(StringLen::N(40)),
        Text,
        Blob,
        TinyInteger,
        SmallInteger,
        Integer,
        BigInteger,
        TinyUnsigned,
        SmallUnsigned,
        Unsigned,
        BigUnsigned,
        Float,
        Double,
        Decimal(None),
        Decimal(Some((10, 2))),
        DateTime,
        Timestamp,
        TimestampWithTimeZone,
        Time,
        Date,
        Year,
        Binary(3),
        Binary(16),
        VarBinary(StringLen::N(9)),
        VarBinary(StringLen::None),
        Bit(None),
        Bit(Some(4)),
        VarBit(7),
        Boolean,
        Money(None),
        Money(Some((8, 3))),
        Json,
        JsonBinary,
        Uuid,
    ];
    let customs = [
        "int(5)",
        "int zerofill",
        "tinyint(1) unsigned",
        "mediumint",
        "mediumint unsigned",
        "float(7,2)",
        "float unsigned",
        "double unsigned",
        "decimal(5,0) unsigned",
        "datetime(3)",
        "timestamp(6) null",
        "time(2)",
        "longtext",
        "mediumtext",
        "tinytext",
        "longblob",
        "mediumblob",
        "tinyblob",
        "set('a','b')",
        "enum('it''s','b\\\\c','x,y')",
        "point",
        "geometry",
    ];
    types.extend(customs.map(ColumnType::custom));
    let own: &[&str] = match backend {
        Backend::MariaDb => &["uuid", "inet6"],
        _ => &["vector(3)", "geometrycollection"],
    };
    types.extend(own.iter().copied().map(ColumnType::custom));
    types.push(ColumnType::Enum { name: "mood".into(), variants: vec!["a".into(), "x,y".into(), "(".into()] });
    types
}

const COLUMNS: &str =
    "a varchar(20), b decimal(10, 2), c int, d bigint, e char(3), f text, g date, h json, i enum('a', 'b'),
    j timestamp NULL, k datetime(3), l bool, m double, n binary(3), o bit(3), p varchar(36), `order` int, q time";

const DEFAULTS: [(&str, &str); 24] = [
    ("a", "'draft'"),
    ("a", "'it''s \\\\ [\"`'"),
    ("a", "''"),
    ("a", "lower('X')"),
    ("a", "concat('a', 'it''s')"),
    ("a", "'NULL'"),
    ("b", "1.5"),
    ("b", "'1.5'"),
    ("b", "-1.5"),
    ("b", "0"),
    ("c", "-1"),
    ("c", "(1 + 2 * (3 - 4))"),
    ("d", "(c + 1)"),
    ("f", "'line\\nbreak'"),
    ("g", "'2020-01-01'"),
    ("g", "(curdate() + interval 1 day)"),
    ("h", "'{\"a\": 1}'"),
    ("i", "'b'"),
    ("j", "CURRENT_TIMESTAMP"),
    ("k", "CURRENT_TIMESTAMP(3)"),
    ("l", "true"),
    ("n", "'a\\0'"),
    ("o", "b'101'"),
    ("p", "uuid()"),
];

const CONDITIONS: [&str; 20] = [
    "a in ('x', 'y')",
    "a not in ('it''s', 'b\\\\c', 'q\"')",
    "a = 'x`y`'",
    "b > 0 and c < 5 or d = 1",
    "`order` > 1 and c between 1 and 3",
    "a like 'x%'",
    "a regexp '^a' and length(f) > 3",
    "case when a = 'x' then b > 1 else l end",
    "f = 'two
 lines'",
    "(a, e) = ('x', 'y')",
    "json_valid(h) and json_extract(h, '$.x') is not null",
    "i in ('a')",
    "g > '2020-01-01'",
    "not (a <=> 'x')",
    "if(c > 1, d, 2) % 2 = 0",
    "a = _latin1'x'",
    "c div 2 > 1 xor d",
    "coalesce(a, 'q') <> ''",
    "o = b'101'",
    "n = 0x6100",
];
