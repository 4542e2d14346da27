//! Which conditions find the values that a change of a type would not keep.

use super::mysql::{lost, may_lose};
use super::mysql_type::DefinedType;
use super::postgres::{Casts, PostgresType, TypeChange, guard, is_cast_of};

const CHARSET: &str = "utf8mb4";

fn mysql(old: &str, new: &str) -> String {
    let types = [old, new].map(|text| {
        let mut defined = DefinedType::parse(text, false)?;
        defined.charset.get_or_insert_with(|| CHARSET.to_owned());
        Some(defined)
    });
    let [Some(old), Some(new)] = types else { return "unreadable".to_owned() };
    lost(&old, &new, "`x`", false).unwrap_or_else(|| "kept".to_owned())
}

fn postgres_using(old: &str, new: &str, using: Option<&str>) -> String {
    let casts = Casts { by_assignment: true, back: true };
    let [old, parsed] = [old, new].map(PostgresType::parse);
    let change = TypeChange { old: &old, new: &parsed, written: new, column: "\"x\"", using, casts };
    change.lost().unwrap_or_else(|| "kept".to_owned())
}

fn postgres(old: &str, new: &str) -> String {
    postgres_using(old, new, None)
}

#[test]
fn mysql_scans_no_table_for_a_type_that_holds_every_value() {
    let pairs = [
        ("varchar(100)", "varchar(200)"),
        ("varchar(20)", "text"),
        ("tinytext", "varchar(255)"),
        ("text", "longtext"),
        ("char(5)", "char(10)"),
        ("varchar(20) CHARACTER SET latin1", "varchar(20) CHARACTER SET utf8mb4"),
        ("varbinary(10)", "longblob"),
        ("binary(16)", "varbinary(16)"),
        ("int", "bigint"),
        ("int unsigned", "bigint"),
        ("tinyint(1)", "int"),
        ("int", "varchar(11)"),
        ("bigint", "varchar(20)"),
        ("int", "decimal(12, 2)"),
        ("decimal(10, 2)", "decimal(12, 3)"),
        ("decimal(9, 0)", "int"),
        ("decimal(15, 4)", "double"),
        ("int", "double"),
        ("float", "double"),
        ("smallint", "float"),
        ("date", "datetime"),
        ("datetime", "datetime(6)"),
        ("time(3)", "time(6)"),
        ("enum('a', 'b')", "ENUM('b', 'c', 'a')"),
        ("enum('a', 'bc')", "varchar(2)"),
        ("set('a')", "set('a', 'b')"),
        ("json", "longtext"),
        ("bit(5)", "bit(6)"),
        ("point", "geometry"),
    ];
    for (old, new) in pairs {
        assert_eq!(mysql(old, new), "kept", "{old} {new}");
    }
}

#[test]
fn mysql_finds_values_by_type() {
    let conditions = [
        ("varchar(100)", "varchar(20)"),
        ("longtext", "varchar(255)"),
        ("longtext", "text"),
        ("varchar(20)", "char(20)"),
        ("varchar(20)", "varchar(20) CHARACTER SET latin1"),
        ("longblob", "varbinary(255)"),
        ("varbinary(16)", "binary(16)"),
        ("varbinary(20)", "varchar(20)"),
        ("bigint", "int"),
        ("int", "int unsigned"),
        ("decimal(10, 2)", "decimal(6, 1)"),
        ("double", "decimal(10, 2)"),
        ("double", "int"),
        ("double", "float"),
        ("bigint", "double"),
        ("varchar(20)", "int"),
        ("varchar(20)", "decimal(10, 2)"),
        ("datetime(6)", "datetime"),
        ("datetime", "date"),
        ("datetime", "timestamp"),
        ("timestamp", "datetime"),
        ("datetime", "time"),
        ("varchar(20)", "date"),
        ("varchar(20)", "datetime"),
        ("enum('a', 'b')", "enum('a')"),
        ("varchar(20)", "enum('it''s')"),
        ("set('a', 'b')", "set('a')"),
        ("varchar(20)", "set('a', 'b')"),
        ("int", "year"),
        ("int", "bit(4)"),
    ];
    let shown: Vec<_> = conditions.map(|(old, new)| format!("{old} -> {new}: {}", mysql(old, new))).into();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    varchar(100) -> varchar(20): (CHAR_LENGTH(`x`) > 20)
    longtext -> varchar(255): (CHAR_LENGTH(`x`) > 255)
    longtext -> text: (LENGTH(`x`) > 65535)
    varchar(20) -> char(20): (LENGTH(TRIM(TRAILING ' ' FROM `x`)) <> LENGTH(`x`))
    varchar(20) -> varchar(20) CHARACTER SET latin1: (NOT (CAST(CONVERT(CONVERT(`x` USING latin1) USING utf8mb4) AS BINARY) <=> CAST(`x` AS BINARY)))
    longblob -> varbinary(255): (LENGTH(`x`) > 255)
    varbinary(16) -> binary(16): (LENGTH(`x`) <> 16)
    varbinary(20) -> varchar(20): (NOT (CAST(CONVERT(`x` USING utf8mb4) AS BINARY) <=> `x`))
    bigint -> int: (NOT (`x` >= -2147483648 AND `x` < 2147483648))
    int -> int unsigned: (NOT (`x` >= 0 AND `x` < 4294967296))
    decimal(10, 2) -> decimal(6, 1): (CAST(`x` AS DECIMAL(6, 1)) <> `x`)
    double -> decimal(10, 2): (CAST(`x` AS DECIMAL(10, 2)) <> `x`)
    double -> int: (NOT (`x` >= -2147483648 AND `x` < 2147483648)) OR (`x` <> ROUND(`x`))
    double -> float: (CAST(`x` AS FLOAT) <> `x`)
    bigint -> double: (CAST(`x` + 0E0 AS DECIMAL(20, 0)) <> `x`)
    varchar(20) -> int: (`x` IS NOT NULL AND NOT COALESCE(CAST(CONVERT(CAST(`x` AS DECIMAL(65, 0)) USING utf8mb4) AS BINARY) <=> CAST(CONVERT(`x` USING utf8mb4) AS BINARY) AND CAST(`x` AS DECIMAL(65, 0)) BETWEEN -2147483648 AND 2147483647, FALSE))
    varchar(20) -> decimal(10, 2): (`x` IS NOT NULL AND NOT COALESCE(CONVERT(`x` USING utf8mb4) REGEXP '^-?(0|[1-9][0-9]*)([.][0-9]+)?$' AND CONVERT(`x` USING utf8mb4) NOT REGEXP '[^-0-9.: ]' AND CAST(`x` AS DECIMAL(65, 30)) = CAST(`x` AS DECIMAL(10, 2)), FALSE))
    datetime(6) -> datetime: (CAST(`x` AS DATETIME(0)) <> `x`)
    datetime -> date: (CAST(`x` AS DATE) <> `x`)
    datetime -> timestamp: (`x` IS NOT NULL AND NOT COALESCE(UNIX_TIMESTAMP(CAST(`x` AS DATETIME(6))) > 0 AND UNIX_TIMESTAMP(CAST(`x` AS DATETIME(6))) < 2147483647 + 1 AND FROM_UNIXTIME(UNIX_TIMESTAMP(CAST(`x` AS DATETIME(6)))) = CAST(`x` AS DATETIME(6)), FALSE))
    timestamp -> datetime: (UNIX_TIMESTAMP(CAST(`x` AS DATETIME(6))) <> UNIX_TIMESTAMP(`x`))
    datetime -> time: (`x` IS NOT NULL)
    varchar(20) -> date: (`x` IS NOT NULL AND NOT COALESCE(CAST(CONVERT(CAST(`x` AS DATE) USING utf8mb4) AS BINARY) <=> CAST(CONVERT(`x` USING utf8mb4) AS BINARY), FALSE))
    varchar(20) -> datetime: (`x` IS NOT NULL AND NOT COALESCE(CONVERT(`x` USING utf8mb4) REGEXP '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$' AND CONVERT(`x` USING utf8mb4) NOT REGEXP '[^-0-9.: ]' AND CAST(`x` AS DATETIME(6)) = CAST(`x` AS DATETIME(0)), FALSE))
    enum('a', 'b') -> enum('a'): (CAST(CONVERT(`x` USING utf8mb4) AS BINARY) NOT IN (CAST(CONVERT('a' USING utf8mb4) AS BINARY)))
    varchar(20) -> enum('it''s'): (CAST(CONVERT(`x` USING utf8mb4) AS BINARY) NOT IN (CAST(CONVERT('it\'s' USING utf8mb4) AS BINARY)))
    set('a', 'b') -> set('a'): (FIND_IN_SET('b', `x`) > 0)
    varchar(20) -> set('a', 'b'): (`x` <> '' AND REPLACE(REPLACE(CONCAT(',', CONVERT(`x` USING utf8mb4), ','), ',a,', ','), ',b,', ',') <> ',')
    int -> year: (NOT (`x` = 0 OR `x` BETWEEN 1901 AND 2155 AND `x` = ROUND(`x`)))
    int -> bit(4): (NOT (`x` + 0 >= 0 AND `x` + 0 < 16))
    "#);
}

#[test]
fn postgresql_scans_no_table_for_a_type_that_holds_every_value() {
    let pairs = [
        ("character varying(100)", "varchar(200)"),
        ("character varying(100)", "text"),
        ("character(3)", "varchar(3)"),
        ("integer", "bigint"),
        ("integer", "varchar(11)"),
        ("integer", "decimal(12, 2)"),
        ("integer", "double precision"),
        ("numeric(10,2)", "numeric(12, 3)"),
        ("numeric(9,0)", "integer"),
        ("numeric(15,4)", "double precision"),
        ("numeric(10,2)", "decimal"),
        ("real", "double precision"),
        ("date", "timestamp with time zone"),
        ("timestamp(0) without time zone", "timestamp"),
        ("time without time zone", "interval"),
        ("boolean", "varchar(5)"),
        ("json", "jsonb"),
        ("uuid", "text"),
        // `ALTER TABLE` refuses these without an expression.
        ("text", "integer"),
        ("boolean", "integer"),
    ];
    for (old, new) in pairs {
        assert!(postgres(old, new) == "kept" || (old, new) == ("boolean", "integer"), "{old} {new}");
    }
}

#[test]
fn postgresql_finds_values_by_a_cast_there_and_back() {
    let pairs = [
        ("character varying(100)", "varchar(20)"),
        ("text", "varchar(20)"),
        ("text", "char(20)"),
        ("bigint", "varchar(5)"),
        ("bigint", "integer"),
        ("double precision", "integer"),
        ("numeric(10,2)", "numeric(6, 1)"),
        ("double precision", "decimal(10, 2)"),
        ("double precision", "real"),
        ("bigint", "double precision"),
        ("numeric", "double precision"),
        ("timestamp without time zone", "date"),
        ("timestamp with time zone", "date"),
        ("timestamp without time zone", "timestamp(0)"),
        ("timestamp without time zone", "timestamp with time zone"),
        ("timestamp without time zone", "time"),
        ("time with time zone", "time"),
        ("inet", "cidr"),
        ("character varying(20)[]", "varchar(5)[]"),
        ("\"App\".\"Range\"", "\"App\".\"Other\""),
    ];
    let shown: Vec<_> = pairs.map(|(old, new)| format!("{old} -> {new}: {}", postgres(old, new))).into();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    character varying(100) -> varchar(20): (("x")::varchar(20))::text IS DISTINCT FROM "x"::text
    text -> varchar(20): (("x")::varchar(20))::text IS DISTINCT FROM "x"::text
    text -> char(20): (("x")::char(20))::text IS DISTINCT FROM "x"::text
    bigint -> varchar(5): (("x")::varchar(5))::text IS DISTINCT FROM "x"::text
    bigint -> integer: CASE WHEN NOT ("x" >= -2147483648 AND "x" < 2147483648) THEN true ELSE (("x")::integer)::bigint <> "x" END
    double precision -> integer: CASE WHEN NOT ("x" >= -2147483648 AND "x" < 2147483648) THEN true ELSE (("x")::integer)::double precision <> "x" END
    numeric(10,2) -> numeric(6, 1): CASE WHEN abs(round("x"::numeric, 1)) >= 1e5 AND "x" <> 'NaN' THEN true ELSE (("x")::numeric(6, 1))::numeric <> "x" END
    double precision -> decimal(10, 2): CASE WHEN abs(round("x"::numeric, 2)) >= 1e8 AND "x" <> 'NaN' THEN true ELSE (("x")::decimal(10, 2))::double precision <> "x" END
    double precision -> real: (("x")::real)::double precision <> "x"
    bigint -> double precision: (("x")::double precision)::numeric <> "x"::numeric AND (("x")::double precision)::text::numeric <> "x"::numeric
    numeric -> double precision: (("x")::double precision)::numeric <> "x"::numeric AND (("x")::double precision)::text::numeric <> "x"::numeric
    timestamp without time zone -> date: (("x")::date)::timestamp <> "x"
    timestamp with time zone -> date: (("x")::date)::timestamp with time zone <> "x"
    timestamp without time zone -> timestamp(0): (("x")::timestamp(0))::timestamp <> "x"
    timestamp without time zone -> timestamp with time zone: (("x")::timestamp with time zone)::timestamp <> "x"
    timestamp without time zone -> time: "x" IS NOT NULL
    time with time zone -> time: (("x")::time)::time with time zone <> "x"
    inet -> cidr: ((("x")::cidr)::inet)::text IS DISTINCT FROM "x"::text
    character varying(20)[] -> varchar(5)[]: ((("x")::varchar(5)[])::character varying(20)[])::text IS DISTINCT FROM "x"::text
    "App"."Range" -> "App"."Other": ((("x")::"App"."Other")::"App"."Range")::text IS DISTINCT FROM "x"::text
    "#);
}

#[test]
fn an_expression_that_only_casts_the_column_is_counted() {
    assert!(is_cast_of("\"x\"::integer", "\"x\""));
    assert!(is_cast_of("x::text::numeric(10, 2)", "\"x\""));
    assert!(!is_cast_of("\"x\" <> 0", "\"x\""));
    assert!(!is_cast_of("\"xy\"::integer", "\"x\""));
    assert!(!is_cast_of("\"x\"::integer + 1", "\"x\""));
    insta::assert_snapshot!(postgres_using("text", "integer", Some("\"x\"::integer")), @r#"CASE WHEN "x"::text !~ '^-?(0|[1-9][0-9]*)$' THEN true ELSE (("x"::integer)::integer)::numeric <> "x"::text::numeric END"#);
    insta::assert_snapshot!(postgres_using("text", "numeric(10, 2)", Some("\"x\"::numeric(10, 2)")), @r#"CASE WHEN "x"::text !~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?$' THEN true ELSE (("x"::numeric(10, 2))::numeric(10, 2))::numeric <> "x"::text::numeric END"#);
    assert_eq!(postgres_using("text", "uuid", Some("\"x\"::uuid")), "kept");
}

#[test]
fn a_script_stops_or_has_a_remark() {
    let guarded = |new: &str| guard(&PostgresType::parse(new), new, "\"t\"", "\"x\"", "'reason'");
    insta::assert_snapshot!(guarded("varchar(20)").unwrap_or_default(), @r#"DO $seachange$ BEGIN IF EXISTS (SELECT 1 FROM "t" WHERE ("x"::varchar(20))::text IS DISTINCT FROM "x"::text) THEN RAISE EXCEPTION USING MESSAGE = 'reason'; END IF; END $seachange$"#);
    assert_eq!(guarded("text"), None);
    assert_eq!(guarded("jsonb"), None);
    let may = |new: &str| DefinedType::parse(new, false).is_some_and(|new| may_lose(&new.value));
    assert!(may("varchar(20)") && may("int") && may("text"));
    assert!(!may("longtext") && !may("longblob") && !may("json") && !may("point"));
}
