#![cfg(all(feature = "sqlite", feature = "postgres", feature = "mysql"))]

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{Statement, Value};

use super::render;
use crate::backend::dialect::{Dialect, of};
use crate::settings::Driver;

const ALL: [Driver; 3] = [Driver::Sqlite, Driver::Postgres, Driver::MySql];

#[expect(clippy::unwrap_used, reason = "every driver is built")]
fn dialect(driver: Driver) -> &'static dyn Dialect {
    of(driver).unwrap()
}

fn rendered(driver: Driver, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<String, &'static str> {
    let dialect = dialect(driver);
    render(dialect, &Statement::from_sql_and_values(dialect.backend(), sql, values))
}

/// Checks the rendering of a value in SQLite, PostgreSQL and MySQL.
fn check(value: impl Into<Value>, expected: [&str; 3]) {
    let value = value.into();
    for (driver, expected) in ALL.into_iter().zip(expected) {
        let sql = if driver == Driver::Postgres { "$1" } else { "?" };
        assert_eq!(rendered(driver, sql, [value.clone()]).as_deref(), Ok(format!("{expected};").as_str()), "{driver}");
    }
}

#[track_caller]
fn check_text(driver: Driver, sql: &str, expected: &str) {
    let dialect = dialect(driver);
    let text = render(dialect, &Statement::from_string(dialect.backend(), sql));
    assert_eq!(text.as_deref(), Ok(expected));
}

#[test]
fn values_are_written_as_the_drivers_bind_them() {
    check("it's", ["'it''s'", r"E'it\'s'", r"'it\'s'"]);
    check(r"a\b", [r"'a\b'", r"E'a\\b'", r"'a\\b'"]);
    check("a ? $1 ;", ["'a ? $1 ;'"; 3]);
    check('→', ["'→'"; 3]);
    check(vec![0_u8, 0xff], ["x'00FF'", r"'\x00FF'", "x'00FF'"]);
    check(1.0_f64, ["1.0"; 3]);
    check(0.1_f32, ["0.10000000149011612"; 3]);
    check(-7_i64, ["-7"; 3]);
    check(true, ["TRUE"; 3]);
    check(Value::String(None), ["NULL"; 3]);
    check(serde_json::json!({"a": "it's"}), [r#"'{"a":"it''s"}'"#, r#"E'{"a":"it\'s"}'"#, r#"'{\"a\":\"it\'s\"}'"#]);
}

#[test]
fn moments_are_written_as_the_drivers_bind_them() {
    let moment = DateTime::<Utc>::UNIX_EPOCH;
    let postgres = "'1970-01-01 00:00:00.000000 +00:00'";
    check(moment, ["'1970-01-01T00:00:00+00:00'", postgres, "'1970-01-01 00:00:00.000000'"]);
    check(
        moment.naive_utc(),
        ["'1970-01-01 00:00:00'", "'1970-01-01 00:00:00.000000'", "'1970-01-01 00:00:00.000000'"],
    );
    check(NaiveDate::default(), ["'1970-01-01'"; 3]);
}

#[test]
fn placeholders_are_found_where_they_are() {
    let two = || [Value::from(1), Value::from("x?")];
    let text = rendered(Driver::Sqlite, "a = ? AND b = '?' AND c = ? -- ?", two());
    assert_eq!(text.as_deref(), Ok("a = 1 AND b = '?' AND c = 'x?'; -- ?"));
    assert_eq!(rendered(Driver::Sqlite, "a = ?2, ?1", two()).as_deref(), Ok("a = 'x?', 1;"));
    assert_eq!(rendered(Driver::Postgres, "ARRAY[$2, $1] ? 'a'", two()).as_deref(), Ok("ARRAY['x?', 1] ? 'a';"));
    assert_eq!(rendered(Driver::MySql, "a = ?", two()), Err("a value has no placeholder"));
    assert_eq!(rendered(Driver::MySql, "a = ?, ?, ?", two()), Err("a placeholder has no value"));
    assert_eq!(rendered(Driver::Sqlite, "?", [Value::from("\0")]), Err("a text with a zero byte ends the script"));
    assert!(rendered(Driver::MySql, "?", [Value::from(f64::NAN)]).is_err());
}

#[test]
fn every_text_ends_with_one_semicolon() {
    check_text(Driver::Sqlite, "DROP TABLE a", "DROP TABLE a;");
    check_text(Driver::Sqlite, "  DROP TABLE a ;; \n", "DROP TABLE a;");
    check_text(Driver::Sqlite, "DROP TABLE a -- gone", "DROP TABLE a; -- gone");
    check_text(Driver::Postgres, "DROP TABLE a; DROP TABLE b", "DROP TABLE a; DROP TABLE b;");
    check_text(Driver::Postgres, "DO $$ BEGIN END; $$", "DO $$ BEGIN END; $$;");
}

#[test]
fn a_body_reaches_mysql_in_one_piece() {
    check_text(
        Driver::MySql,
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; SET NEW.c = '//'; END",
        "DELIMITER $$\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; SET NEW.c = '//'; END\n$$\n\
         DELIMITER ;",
    );
    check_text(Driver::MySql, "DROP TABLE `a;b`;", "DROP TABLE `a;b`;");
}

#[test]
fn an_executable_comment_is_a_statement() {
    check_text(Driver::MySql, "/*!40101 SET NAMES utf8 */", "/*!40101 SET NAMES utf8 */;");
    check_text(Driver::MySql, "/*!40101 SET NAMES utf8 */ -- x", "/*!40101 SET NAMES utf8 */; -- x");
    check_text(Driver::MySql, "/*M! SET @a = 1 */;", "/*M! SET @a = 1 */;");
    check_text(Driver::Sqlite, "/*! a */", "/*! a */");
}

#[test]
fn only_statements_with_inner_ends_are_wrapped() {
    check_text(Driver::MySql, "SET @a = 1; SET @b = 2", "SET @a = 1; SET @b = 2;");
    check_text(
        Driver::MySql,
        "SET @a = 1; -- then\nCREATE PROCEDURE p() BEGIN SELECT 1; END; DROP PROCEDURE p -- gone",
        "SET @a = 1;\nDELIMITER //\n-- then\nCREATE PROCEDURE p() BEGIN SELECT 1; END\n//\nDELIMITER ;\nDROP PROCEDURE p; -- gone",
    );
}

#[test]
fn line_ends_in_strings_arrive() {
    let text = || [Value::from("a\r\nb")];
    let sqlite = rendered(Driver::Sqlite, "INSERT INTO a VALUES (?)", text());
    assert_eq!(sqlite.as_deref(), Ok("INSERT INTO a VALUES (('a' || char(13, 10) || 'b'));"));
    check_text(Driver::Sqlite, "CREATE TABLE a (b DEFAULT 'c\r\nd')", "CREATE TABLE a (b DEFAULT 'c\r\r\nd');");
    check_text(Driver::MySql, "INSERT INTO a VALUES ('b\r\nc')", "INSERT INTO a VALUES ('b\\r\\nc');");
    check_text(Driver::Postgres, "INSERT INTO a VALUES ('b\r\nc')", "INSERT INTO a VALUES ('b\r\nc');");
}
