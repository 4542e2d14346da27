//! PostgreSQL.

use sea_orm::sea_query::{ColumnType, PgInterval, RcOrArc, StringLen};
use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult},
    snapshot,
};

use super::{Texts, types_come_back};

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Postgres, "inspect::types_are_written_as_they_were", types_are_written_as_they_were),
        Case::on(
            Backend::Postgres,
            "inspect::expressions_are_written_as_they_were",
            expressions_are_written_as_they_were,
        ),
    ]
}

fn types_are_written_as_they_were(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('a');
        CREATE TYPE \"My Mood\" AS ENUM ('a'); CREATE DOMAIN \"odd (1)\" AS int; CREATE DOMAIN \"Mixed\" AS int[];
        CREATE TYPE pair AS (a int, b int)",
    )?;
    types_come_back(database, &types())
}

fn expressions_are_written_as_they_were(database: &TestDatabase) -> TestResult {
    database.execute("CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('a', 'b')")?;
    let text = Texts::new(COLUMNS, &DEFAULTS, &CONDITIONS).come_back(database)?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("inspect_postgres_expressions", text));
    Ok(())
}

/// Every type that sea-query can write, and the fields and numbers that they have.
fn types() -> Vec<ColumnType> {
    use ColumnType::{
        Array, BigInteger, BigUnsigned, Binary, Bit, Blob, Boolean, Char, Cidr, Date, DateTime, Decimal, Double, Float,
        Inet, Integer, Interval, Json, JsonBinary, LTree, MacAddr, Money, SmallInteger, SmallUnsigned, String, Text,
        Time, Timestamp, TimestampWithTimeZone, TinyInteger, TinyUnsigned, Unsigned, Uuid, VarBinary, VarBit,
    };
    let mut types = vec![
        Char(None),
        Char(Some(3)),
        String(StringLen::None),
        String(StringLen::N(40)),
        String(StringLen::Max),
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
        Decimal(Some((5, 0))),
        DateTime,
        Timestamp,
        TimestampWithTimeZone,
        Time,
        Date,
        Interval(None, None),
        Interval(None, Some(3)),
        Binary(16),
        VarBinary(StringLen::N(9)),
        Bit(None),
        Bit(Some(4)),
        VarBit(7),
        Boolean,
        Money(None),
        Json,
        JsonBinary,
        Uuid,
        Cidr,
        Inet,
        MacAddr,
        LTree,
    ];
    use PgInterval::{
        Day, DayToHour, DayToMinute, DayToSecond, Hour, HourToMinute, HourToSecond, Minute, MinuteToSecond, Month,
        Second, Year, YearToMonth,
    };
    let fields = [
        Year,
        Month,
        Day,
        Hour,
        Minute,
        Second,
        YearToMonth,
        DayToHour,
        DayToMinute,
        DayToSecond,
        HourToMinute,
        HourToSecond,
        MinuteToSecond,
    ];
    types.extend(fields.map(|fields| Interval(Some(fields), None)));
    types.extend([Second, DayToSecond, HourToSecond, MinuteToSecond].map(|fields| Interval(Some(fields), Some(2))));
    let customs = [
        "citext",
        "bpchar",
        "\"char\"",
        "varbit",
        "numeric(3, -2)",
        "timestamp(3)",
        "timestamptz(0)",
        "time(2)",
        "timetz",
        "tsvector",
        "int4range",
        "tstzmultirange",
        "xml",
        "oid",
        "regclass",
        "point",
        "macaddr8",
        "int2vector",
        "\"odd (1)\"",
        "\"Mixed\"",
        "name",
        "pair",
        "hstore",
        "\"citext\"[]",
    ];
    types.extend(customs.map(ColumnType::custom));
    types.push(ColumnType::Enum { name: "mood".into(), variants: vec!["a".into()] });
    types.push(ColumnType::Enum { name: "\"My Mood\"".into(), variants: vec!["a".into()] });
    let arrays: Vec<ColumnType> = types.iter().map(|of| Array(RcOrArc::new(of.clone()))).collect();
    types
        .into_iter()
        .chain(arrays.into_iter().filter(|of| *of != Array(RcOrArc::new(ColumnType::custom("\"citext\"[]")))))
        .collect()
}

const COLUMNS: &str = "a varchar(20), b numeric(10, 2), c int, d bigint, e char(3), f text, g text[], h jsonb, i mood,
    j timestamptz, k date, l bool, m interval(3), n bytea, o bit(3), p citext, q double precision, r varchar, s mood[], t smallint";

const DEFAULTS: [(&str, &str); 45] = [
    ("a", "'draft'"),
    ("a", "'it''s \\ [''\"'"),
    ("a", "'x'::text"),
    ("a", "'abc'::varchar(2)"),
    ("a", "lower('X')"),
    ("a", "''"),
    ("a", "NULL"),
    ("a", "CURRENT_USER"),
    ("b", "1.5"),
    ("b", "'1.5'"),
    ("b", "-1.5"),
    ("b", "-3"),
    ("b", "0.0"),
    ("c", "-1"),
    ("c", "1 + 2 * (3 - 4)"),
    ("c", "-2147483648"),
    ("c", "'7'"),
    ("d", "-1"),
    ("d", "'-1'"),
    ("d", "-3000000000"),
    ("e", "'abc'"),
    ("f", "'a' || 'b'"),
    ("f", "'it''s ::text'"),
    ("g", "'{}'"),
    ("g", "array['a', 'b']"),
    ("h", "'{\"a\": 1}'"),
    ("i", "'b'"),
    ("j", "now()"),
    ("j", "CURRENT_TIMESTAMP"),
    ("j", "now() at time zone 'utc'"),
    ("j", "now() - '1 day'::interval"),
    ("k", "'2020-01-01'"),
    ("k", "CURRENT_DATE"),
    ("l", "true"),
    ("l", "not false"),
    ("m", "'1 day'"),
    ("n", "'\\x00'"),
    ("o", "b'101'"),
    ("p", "'x'"),
    ("q", "-1.5"),
    ("q", "'NaN'"),
    ("r", "'x'"),
    ("s", "'{a}'"),
    ("t", "-5"),
    ("a", "case when true then 'x' else 'y' end"),
];

const CONDITIONS: [&str; 32] = [
    "a in ('x', 'y')",
    "a not in ('x', 'y')",
    "a in ('x')",
    "a = any (array['x', 'y'])",
    "a in ('x', r)",
    "a::text in ('x', 'y')",
    "lower(a) in ('x', 'y')",
    "coalesce(a, 'q') in ('x', 'y')",
    "e in ('abc', 'def')",
    "f in ('a]', 'b,''c')",
    "i in ('a', 'b')",
    "c in (1, 2)",
    "d in (1, 2)",
    "b in (1, 2.5)",
    "p in ('x', 'y')",
    "c in (-1, 2)",
    "k in ('2020-01-01', '2021-01-01')",
    "not a in ('x', 'y')",
    "(a in ('x', 'y')) = l",
    "b > 0 and c < 5 or d = 1",
    "c between 1 and 3",
    "f ~ '^a' and length(f) > 3",
    "a like 'x%'",
    "f = ' = ANY (ARRAY['",
    "case when a = 'x' then b > 1 else l end",
    "case when f = 'two
 lines' then true else false end",
    "(a, r) = ('x', 'y')",
    "h ? 'x' and h ->> 'y' is not null",
    "g @> array['x']",
    "r || a in ('x', 'y')",
    "f is distinct from 'x'",
    "l",
];
