//! Targets and ids as people type them.

use super::graph;
use crate::Target;

fn check_error(text: &str, expected: &str) {
    assert_eq!(text.parse::<Target>().unwrap_err().to_string(), expected);
}

#[test]
fn targets_are_written_as_they_are_read() {
    for text in ["head", "heads", "base", "+1", "-12", "ae10", "m20220101_000001_create_table"] {
        assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_target_says_why() {
    check_error("", "the target is empty");
    check_error("+", "`+` is no number of steps: expected digits after the sign, found nothing");
    check_error("+1x", "`+1x` is no number of steps: expected digits after the sign, found 'x'");
    check_error(
        "-99999999999999999999",
        "`-99999999999999999999` is no number of steps: expected digits after the sign, found a number that is too large",
    );
    check_error(
        "a b",
        "`a b` is neither a revision nor a target: it holds ' '; letters, digits, `_` and `.` are allowed",
    );
}

#[test]
fn ids_are_found_by_a_unique_beginning() {
    let graph = graph("ae10 -> ae27, ae27 -> ae, ae -> ff01");
    let find = |text: &str| graph.find(text).map(|r| r.id.as_str()).map_err(|error| error.to_string());
    assert_eq!(find("f"), Ok("ff01"));
    assert_eq!(find("ae"), Ok("ae"));
    assert_eq!(find("ae2"), Ok("ae27"));
    assert_eq!(find("a"), Err("`a` may be any of `ae`, `ae10`, `ae27`".to_owned()));
    assert_eq!(find("zz"), Err("no revision `zz`".to_owned()));
    assert_eq!(find(""), Err("no revision ``".to_owned()));
}

#[test]
fn an_unknown_id_suggests_those_that_look_alike() {
    let graph = graph("ae1027a6acf4 -> 1975ea83b712");
    let crate::FindError::Unknown { similar, .. } = graph.find("ae1072a6acf4").unwrap_err() else {
        unreachable!("the id is unknown")
    };
    assert_eq!(similar, ["ae1027a6acf4"]);
}

#[test]
fn suggestions_cope_with_any_text() {
    let graph = graph("ae1027a6acf4 -> x");
    for text in ["é", "ééééééé", "日本語", "a\0", "ae1027a6acf4ae1027a6acf4"] {
        assert!(graph.find(text).is_err());
    }
}
