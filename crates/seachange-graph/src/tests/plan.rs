//! Plans over small graphs.

use super::{applied_at, graph, summary};
use crate::Target;

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn check_upgrade(text: &str, from: &str, to: &str, expected: &str) {
    let graph = graph(text);
    let applied = applied_at(&graph, from);
    assert_eq!(summary(graph.upgrade(&applied, &target(to))), expected, "upgrade {from} to {to}");
}

fn check_downgrade(text: &str, from: &str, to: &str, expected: &str) {
    let graph = graph(text);
    let applied = applied_at(&graph, from);
    assert_eq!(summary(graph.downgrade(&applied, &target(to))), expected, "downgrade {from} to {to}");
}

const LINE: &str = "a -> b, b -> c";
const FORK: &str = "a -> b, a -> c, b -> d";
const DIAMOND: &str = "a -> b, a -> c, b c -> d";

#[test]
fn upgrades_along_a_line() {
    check_upgrade(LINE, "", "head", "a b c");
    check_upgrade(LINE, "", "b", "a b");
    check_upgrade(LINE, "a", "heads", "b c");
    check_upgrade(LINE, "c", "heads", "");
    check_upgrade(LINE, "c", "a", "");
    check_upgrade(LINE, "c", "base", "");
    check_upgrade(LINE, "a", "+1", "b");
    check_upgrade(LINE, "a", "+2", "b c");
    check_upgrade(LINE, "a", "+0", "");
    check_upgrade(LINE, "a", "+99", "error: 99 revisions asked for, 2 available");
    check_upgrade(LINE, "a", "-1", "error: `-1` does not lead up");
    check_upgrade(LINE, "", "q", "error: no revision `q`");
}

#[test]
fn upgrades_across_branches() {
    check_upgrade(FORK, "", "heads", "a b c d");
    check_upgrade(FORK, "", "d", "a b d");
    check_upgrade(FORK, "", "head", "error: 2 heads: `c`, `d`");
    check_upgrade(FORK, "", "+1", "a");
    check_upgrade(FORK, "", "+2", "error: after 1 of 2 revisions there are several ways on: `b`, `c`");
    check_upgrade(DIAMOND, "b", "head", "c d");
}

#[test]
fn downgrades_along_a_line() {
    check_downgrade(LINE, "c", "base", "c b a");
    check_downgrade(LINE, "c", "a", "c b");
    check_downgrade(LINE, "c", "c", "");
    check_downgrade(LINE, "c", "-1", "c");
    check_downgrade(LINE, "c", "-3", "c b a");
    check_downgrade(LINE, "c", "-4", "error: 4 revisions asked for, 3 available");
    check_downgrade(LINE, "", "-1", "error: 1 revision asked for, 0 available");
    check_downgrade(LINE, "a", "b", "error: revision `b` is not applied");
    check_downgrade(LINE, "a", "+1", "error: `+1` does not lead down");
    check_downgrade(LINE, "", "base", "");
}

#[test]
fn downgrades_across_branches() {
    check_downgrade(FORK, "c d", "b", "d");
    check_downgrade(FORK, "c d", "a", "d c b");
    check_downgrade(FORK, "c d", "-1", "error: after 0 of 1 revision there are several ways on: `c`, `d`");
    check_downgrade(DIAMOND, "d", "-1", "d");
    check_downgrade(DIAMOND, "d", "-2", "error: after 1 of 2 revisions there are several ways on: `b`, `c`");
    check_downgrade(DIAMOND, "d", "b", "d");
}

#[test]
fn a_stamp_moves_one_branch_and_leaves_the_others() {
    let graph = graph("a -> b, b -> c, x -> y");
    let stamp = |from: &str, to: &str| {
        let plan = graph.stamp(&applied_at(&graph, from), &target(to)).unwrap();
        format!("+{} -{}", plan.add.join(" "), plan.remove.join(" "))
    };
    assert_eq!(stamp("", "b"), "+a b -");
    assert_eq!(stamp("c y", "a"), "+ -c b");
    assert_eq!(stamp("y", "b"), "+a b -");
    assert_eq!(stamp("c y", "base"), "+ -y x c b a");
    assert_eq!(stamp("a", "heads"), "+b c x y -");
    let error = graph.stamp(&applied_at(&graph, ""), &target("+1")).unwrap_err();
    assert_eq!(error.to_string(), "`+1` is a number of steps, and not a place in the graph");
}

#[test]
fn a_step_reads_as_a_route() {
    let graph = graph(DIAMOND);
    let up = graph.upgrade(&applied_at(&graph, ""), &Target::Heads).unwrap();
    assert_eq!(up.to_string(), "upgrade base -> a\nupgrade a -> b\nupgrade a -> c\nupgrade b, c -> d");
    let down = graph.downgrade(&applied_at(&graph, "d"), &target("-1")).unwrap();
    assert_eq!(down.to_string(), "downgrade d -> b, c");
}
