//! Properties of tables, columns, indexes and constraints that no entity declares: they are kept, and come back.

use sea_orm::DbBackend;
use sea_orm::sea_query::{Alias, ColumnDef};
use seachange::autogenerate::EntityTable;

use super::build::{
    MySql, POSTGRES, Postgres, Sqlite, big_integer, index, integer, integer_null, keyed, people, string_len,
};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    [tables(), parts(), inheritance(), types()].concat()
}

/// Tables that only the database has. They are dropped, and `down` creates them again.
const TABLES: &[(DbBackend, &str, &str)] = &[
    (
        Postgres,
        "storage parameters",
        "CREATE TABLE gone (id integer PRIMARY KEY, note text) WITH (fillfactor = 70, toast.autovacuum_enabled = false);
        ALTER TABLE gone ALTER COLUMN note SET STATISTICS 400; ALTER TABLE gone ALTER COLUMN note SET STORAGE EXTERNAL;
        ALTER TABLE gone ALTER COLUMN note SET (n_distinct = 5)",
    ),
    (Postgres, "no log", "CREATE UNLOGGED TABLE gone (id integer PRIMARY KEY, \"odd \"\" name\" text)"),
    (
        Postgres,
        "a replica identity",
        "CREATE TABLE gone (id integer PRIMARY KEY, other integer NOT NULL UNIQUE);
        ALTER TABLE gone REPLICA IDENTITY USING INDEX gone_other_key; ALTER TABLE gone CLUSTER ON gone_pkey;
        CREATE TABLE gone_too (id integer); ALTER TABLE gone_too REPLICA IDENTITY FULL",
    ),
    (
        Postgres,
        "constraints of other kinds",
        "CREATE TABLE gone (id integer PRIMARY KEY, a integer, b integer, UNIQUE (a, b));
        ALTER TABLE gone ADD CONSTRAINT \"not Valid\" CHECK (a > 0) NOT VALID;
        ALTER TABLE gone ADD CONSTRAINT own CHECK (a < 9) NO INHERIT;
        CREATE TABLE gone_too (a integer, b integer, CONSTRAINT both_parts FOREIGN KEY (a, b) REFERENCES gone (a, b)
            MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE);
        ALTER TABLE gone_too ADD CONSTRAINT one FOREIGN KEY (a) REFERENCES gone NOT VALID",
    ),
    (
        Postgres,
        "partitions",
        "CREATE TABLE gone (id integer NOT NULL, at date NOT NULL, region text) PARTITION BY RANGE (at);
        CREATE TABLE gone_2025 PARTITION OF gone FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE gone_2026 PARTITION OF gone FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (region);
        CREATE TABLE \"gone 2026 eu\" PARTITION OF gone_2026 FOR VALUES IN ('eu', 'it''s');
        CREATE INDEX gone_2025_at ON gone_2025 (at); ALTER TABLE gone_2025 ADD CONSTRAINT positive CHECK (id > 0);
        CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER watch AFTER INSERT ON gone_2025 FOR EACH ROW EXECUTE PROCEDURE watch()",
    ),
    (
        Postgres,
        "comments",
        "CREATE TABLE gone (id integer PRIMARY KEY, a integer CONSTRAINT positive CHECK (a > 0));
        CREATE INDEX gone_a ON gone (a); COMMENT ON INDEX gone_a IS 'it''s an index';
        COMMENT ON CONSTRAINT positive ON gone IS 'no zero'; COMMENT ON CONSTRAINT gone_pkey ON gone IS 'the key'",
    ),
    (
        Postgres,
        "grants",
        "CREATE TABLE gone (id integer PRIMARY KEY, a integer); GRANT SELECT, UPDATE ON gone TO PUBLIC;
        GRANT INSERT (a) ON gone TO PUBLIC",
    ),
    (
        Postgres,
        "a child",
        "CREATE TABLE gone (id integer, note text); CREATE TABLE gone_too (more integer) INHERITS (gone)",
    ),
    (
        Postgres,
        "a type of its own",
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 9); CREATE SEQUENCE numbers START WITH 100;
        CREATE TYPE pair AS (a integer, b integer); CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE gone (id bigint DEFAULT nextval('numbers'), s short, p pair, n integer DEFAULT one())",
    ),
    (MySql, "another character set", "CREATE TABLE gone (id int NOT NULL PRIMARY KEY, a varchar(9)) CHARACTER SET latin1"),
    (MySql, "another engine", "CREATE TABLE gone (id int NOT NULL PRIMARY KEY) ENGINE = MyISAM"),
    (MySql, "another row format", "CREATE TABLE gone (id int NOT NULL PRIMARY KEY, a text) ROW_FORMAT = COMPRESSED"),
    (
        MySql,
        "partitions",
        "CREATE TABLE gone (id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (year(at))
            (PARTITION p0 VALUES LESS THAN (2025), PARTITION p1 VALUES LESS THAN MAXVALUE);
        CREATE TABLE gone_too (id int NOT NULL PRIMARY KEY) PARTITION BY KEY (id) PARTITIONS 3",
    ),
    (
        MySql,
        "a comment of an index and a hidden column",
        "CREATE TABLE gone (id int NOT NULL PRIMARY KEY, a int, b int DEFAULT 3 INVISIBLE,
            KEY by_a (a) COMMENT 'it''s an index')",
    ),
    (
        Sqlite,
        "clauses for conflicts",
        "CREATE TABLE gone (id integer PRIMARY KEY, a text UNIQUE ON CONFLICT REPLACE, b text NOT NULL ON CONFLICT IGNORE)",
    ),
    (Sqlite, "no row ids", "CREATE TABLE gone (a text, b text, PRIMARY KEY (a, b DESC)) STRICT, WITHOUT ROWID"),
];

fn tables() -> Vec<Case> {
    let case = |(backend, name, sql): &(DbBackend, &str, &'static str)| {
        let (on, label) = system(*backend);
        named(&format!("dropped table with {name} on {label}"), plain(), plain()).on(on).beside(*backend, sql)
    };
    TABLES.iter().map(case).collect()
}

/// Parts of a table that stays.
fn parts() -> Vec<Case> {
    let by_age = |columns: &[&str]| plain().index(index("by_age", columns));
    let described =
        "ALTER TABLE people ALTER COLUMN age SET STATISTICS 10; GRANT SELECT (age), UPDATE (name) ON people TO PUBLIC;
        ALTER TABLE people ALTER COLUMN name SET STORAGE MAIN";
    let comment = "COMMENT ON INDEX by_age IS 'by age'";
    let unchecked = "ALTER TABLE people ADD CONSTRAINT adult CHECK (age > -9) NOT VALID";
    let hidden = "ALTER TABLE people MODIFY COLUMN age int NULL INVISIBLE";
    let commented = "DROP INDEX by_age ON people; CREATE INDEX by_age ON people (age) COMMENT 'by age'";
    let nullable = |column: ColumnDef| people([string_len("name", 50), column]);
    vec![
        named(
            "dropped column with a statistics target and grants",
            nullable(integer_null("age")),
            people([string_len("name", 50)]),
        )
        .on(POSTGRES)
        .beside(Postgres, described),
        named(
            "column with a statistics target and grants gets another type",
            plain(),
            people([string_len("name", 50), big_integer("age")]),
        )
        .on(POSTGRES)
        .beside(Postgres, described),
        named("dropped index with a comment", by_age(&["age"]), plain()).on(POSTGRES).beside(Postgres, comment),
        named("index with a comment gets a column", by_age(&["age"]), by_age(&["age", "name"]))
            .on(POSTGRES)
            .beside(Postgres, comment),
        named("index with storage parameters gets a column", by_age(&["age"]), by_age(&["age", "name"]))
            .on(POSTGRES)
            .beside(Postgres, "ALTER INDEX by_age SET (fillfactor = 40)"),
        named("dropped check that is not valid", plain(), plain()).on(POSTGRES).beside(Postgres, unchecked),
        named(
            "dropped column below a check that is not valid",
            nullable(integer_null("age")),
            people([string_len("name", 50)]),
        )
        .on(POSTGRES)
        .beside(Postgres, unchecked),
        named("hidden column gets another type", nullable(integer_null("age")), nullable(big_null("age")))
            .on(&[MySql])
            .beside(MySql, hidden),
        named("dropped hidden column", nullable(integer_null("age")), people([string_len("name", 50)]))
            .on(&[MySql])
            .beside(MySql, hidden),
        named("index with a comment gets a column on MySQL", by_age(&["age"]), by_age(&["age", "name"]))
            .on(&[MySql])
            .beside(MySql, commented),
        named("dropped index with a comment on MySQL", by_age(&["age"]), plain()).on(&[MySql]).beside(MySql, commented),
    ]
}

/// A table and its child, which both have entities.
fn inheritance() -> Vec<Case> {
    let child = |age: ColumnDef| keyed("pupils", [string_len("name", 50), age]);
    let inherit = "ALTER TABLE pupils INHERIT people";
    let case = |name: &'static str, after: [EntityTable; 2]| {
        Case::new(name, [plain(), child(integer("age"))], after).on(POSTGRES).beside(Postgres, inherit)
    };
    let without = |name: &str| keyed(name, [string_len("name", 50)]);
    let wide = || people([string_len("name", 50), big_integer("age")]);
    vec![
        case("column of a parent and its child gets another type", [wide(), child(big_integer("age"))]),
        case("dropped column of a parent and its child", [without("people"), without("pupils")]).without_rows(),
        case(
            "added column of a parent and its child",
            [
                people([string_len("name", 50), integer("age"), integer_null("more")]),
                keyed("pupils", [string_len("name", 50), integer("age"), integer_null("more")]),
            ],
        ),
        Case::new("dropped child", [plain(), child(integer("age"))], [plain()])
            .on(POSTGRES)
            .beside(Postgres, inherit)
            .without_rows(),
    ]
}

/// Declared types, sequences, functions and privileges.
fn types() -> Vec<Case> {
    let domain = "CREATE DOMAIN address AS text CONSTRAINT has_at CHECK (VALUE LIKE '%@%')";
    let other_domain = "CREATE DOMAIN address AS text CONSTRAINT has_at CHECK (VALUE LIKE '%@%.%')";
    let sequence = "CREATE SEQUENCE numbers START WITH 100 INCREMENT BY 5";
    let function =
        "CREATE FUNCTION is_adult(age integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT age > -100'";
    let pair = "CREATE TYPE pair AS (a integer, b text)";
    let typed = |column: &'static str, of: &'static str| {
        let mut definition = ColumnDef::new(Alias::new(column));
        definition.custom(Alias::new(of)).null();
        people([string_len("name", 50), integer("age"), definition])
    };
    let mut numbered = ColumnDef::new(Alias::new("number"));
    numbered.big_integer().null().default(sea_orm::sea_query::Expr::cust("nextval('numbers')"));
    let numbered = people([string_len("name", 50), integer("age"), numbered]);
    let case = |name: &str, [before, after]: [EntityTable; 2], objects: [&[&'static str]; 2]| {
        named(name, before, after).on(POSTGRES).objects(Postgres, objects[0], objects[1])
    };
    let grant = "GRANT SELECT ON people TO PUBLIC";
    vec![
        case("declared domain added", [plain(), plain()], [&[], &[domain]]),
        case("declared domain changed", [plain(), plain()], [&[domain], &[other_domain]]),
        case("declared domain removed", [plain(), plain()], [&[domain], &[]]),
        case(
            "declared domain of a column changed",
            [typed("mail", "address"), typed("mail", "address")],
            [&[domain], &["CREATE DOMAIN address AS text DEFAULT 'a@b' CONSTRAINT short CHECK (length(VALUE) < 100)"]],
        )
        .without_rows(),
        case(
            "declared sequence of a column changed",
            [numbered.clone(), numbered.clone()],
            [&[sequence], &["CREATE SEQUENCE numbers START WITH 200 INCREMENT BY 10 CYCLE"]],
        ),
        case("declared domain added with a column", [plain(), typed("mail", "address")], [&[], &[domain]]),
        case("declared domain removed with its column", [typed("mail", "address"), plain()], [&[domain], &[]])
            .without_rows(),
        case("declared composite type added with a column", [plain(), typed("both", "pair")], [&[], &[pair]]),
        case("declared sequence added with a default", [plain(), numbered.clone()], [&[], &[sequence]]),
        case("declared sequence removed with its column", [numbered, plain()], [&[sequence], &[]]),
        case(
            "declared sequence changed",
            [plain(), plain()],
            [&[sequence], &["CREATE SEQUENCE numbers START WITH 200 INCREMENT BY 5"]],
        ),
        case(
            "declared function added with a check",
            [plain(), plain().check("people_adult", "is_adult(age)")],
            [&[], &[function]],
        ),
        case(
            "declared function removed with its check",
            [plain().check("people_adult", "is_adult(age)"), plain()],
            [&[function], &[]],
        ),
        case("declared grant added", [plain(), plain()], [&[], &[grant]]),
        case("declared grant changed", [plain(), plain()], [&[grant], &["GRANT SELECT, INSERT ON people TO PUBLIC"]]),
        case("declared grant removed", [plain(), plain()], [&[grant], &[]]),
        case("declared grant of a column", [plain(), plain()], [&[], &["GRANT UPDATE (name) ON people TO PUBLIC"]]),
    ]
}

fn big_null(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.big_integer().null();
    column
}

fn plain() -> EntityTable {
    people([string_len("name", 50), integer("age")])
}

fn named(name: &str, before: EntityTable, after: EntityTable) -> Case {
    Case::new(Box::leak(name.to_owned().into_boxed_str()), [before], [after])
}

fn system(backend: DbBackend) -> (&'static [DbBackend], &'static str) {
    match backend {
        DbBackend::Postgres => (POSTGRES, "PostgreSQL"),
        DbBackend::MySql => (&[MySql], "MySQL"),
        _ => (&[Sqlite], "SQLite"),
    }
}
