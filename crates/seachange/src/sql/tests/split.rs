//! Statements of a text.

use crate::sql::SqlDialect::{self, MySql, Postgres, Sqlite};
use crate::sql::statements;

#[track_caller]
fn check(dialect: SqlDialect, text: &str, expected: &[&str]) {
    let found: Vec<&str> = statements(text, dialect).iter().map(|statement| statement.text).collect();
    assert_eq!(found, expected, "{dialect:?} {text}");
}

#[test]
fn semicolons_end_statements() {
    for dialect in [Sqlite, Postgres, MySql] {
        check(dialect, "", &[]);
        check(dialect, " ;; -- a\n/* b */ ; ", &[]);
        check(dialect, " a ; -- c\n b;", &["a", "b"]);
        check(dialect, "/* x */ a /* y */ b /* z */; c", &["a /* y */ b", "c"]);
        check(dialect, "a ';' b; c", &["a ';' b", "c"]);
    }
}

#[test]
fn programs_of_mysql_are_one_statement() {
    for program in [
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; SET NEW.c = 2; END",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF NEW.b THEN SET NEW.b = 1; END IF",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = IF(NEW.b, 1, 2)",
        "CREATE DEFINER=`r`@`%` PROCEDURE p(IN a int) BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END; SELECT 1; END",
        "CREATE PROCEDURE p() l: LOOP SET @a = 1; LEAVE l; END LOOP l",
        "CREATE PROCEDURE p() BEGIN WHILE 1 DO SET @a = CASE WHEN 1 THEN 2 ELSE IF(1, 2, 3) END; END WHILE; END",
        "CREATE PROCEDURE p() BEGIN CASE x WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE; END",
        "CREATE PROCEDURE p() BEGIN REPEAT SELECT REPEAT('a', 2); UNTIL 1 END REPEAT; END",
        "CREATE PROCEDURE p() BEGIN IF (1 > 0) THEN SELECT 1; ELSEIF 2 THEN SELECT 2; END IF; SELECT 3 FOR UPDATE; END",
        "CREATE PROCEDURE p() BEGIN FOR i IN 1..3 DO SELECT i; END FOR; END",
        "CREATE PROCEDURE p() BEGIN IF EXISTS (SELECT 1) THEN DROP TABLE IF EXISTS a; END IF; END",
        "CREATE OR REPLACE FUNCTION f() RETURNS int READS SQL DATA BEGIN RETURN 1; END",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; DELETE FROM b; END",
        "ALTER EVENT e DO BEGIN DELETE FROM a; END",
        "BEGIN NOT ATOMIC SELECT 1; COMMIT; END",
        "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`l`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END */",
    ] {
        check(MySql, &format!("SELECT 1; {program}; SELECT 2"), &["SELECT 1", program, "SELECT 2"]);
    }
    check(MySql, "BEGIN; SELECT 1; COMMIT", &["BEGIN", "SELECT 1", "COMMIT"]);
    check(MySql, "DROP TRIGGER t; DROP PROCEDURE p", &["DROP TRIGGER t", "DROP PROCEDURE p"]);
    check(MySql, "XA BEGIN 'x'; XA END 'x'", &["XA BEGIN 'x'", "XA END 'x'"]);
}

#[test]
fn triggers_of_sqlite_are_one_statement() {
    for program in [
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; DELETE FROM d; END",
        "create temp trigger if not exists t after insert on a begin select 1; end",
        "EXPLAIN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
    ] {
        check(Sqlite, &format!("SELECT 1; {program}; SELECT 2"), &["SELECT 1", program, "SELECT 2"]);
    }
    check(
        Sqlite,
        "CREATE TABLE a (b); CREATE INDEX trigger_ ON a (b)",
        &["CREATE TABLE a (b)", "CREATE INDEX trigger_ ON a (b)"],
    );
    check(Sqlite, "BEGIN; END; SELECT 1", &["BEGIN", "END", "SELECT 1"]);
}

#[test]
fn routines_and_rules_of_postgresql_are_one_statement() {
    for program in [
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END",
        "CREATE OR REPLACE PROCEDURE p() LANGUAGE SQL BEGIN ATOMIC END",
        "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; END; $$ LANGUAGE plpgsql",
        "CREATE RULE r AS ON INSERT TO a DO ALSO (DELETE FROM b; DELETE FROM c)",
        "DO $x$ BEGIN; $$ END; $x$",
    ] {
        check(Postgres, &format!("SELECT 1; {program}; SELECT 2"), &["SELECT 1", program, "SELECT 2"]);
    }
    check(Postgres, "BEGIN; SELECT 1; END; SELECT 2", &["BEGIN", "SELECT 1", "END", "SELECT 2"]);
}

/// The stack of a thread is limited, so a text must not be able to exceed it.
#[test]
fn deep_texts_end_no_thread() {
    for count in [15, 100, 700, 50_000] {
        deep_texts(count);
    }
}

/// Reads texts that make deep trees.
fn deep_texts(count: usize) {
    let many = |text: &str| text.repeat(count);
    let texts = [
        format!("SELECT {}1", many("1 + ")),
        format!("SELECT 1 WHERE {} b", many("a = 1 AND ")),
        format!("SELECT {}", many("(")),
        format!("SELECT {}1", many("NOT ")),
        format!("SELECT {}1", many("- ")),
        format!("SELECT {}1", many("CASE WHEN ")),
        format!("SELECT 1 {}", many(" UNION SELECT 1")),
        format!("SELECT 1{}", many("::int")),
        format!("SELECT a{}", many("[1]")),
        format!("SELECT a{}", many(".a")),
        format!("SELECT * FROM a {}", many(" JOIN a")),
        format!("SELECT {}1{}", many("f("), many(")")),
        format!("SELECT {}1{}", many("(SELECT "), many(")")),
        format!("SELECT 1{}", many(" COLLATE a")),
        format!("SELECT a{}", many(" IS NULL")),
        format!("SELECT 1{}", many(" BETWEEN 1 AND 2")),
        format!("CREATE TABLE a (b {})", many("int[] ")),
    ];
    for dialect in [Sqlite, Postgres, MySql] {
        for text in &texts {
            crate::sql::read(text, dialect);
        }
    }
}
