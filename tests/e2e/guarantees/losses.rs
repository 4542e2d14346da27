//! Values that a change of a column's type would not keep are counted, named, and kept, unless the revision or the run
//! allows the loss.

use std::error::Error;

use sea_orm::sea_query::{ColumnDef, ColumnType};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::SchemaManager;
use seachange::alter::{AlterError, alter};
use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, OnError, TestDatabase, block_on, client, named};
use serde_json::{Value, json};

use super::like_mysql;
use super::script::{Ending, Outcome, Script, check_says};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    let everywhere = named![refused_with_keys, allowed_by_the_revision, not_counted_by_the_run, kept_values_pass];
    for (name, test) in everywhere {
        cases.extend(each_backend(&format!("guarantees::losses_{name}"), test));
    }
    for (name, test) in named![
        lax_server_cuts_nothing,
        resumed_revision_is_not_counted_again,
        uncounted_revision_is_resumed,
        script_has_a_remark
    ] {
        cases.extend(like_mysql(&format!("guarantees::losses_{name}"), test));
    }
    cases.extend(like_mysql("guarantees::losses_are_what_does_not_come_back", |database| {
        there_and_back(database, MYSQL)
    }));
    let on_postgres = named![script_stops, partitions_are_counted, expressions_convert, rows_are_locked];
    for (name, test) in on_postgres {
        cases.push(Case::on(Backend::Postgres, &format!("guarantees::losses_{name}"), test));
    }
    cases.push(Case::on(Backend::Postgres, "guarantees::losses_are_what_does_not_come_back", |database| {
        there_and_back(database, POSTGRES)
    }));
    cases
}

const TABLE: [&str; 3] = [
    "CREATE TABLE posts (id integer NOT NULL, part integer NOT NULL, v varchar(40), PRIMARY KEY (id, part))",
    "INSERT INTO posts VALUES (1, 1, 'short'), (2, 1, 'a title of some length'), (3, 7, NULL)",
    "INSERT INTO posts VALUES (4, 2, 'another title of some length')",
];

/// SQLite does not limit the length of a text. There a text becomes an integer.
fn narrow(backend: Backend) -> &'static str {
    if backend == Backend::Sqlite { "integer" } else { "varchar(9)" }
}

fn change(database: &TestDatabase) -> Value {
    json!({"alter": {"table": "posts", "changes": [{"modify_column": ["v", narrow(database.backend())]}]}})
}

fn values(database: &TestDatabase) -> Result<Vec<Option<String>>, DbErr> {
    database.values("SELECT v FROM posts ORDER BY id")
}

fn refused_with_keys(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLE)).up("l2", json!([change(database)]));
    let output = script.run("up")?;
    assert_eq!(output.code, Some(5), "{output}");
    match database.backend() {
        Backend::Sqlite => check_says(&output, &["in 3 rows SQLite", "(`id`, `part`: (1, 1), (2, 1), (4, 2))"])?,
        backend => {
            let system = [("postgres", "PostgreSQL"), ("mysql", "MySQL"), ("mariadb", "MariaDB")];
            let system = system.into_iter().find(|(name, _)| *name == backend.name()).map_or("", |(_, system)| system);
            check_says(
                &output,
                &[
                    "column `v` of table `posts` cannot change from",
                    "to `varchar(9)`",
                    &format!("in 2 rows {system}"),
                    "(`id`, `part`: (2, 1), (4, 2))",
                    "allow_loss()",
                ],
            )?;
        }
    }
    assert!(!script.is_applied("l2")?, "{output}");
    assert_eq!(values(database)?[1].as_deref(), Some("a title of some length"));
    // The revision left nothing, so that it can run again.
    database.execute("DELETE FROM posts")?;
    script.succeed("up")?;
    Ok(())
}

/// On a strict server only the server itself refuses a text that is too long.
fn is_refused_by_server(backend: Backend) -> bool {
    backend != Backend::Sqlite
}

fn allowed_by_the_revision(database: &TestDatabase) -> TestResult {
    let number = if database.backend() == Backend::Sqlite { "varchar(9)" } else { "numeric(10, 4)" };
    let to = if database.backend() == Backend::Sqlite { "integer" } else { "numeric(6, 1)" };
    let table =
        json!([format!("CREATE TABLE n (id integer PRIMARY KEY, v {number})"), "INSERT INTO n VALUES (1, '007.25')"]);
    let modify = json!({"modify_column": ["v", to]});
    let strict = json!([{"alter": {"table": "n", "changes": [modify]}}]);
    let lossy = json!([{"alter": {"table": "n", "changes": [modify, "allow_loss"]}}]);
    let script = Script::new(database).up("l1", table);
    let output = script.clone().up("l2", strict).run("up")?;
    check_says(&output, &["cannot change", "in 1 row ", "(`id`: 1)"])?;
    script.up("l2", lossy).succeed("up")?;
    let left: String = match database.backend() {
        Backend::Sqlite => database.value("SELECT typeof(v) FROM n")?,
        Backend::Postgres => database.value("SELECT v::text FROM n")?,
        _ => database.value("SELECT CAST(v AS CHAR) FROM n")?,
    };
    assert!(["real", "7.3"].contains(&left.as_str()), "{left}");
    Ok(())
}

fn not_counted_by_the_run(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLE)).up("l2", json!([change(database)]));
    let output = script.run("up --no-count-losses")?;
    if is_refused_by_server(database.backend()) {
        assert_eq!(output.code, Some(5), "{output}");
        assert!(!output.stderr.contains("allow_loss"), "{output}");
    } else {
        assert!(output.success(), "{output}");
    }
    Ok(())
}

fn kept_values_pass(database: &TestDatabase) -> TestResult {
    let rows = json!([
        "CREATE TABLE posts (id integer PRIMARY KEY, v varchar(40))",
        "INSERT INTO posts VALUES (1, '12'), (2, NULL)"
    ]);
    let script = Script::new(database).up("l1", rows).up("l2", json!([change(database)]));
    script.succeed("up")?;
    // A column that is renamed or added by the same change is followed.
    let to = if database.backend() == Backend::Sqlite { "text" } else { "varchar(8)" };
    let changes = json!([
        {"rename_column": ["v", "w"]}, {"add_column": ["v", "varchar(30)"]}, {"modify_column": ["w", to]},
        {"modify_column": ["v", to]}
    ]);
    script.up("l3", json!([{"alter": {"table": "posts", "changes": changes}}])).succeed("up")?;
    Ok(())
}

fn lax_server_cuts_nothing(database: &TestDatabase) -> TestResult {
    let lax = "SET SESSION sql_mode = ''";
    let script = Script::new(database).up("l1", json!(TABLE)).up("l2", json!([lax, change(database)]));
    let output = script.run("up")?;
    check_says(&output, &["in 2 rows", "(2, 1), (4, 2)"])?;
    assert_eq!(values(database)?[1].as_deref(), Some("a title of some length"));
    // A missing value would become an empty text.
    let required = json!({"alter": {"table": "posts", "changes": [{"modify_column": ["v", "varchar(40) NOT NULL"]}]}});
    let output = Script::new(database).up("l2", json!([lax, required])).run("up")?;
    check_says(&output, &["to `varchar(40) NOT NULL`", "in 1 row ", "(`id`, `part`: (3, 7))"])?;
    let other = TestDatabase::at(database.backend(), database.address().cloned())?;
    let script = Script::new(&other).up("l1", json!(TABLE)).up("l2", json!([lax, change(&other)]));
    script.succeed("up --no-count-losses")?;
    assert_eq!(values(&other)?[1].as_deref(), Some("a title o"));
    Ok(())
}

/// A change that is made already is not counted again: later statements may have written values that fit nothing before.
fn resumed_revision_is_not_counted_again(database: &TestDatabase) -> TestResult {
    let modify = |to: &str| json!({"alter": {"table": "a", "changes": [{"modify_column": ["v", to]}]}});
    let table = json!(["CREATE TABLE a (id int primary key, v varchar(40))", "INSERT INTO a VALUES (1, 'short')"]);
    let changes = json!([
        modify("varchar(9)"),
        modify("varchar(60)"),
        "UPDATE a SET v = 'a title of some length'",
        {"kill_once": "killed"},
        "UPDATE a SET id = 2"
    ]);
    let script = Script::new(database).up("l1", table).outside("l2", changes);
    script.killed()?;
    assert!(matches!(script.go_on()?, Ending::Applied));
    assert_eq!(database.values::<String>("SELECT v FROM a WHERE id = 2")?, ["a title of some length"]);
    Ok(())
}

/// The journal says nothing of the count: a run that did not count can be resumed by one that does.
fn uncounted_revision_is_resumed(database: &TestDatabase) -> TestResult {
    let modify = |to: &str| json!({"alter": {"table": "a", "changes": [{"modify_column": ["v", to]}]}});
    let table = json!(["CREATE TABLE a (id int primary key, v varchar(40))", "INSERT INTO a VALUES (1, 'short')"]);
    let changes = json!([modify("varchar(30)"), {"kill_once": "killed"}, modify("varchar(20)")]);
    let script = Script::new(database).up("l1", table).outside("l2", changes);
    let output = script.run("up --no-count-losses")?;
    assert!(output.code.is_none(), "it was not killed: {output}");
    assert!(matches!(script.go_on()?, Ending::Applied));
    Ok(())
}

fn script_has_a_remark(database: &TestDatabase) -> TestResult {
    let script = Script::new(database).up("l1", json!(TABLE)).up("l2", json!([change(database)]));
    let written = script.succeed("up --sql")?.stdout;
    // Before the first statement of the change, which looks for a check in the definition of the column.
    let remark = "-- this script does not count the values of v that do not fit varchar(9)\nSET @seachange_check_1 = ";
    assert!(
        written.contains(remark) && written.contains("'ALTER TABLE `posts` MODIFY COLUMN `v` varchar(9)'"),
        "{written}"
    );
    assert!(!script.succeed("up --sql --no-count-losses")?.stdout.contains("does not count"));
    let output = client(database, &written, OnError::Stops).run()?;
    check_says(&output, &["ERROR 1265"])?;
    Ok(())
}

fn script_stops(database: &TestDatabase) -> TestResult {
    let table = json!(["CREATE TABLE n (id integer PRIMARY KEY, v numeric)", "INSERT INTO n VALUES (1, 1.25)"]);
    let modify = json!([{"alter": {"table": "n", "changes": [{"modify_column": ["v", "numeric(6, 1)"]}]}}]);
    let script = Script::new(database).up("l1", table).up("l2", modify);
    let written = script.succeed("up --sql")?.stdout;
    let output = client(database, &written, OnError::Stops).run()?;
    check_says(&output, &["values of column v of table n do not all fit numeric(6, 1)"])?;
    assert_eq!(database.values::<String>("SELECT v::text FROM n")?, ["1.25"]);
    let written = script.succeed("up --sql --no-count-losses l1:l2")?.stdout;
    client(database, &written, OnError::Stops).run()?.succeeded()?;
    assert_eq!(database.values::<String>("SELECT v::text FROM n")?, ["1.3"]);
    Ok(())
}

fn partitions_are_counted(database: &TestDatabase) -> TestResult {
    let table = json!([
        "CREATE SCHEMA app",
        "CREATE DOMAIN app.title AS varchar(40)",
        "CREATE TABLE app.\"a \"\"b\" (id int, v app.title) PARTITION BY RANGE (id)",
        "CREATE TABLE app.low PARTITION OF app.\"a \"\"b\" FOR VALUES FROM (0) TO (10)",
        "INSERT INTO app.\"a \"\"b\" VALUES (1, 'a title of some length'), (2, 'short')"
    ]);
    Script::new(database).up("l1", table).succeed("up")?;
    let refused = block_on(async {
        let connection = database.connect().await?;
        let column = ColumnDef::new_with_type("v", ColumnType::custom("varchar(9)"));
        let table = sea_orm::sea_query::IntoTableRef::into_table_ref(("app", "a \"b"));
        Ok::<_, DbErr>(alter(&SchemaManager::new(&connection), table).modify_column(column).apply().await)
    })?;
    let Err(AlterError::ValuesNotKept(lost)) = refused else { return Err(format!("{refused:?}").into()) };
    // Without a primary key, the values stand for the rows.
    assert_eq!(
        (lost.rows, lost.key, lost.keys),
        (1, vec!["v".to_owned()], vec!["'a title of some length'".to_owned()])
    );
    Ok(())
}

fn expressions_convert(database: &TestDatabase) -> TestResult {
    let table = json!(["CREATE TABLE n (id integer PRIMARY KEY, v text)", "INSERT INTO n VALUES (1, '007')"]);
    let using = |expression: &str| json!([{"alter": {"table": "n", "changes": [{"modify_column_using": ["v", "integer", expression]}]}}]);
    let script = Script::new(database).up("l1", table);
    let output = script.clone().up("l2", using("\"v\"::integer")).run("up")?;
    check_says(&output, &["from `text` to `integer`", "in 1 row PostgreSQL", "(`id`: 1)"])?;
    script.up("l2", using("trim(leading '0' from v)::integer")).succeed("up")?;
    assert_eq!(database.values::<i32>("SELECT v FROM n")?, [7]);
    Ok(())
}

/// Between the count and the change no other session can add a row.
fn rows_are_locked(database: &TestDatabase) -> TestResult {
    let locks =
        "SELECT count(*) AS locks FROM pg_locks WHERE relation = 'posts'::regclass AND mode = 'AccessExclusiveLock'";
    let refused = json!([{"swallow": [change(database)]}, {"query": {"sql": locks, "print": true}}]);
    let script = Script::new(database).up("l1", json!(TABLE)).up("l2", refused);
    script.run("up")?;
    assert!(script.printed().contains(&"locks=1".to_owned()), "{:?}", script.printed());
    Ok(())
}

// What the condition of each pair of types finds, against what the server does.

/// An old type, a new type, and values as SQL.
type Conversion = (&'static str, &'static str, &'static [&'static str]);

const MYSQL: &[Conversion] = &[
    ("varchar(40)", "varchar(3)", &["'abc'", "'abcd'", "'abc '", "NULL", "'äöü'", "'äöüß'"]),
    ("varchar(40)", "char(5)", &["'abc'", "'abc '", "'abcdef'", "''"]),
    ("char(5)", "varchar(3)", &["'abc'", "'abcd'"]),
    ("longtext", "varchar(255)", &["REPEAT('a', 255)", "REPEAT('a', 300)"]),
    ("longtext", "tinytext", &["REPEAT('a', 255)", "REPEAT('ä', 128)", "REPEAT('ä', 127)"]),
    ("longblob", "varbinary(255)", &["REPEAT('a', 255)", "REPEAT('a', 300)"]),
    ("varbinary(8)", "binary(4)", &["x'01020304'", "x'010203'", "x'0102030405'"]),
    ("varchar(40) CHARACTER SET utf8mb4", "varchar(40) CHARACTER SET latin1", &["'äöü'", "'日本'", "'a'", "'€'"]),
    ("varchar(40) CHARACTER SET utf8mb4", "varchar(40) CHARACTER SET ascii", &["'ä'", "'a'"]),
    ("varbinary(40)", "varchar(40) CHARACTER SET utf8mb4", &["'abc'", "x'c3a4'", "x'ff41'"]),
    ("bigint", "int", &["0", "2147483647", "2147483648", "-2147483648", "-2147483649"]),
    ("int", "int unsigned", &["0", "7", "-1"]),
    ("bigint unsigned", "bigint", &["9223372036854775807", "9223372036854775808", "18446744073709551615"]),
    ("int", "bool", &["1", "127", "128", "-129"]),
    ("decimal(10,4)", "decimal(6,1)", &["1.5", "1.25", "99999.9", "99999.96", "123456", "-0.05"]),
    ("decimal(10,2)", "int", &["5.00", "5.50", "-7.01"]),
    ("decimal(30,0)", "double", &["12345", "123456789012345678901", "9007199254740993"]),
    ("bigint", "double", &["9007199254740992", "9007199254740993", "-5"]),
    ("int", "float", &["16777216", "16777217", "7"]),
    ("double", "float", &["0.5", "0.1", "16777217", "1e30"]),
    ("double", "decimal(10,2)", &["0.25", "0.255", "12345678.5", "123456789.5", "0.1"]),
    ("double", "int", &["7", "7.5", "3e9", "-2147483648"]),
    ("double", "bigint", &["9.3e18", "-9.2e18", "0.25"]),
    ("float", "decimal(10,2)", &["0.1", "0.125", "1.05", "3.33"]),
    ("varchar(40)", "int", &["'7'", "'-7'", "'007'", "' 7'", "'7a'", "''", "'7.5'", "'2147483648'", "'+7'"]),
    ("varchar(40)", "int unsigned", &["'7'", "'-7'", "'4294967295'", "'4294967296'"]),
    ("varchar(40)", "decimal(10,2)", &["'7.25'", "'007'", "'7.255'", "'x'", "'123456789'"]),
    ("varchar(40)", "double", &["'7.25'", "'007'", "'1e3'", "'0.1'", "'9007199254740993'"]),
    ("int", "varchar(3)", &["999", "1000", "-99", "-999"]),
    ("decimal(10,2)", "varchar(4)", &["1.25", "12.25", "-1.25"]),
    ("datetime(6)", "datetime", &["'2024-01-02 03:04:05'", "'2024-01-02 03:04:05.6'", "'2024-01-02 03:04:05.000001'"]),
    ("datetime", "date", &["'2024-01-02 00:00:00'", "'2024-01-02 03:04:05'"]),
    ("datetime(3)", "timestamp(3)", &["'2024-01-02 03:04:05.6'", "'1960-01-02 03:04:05'", "'2300-01-02 03:04:05'"]),
    ("timestamp(6) NULL", "datetime(3)", &["'2024-01-02 03:04:05.6'", "'2024-01-02 03:04:05.0001'"]),
    ("timestamp NULL", "date", &["'2024-01-02 00:00:00'", "'2024-01-02 03:04:05'"]),
    ("time(6)", "time", &["'10:00:00'", "'10:00:00.5'"]),
    ("varchar(40)", "date", &["'2024-01-02'", "'2024-1-2'", "'2024-02-30'", "'x'", "'2024-01-02 03:04:05'"]),
    ("varchar(40)", "datetime", &["'2024-01-02 03:04:05'", "'2024-01-02'", "'2024-01-02 03:04:05.5'", "'x'"]),
    ("enum('a','b','c')", "enum('c','a')", &["'a'", "'b'", "'c'", "NULL"]),
    ("varchar(40)", "enum('a','it''s')", &["'a'", "'A'", "'it''s'", "'b'"]),
    ("enum('a','bcd')", "varchar(2)", &["'a'", "'bcd'"]),
    ("set('a','b','c')", "set('c','a')", &["'a'", "'a,c'", "'a,b'", "''"]),
    ("varchar(40)", "set('a','b')", &["'a'", "'a,b'", "'c'", "'a,c'", "''", "'ab'"]),
    ("int", "year", &["2024", "0", "1800", "2155", "2156"]),
    ("smallint", "bit(4)", &["15", "16", "0"]),
];

const POSTGRES: &[Conversion] = &[
    ("varchar(40)", "varchar(3)", &["'abc'", "'abcd'", "'abc  '", "NULL", "'äöü'"]),
    ("text", "char(5)", &["'abc'", "'abc '", "'abcdef'", "''"]),
    ("bigint", "integer", &["2147483647", "2147483648", "-2147483648", "-2147483649"]),
    ("integer", "smallint", &["32767", "32768"]),
    ("bigint", "varchar(3)", &["999", "1000"]),
    ("numeric(10,4)", "numeric(6,1)", &["1.5", "1.25", "99999.9", "99999.96", "-0.05", "'NaN'"]),
    ("numeric", "integer", &["5", "5.50", "3000000000"]),
    ("numeric", "double precision", &["0.1", "123456789012345678901", "9007199254740993", "1.25"]),
    ("numeric", "real", &["0.1", "1.25", "16777217"]),
    ("bigint", "double precision", &["9007199254740992", "9007199254740993", "9223372036854775807"]),
    ("integer", "real", &["16777216", "16777217", "7"]),
    ("double precision", "real", &["0.5", "0.1", "1e30", "'NaN'"]),
    ("double precision", "numeric(10,2)", &["0.25", "0.255", "12345678.5", "123456789.5", "0.1"]),
    ("double precision", "bigint", &["9.3e18", "-9.2e18", "0.25", "9223372036854775807"]),
    ("double precision", "numeric", &["0.1", "1.2345678901234567"]),
    ("timestamp", "date", &["'2024-01-02 00:00:00'", "'2024-01-02 03:04:05'", "'infinity'"]),
    ("timestamptz", "date", &["'2024-01-02 00:00:00+00'", "'2024-01-02 03:04:05+00'"]),
    ("timestamp", "timestamp(0)", &["'2024-01-02 03:04:05'", "'2024-01-02 03:04:05.6'"]),
    ("timestamp", "time", &["'2024-01-02 03:04:05'"]),
    ("time", "time(0)", &["'10:00:00'", "'10:00:00.5'"]),
    ("timetz", "time", &["'10:00:00+00'", "'10:00:00+02'"]),
    ("interval", "interval(0)", &["'1 day'", "'1.5 seconds'"]),
    ("inet", "cidr", &["'10.0.0.0/8'", "'10.0.0.1/8'"]),
    ("varchar(20)[]", "varchar(2)[]", &["'{ab,c}'", "'{abc}'", "NULL"]),
    ("bigint[]", "integer[]", &["'{1,2}'"]),
    ("varbit", "varbit(3)", &["'101'", "'1011'"]),
    ("json", "jsonb", &["'{\"a\": 1}'"]),
    ("money", "numeric", &["'1.25'"]),
];

/// Each value is counted if and only if it does not come back from the new type to the old one.
fn there_and_back(database: &TestDatabase, conversions: &[Conversion]) -> TestResult {
    let mut wrong = Vec::new();
    block_on(async {
        let connection = database.connect().await?;
        if database.backend() != Backend::Postgres {
            connection.execute_unprepared("SET SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION'").await?;
        }
        for (old, new, values) in conversions {
            for value in *values {
                let judged = judge(&connection, database.backend(), old, new, value).await;
                let (is_counted, after) = judged.map_err(|error| format!("{old} -> {new}: {value}: {error}"))?;
                let comes_back = after.as_ref().is_ok_and(|(before, after)| before == after);
                if is_counted == comes_back {
                    wrong.push(format!("{old} -> {new}: {value}: counted: {is_counted}, {after:?}"));
                }
            }
        }
        Ok::<(), Box<dyn Error>>(())
    })
    .map_err(|error| error.to_string())?;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The value before the change, and after it came back.
type Passage = Result<(Option<String>, Option<String>), String>;

async fn judge(
    connection: &DatabaseConnection,
    backend: Backend,
    old: &str,
    new: &str,
    value: &str,
) -> Outcome<(bool, Passage)> {
    connection.execute_unprepared("DROP TABLE IF EXISTS c").await?;
    connection.execute_unprepared(&format!("CREATE TABLE c (id int PRIMARY KEY, v {old})")).await?;
    connection.execute_unprepared(&format!("INSERT INTO c VALUES (1, {value})")).await?;
    let before = shown(connection, backend).await?;
    let manager = SchemaManager::new(connection);
    let column = || ColumnDef::new_with_type("v", ColumnType::custom(new.to_owned()));
    let is_counted = match alter(&manager, "c").modify_column(column()).apply().await {
        Ok(()) => false,
        Err(AlterError::ValuesNotKept(lost)) if (lost.rows, lost.keys == ["1"]) == (1, true) => true,
        Err(error) => return Err(error.to_string().into()),
    };
    if is_counted {
        if shown(connection, backend).await? != before {
            return Err("the value was changed".into());
        }
        if let Err(error) = alter(&manager, "c").modify_column(column()).allow_loss().apply().await {
            return Ok((true, Err(error.to_string())));
        }
    }
    let back = match backend {
        Backend::Postgres => format!("ALTER TABLE c ALTER v TYPE {old} USING v::{old}"),
        _ => format!("ALTER TABLE c MODIFY v {old}"),
    };
    match connection.execute_unprepared(&back).await {
        Ok(_) => Ok((is_counted, Ok((before, shown(connection, backend).await?)))),
        Err(error) => Ok((is_counted, Err(error.to_string()))),
    }
}

async fn shown(connection: &DatabaseConnection, backend: Backend) -> Result<Option<String>, DbErr> {
    let sql = match backend {
        Backend::Postgres => "SELECT v::text FROM c",
        _ => "SELECT HEX(CONCAT(v)) FROM c",
    };
    let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    row.map_or(Ok(None), |row| row.try_get_by_index(0))
}
