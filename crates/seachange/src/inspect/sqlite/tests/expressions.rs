//! Expressions that are equal, and expressions that are not.

use crate::sqlite_ddl::expression::{default_value, expression};

#[test]
fn spellings_of_the_same_expression() {
    let columns = ["a".to_owned(), "Two Words".to_owned(), "order".to_owned()];
    let check = |left: &str, right: &str, same: bool| {
        let [left, right] = [left, right].map(|text| expression(text, &columns).1);
        assert_eq!(left == right, same, "{left} | {right}");
    };
    check("a > 0", "((\"A\">0))", true);
    check("a>0 and [a] < 5", "\"a\" > 0 AND `a` <5", true);
    check("(a) > (0)", "a > 0", false);
    check("(a > 0) AND (a < 5)", "a > 0 AND a < 5", false);
    check("a != 1 AND a == 2", "a <> 1 AND a = 2", true);
    check("a = 'x  Y'", "a = 'x  y'", false);
    check("a = \"Text\"", "a = 'Text'", true);
    check("a = \"Text\"", "a = \"text\"", false);
    check("\"TWO words\" > 0", "[Two Words] > 0", true);
    check("\"order\" > 0", "`ORDER` > 0", true);
    check("a NOT  IN /* these */ (1,2)", "a not in ( 1 , 2 ) -- those\n", true);
    check("Lower(a) LIKE 'X'", "lower(a) like 'X'", true);
    check("a - -1", "a - 1", false);
    check("a = x'0f'", "a = X'0f'", true);
    check("a IS NULL", "a ISNULL", false);
}

#[test]
fn expressions_are_written_as_they_stand() {
    let text = |text: &str| expression(text, &[]).0;
    assert_eq!(text(" ( ( A >  0 ) ) "), "A >  0");
    assert_eq!(text("(a) + (b)"), "(a) + (b)");
    assert_eq!(text("a -- x\n + b -- y\n"), "a -- x\n + b");
}

#[test]
fn defaults() {
    let check = |left: &str, right: &str| assert_eq!(normal(left), normal(right), "{left} | {right}");
    fn normal(text: &str) -> Option<String> {
        default_value(text).map(|(_, normal)| normal)
    }
    check("TRUE", "1");
    check("(false)", "0");
    check("CURRENT_TIMESTAMP", "(current_timestamp)");
    check("NULL", "null");
    check("word", "'word'");
    check("\"it's\"", "'it''s'");
    check("+5", "5");
    check("- 5", "-5");
    check("(Datetime( 'now' ))", "datetime('now')");
    assert_eq!(default_value("NULL"), None);
    assert_ne!(normal("current_time"), normal("'current_time'"));
    assert_ne!(normal("'A'"), normal("'a'"));
    assert_eq!(default_value("TRUE").unwrap().0, "TRUE");
    assert_eq!(default_value("\"word\"").unwrap().0, "'word'");
}
