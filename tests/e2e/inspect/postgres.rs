//! PostgreSQL: `postgres.sql` has one of everything.

use sea_orm::sea_query::{
    ColumnDef, ColumnType, PgInterval, PostgresQueryBuilder, RcOrArc, StringLen, Table as CreateTable,
};
use sea_orm::{ConnectionTrait, DbErr};
use seachange::inspect::Scope;
use seachange::schema::{IndexKey, Schema, Table, TableName};
use seachange_tests::{
    Backend, TestDatabase, block_on,
    harness::{Case, TestResult},
    snapshot,
};

use super::describe::describe;
use super::{queries, read, read_at};

const EVERYTHING: &str = include_str!("postgres.sql");

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Postgres, "inspect::everything_is_told", everything_is_told),
        Case::on(Backend::Postgres, "inspect::types_are_written_as_they_were", types_are_written_as_they_were),
        Case::on(
            Backend::Postgres,
            "inspect::expressions_are_written_as_they_were",
            expressions_are_written_as_they_were,
        ),
        Case::on(Backend::Postgres, "inspect::another_role_reads_the_same", another_role_reads_the_same),
        Case::on(Backend::Postgres, "inspect::a_copy_reads_the_same", a_copy_reads_the_same),
        Case::on(Backend::Postgres, "inspect::reading_changes_nothing", reading_changes_nothing),
        Case::on(Backend::Postgres, "inspect::many_tables_take_as_many_queries", many_tables_take_as_many_queries),
        Case::on(Backend::Postgres, "inspect::a_missing_schema_is_empty", a_missing_schema_is_empty),
    ]
}

fn everything_is_told(database: &TestDatabase) -> TestResult {
    database.execute(EVERYTHING)?;
    let scope = Scope { schema: None, others: vec![("billing".to_owned(), "Bills".to_owned())] };
    let text = describe(&read_at(&database.url(), "", &scope)?);
    snapshot::settings(database).bind(|| insta::assert_snapshot!("inspect_postgres", text));
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

fn types_are_written_as_they_were(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('a');
        CREATE TYPE \"My Mood\" AS ENUM ('a'); CREATE DOMAIN \"odd (1)\" AS int; CREATE DOMAIN \"Mixed\" AS int[];
        CREATE TYPE pair AS (a int, b int)",
    )?;
    create(database, "first", types().iter())?;
    let schema = read(database)?;
    let kinds = table(&schema, "first").columns.iter().map(|column| &column.column_type.kind);
    create(database, "second", kinds)?;
    let schema = read(database)?;
    assert_eq!(table(&schema, "first").columns, table(&schema, "second").columns);
    Ok(())
}

fn create<'t>(database: &TestDatabase, name: &str, types: impl Iterator<Item = &'t ColumnType>) -> Result<(), DbErr> {
    let mut statement = CreateTable::create();
    statement.table(name.to_owned());
    for (number, of) in types.enumerate() {
        statement.col(ColumnDef::new_with_type(format!("c{number}"), of.clone()));
    }
    database.execute(&statement.to_string(PostgresQueryBuilder))
}

fn table<'s>(schema: &'s Schema, name: &str) -> &'s Table {
    &schema.tables[&TableName::from(name)]
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

/// Texts are written and read again: what was the same for PostgreSQL stays so. A first time from the text of a person, and
/// a second time from that of the first.
fn expressions_are_written_as_they_were(database: &TestDatabase) -> TestResult {
    database.execute("CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('a', 'b')")?;
    let defaults: Vec<(String, String)> = DEFAULTS.map(|(column, text)| (column.to_owned(), text.to_owned())).into();
    let conditions: Vec<String> = CONDITIONS.map(str::to_owned).into();
    write(database, "first", &defaults, &conditions)?;
    let (defaults, conditions) = texts(&read(database)?, "first", &defaults);
    write(database, "second", &defaults, &conditions)?;
    let schema = read(database)?;
    let (again, _) = texts(&schema, "second", &defaults);
    assert_eq!(defaults, again);
    assert_eq!(differences(&schema), Vec::<String>::new());
    let text = [defaults.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n"), conditions.join("\n")];
    let text = text.join("\n\n");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("inspect_postgres_expressions", text));
    Ok(())
}

/// A table for each default, and one with all conditions, as checks, index predicates, and index expressions.
fn write(
    database: &TestDatabase,
    name: &str,
    defaults: &[(String, String)],
    conditions: &[String],
) -> Result<(), DbErr> {
    let mut statements = Vec::new();
    for (number, (column, default)) in defaults.iter().enumerate() {
        statements.push(format!("CREATE TABLE {name}_{number} ({COLUMNS})"));
        statements.push(format!("ALTER TABLE {name}_{number} ALTER {column} SET DEFAULT {default}"));
    }
    statements.push(format!("CREATE TABLE {name} ({COLUMNS})"));
    for (number, condition) in conditions.iter().enumerate() {
        statements.push(format!("ALTER TABLE {name} ADD CONSTRAINT c{number:02} CHECK ({condition})"));
        statements.push(format!("CREATE INDEX {name}_i{number:02} ON {name} (({condition})) WHERE {condition}"));
        statements.push(format!("ALTER TABLE {name} ADD g{number} boolean GENERATED ALWAYS AS ({condition}) STORED"));
    }
    database.execute(&statements.join(";\n"))
}

fn texts(schema: &Schema, name: &str, defaults: &[(String, String)]) -> (Vec<(String, String)>, Vec<String>) {
    let default = |(number, (column, _)): (usize, &(String, String))| {
        let found =
            table(schema, &format!("{name}_{number}")).column(column).and_then(|column| column.default.as_ref());
        (column.clone(), found.map_or_else(|| "NULL".to_owned(), |default| default.text.clone()))
    };
    let defaults = defaults.iter().enumerate().map(default).collect();
    (defaults, table(schema, name).checks.iter().map(|check| check.expression.text.clone()).collect())
}

fn differences(schema: &Schema) -> Vec<String> {
    let mut differences = Vec::new();
    for number in 0..DEFAULTS.len() {
        let (first, second) = (table(schema, &format!("first_{number}")), table(schema, &format!("second_{number}")));
        differences.extend((first.columns != second.columns).then(|| format!("{:?}", DEFAULTS[number])));
    }
    let (first, second) = (table(schema, "first"), table(schema, "second"));
    for (number, condition) in CONDITIONS.iter().enumerate() {
        let (one, other) = (&first.indexes[number], &second.indexes[number]);
        let column = format!("g{number}");
        let is_same = first.checks[number] == second.checks[number]
            && one.predicate == other.predicate
            && one.parts == other.parts
            && first.column(&column) == second.column(&column);
        differences.extend((!is_same).then(|| {
            format!("{condition}:\n{:?}\n{:?}\n{one:?}\n{other:?}", first.checks[number], second.checks[number])
        }));
        assert!(matches!(one.parts[0].key, IndexKey::Expression(_) | IndexKey::Column(_)));
    }
    differences
}

fn another_role_reads_the_same(database: &TestDatabase) -> TestResult {
    database.execute(EVERYTHING)?;
    let role = format!("{}_reader", database.name());
    database.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'"))?;
    let theirs = read_at(&database.url_for(&role, "reader"), "", &Scope::default());
    let refused = block_on(async {
        let connection = sea_orm::Database::connect(database.url_for(&role, "reader")).await?;
        let refused = connection.execute_unprepared("SELECT FROM authors").await.is_err();
        connection.close().await.map(|()| refused)
    });
    database.execute(&format!("DROP ROLE {role}"))?;
    assert!(refused?);
    assert_eq!(theirs?, read(database)?);
    Ok(())
}

/// The same statements in two schemas, each first on the path while it is read.
fn a_copy_reads_the_same(database: &TestDatabase) -> TestResult {
    database.execute("CREATE EXTENSION citext; CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")?;
    let own: String =
        EVERYTHING.lines().filter(|line| !line.starts_with("CREATE EXTENSION")).collect::<Vec<_>>().join("\n");
    let mut schemas = Vec::new();
    for (name, other) in [("app", "billing"), ("scratch", "scratch_billing")] {
        let text = own.replace("billing", other).replace("CREATE TEMPORARY", "CREATE");
        database.execute(&format!("CREATE SCHEMA {name}; SET search_path = {name}, public; {text}"))?;
        let scope = Scope { schema: Some(name.to_owned()), others: vec![(other.to_owned(), "billing".to_owned())] };
        schemas.push(read_at(&database.url(), &format!("SET search_path = {name}, {other}, public"), &scope)?);
    }
    assert_eq!(describe(&schemas[0]), describe(&schemas[1]));
    assert_eq!(schemas[0], schemas[1]);
    Ok(())
}

fn reading_changes_nothing(database: &TestDatabase) -> TestResult {
    database.execute(EVERYTHING)?;
    let state = "SELECT string_agg(concat(last_value, is_called), ',') FROM (
        SELECT last_value, is_called FROM shared UNION ALL SELECT last_value, is_called FROM authors_id_seq) s";
    let before: String = database.value(state)?;
    read_at(&database.url(), "SET default_transaction_read_only = on", &Scope::default())?;
    assert_eq!(database.value::<String>(state)?, before);
    Ok(())
}

fn many_tables_take_as_many_queries(database: &TestDatabase) -> TestResult {
    let empty = queries(database)?;
    database.execute(EVERYTHING)?;
    assert_eq!((empty, queries(database)?), (7, 7));
    Ok(())
}

fn a_missing_schema_is_empty(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE posts (id int)")?;
    let scope = Scope { schema: Some("nowhere".to_owned()), others: Vec::new() };
    assert_eq!(read_at(&database.url(), "", &scope)?, Schema::default());
    let empty_path = read_at(&database.url(), "SET search_path = ''", &Scope::default())?;
    assert_eq!(empty_path, Schema::default());
    Ok(())
}
