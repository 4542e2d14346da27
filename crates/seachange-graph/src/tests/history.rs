//! Ranges over small graphs.

use super::{applied_at, graph};
use crate::Range;

fn check(text: &str, at: &str, range: &str, expected: &str) {
    let graph = graph(text);
    let range: Range = range.parse().unwrap();
    let found = match graph.history(&applied_at(&graph, at), &range) {
        Ok(revisions) => revisions.iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>().join(" "),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(found, expected, "{range} of {text}");
}

const LINE: &str = "a -> b, b -> c, c -> d";
const DIAMOND: &str = "a -> b, a -> c, b c -> d, d -> e";

#[test]
fn a_range_holds_both_ends() {
    check(LINE, "", "b:c", "b c");
    check(LINE, "", "b:", "b c d");
    check(LINE, "", ":b", "a b");
    check(LINE, "", ":", "a b c d");
    check(LINE, "", "b:b", "b");
    check(LINE, "", "base:base", "");
    check(LINE, "c", ":current", "a b c");
    check(LINE, "c", "current:", "c d");
    check("", "", ":", "");
}

#[test]
fn a_bare_number_counts_from_the_other_end() {
    check(LINE, "", "-1:", "c d");
    check(LINE, "", "-1:c", "b c");
    check(LINE, "b", "-1:current", "a b");
    check(LINE, "", "b:+1", "b c");
    check(LINE, "b", "-1:+1", "a b c");
    check(LINE, "", "-9:", "error: `-9` leads too far: 9 revisions asked for, 4 available");
    check(DIAMOND, "", "-2:", "b c d e");
}

#[test]
fn the_lower_end_is_below_the_upper_one() {
    check(LINE, "", "c:b", "error: `c` is not below the end of the range `c:b`");
    check(DIAMOND, "", "b:c", "error: `b` is not below the end of the range `b:c`");
    check(DIAMOND, "", "b:d", "b d");
    check(DIAMOND, "", "a:d", "a b c d");
}

#[test]
fn a_branch_keeps_the_range_to_itself() {
    let two = "a -> b, x -> y";
    check(two, "", "b@base:", "a b");
    check(two, "", "y@-1:", "x y");
    check(two, "", "y@base:y@head", "x y");
}
