//! Plans over small graphs.

use super::{applied_at, graph, revisions, summary};
use crate::{Graph, Target};

fn target(text: &str) -> Target {
    text.parse().unwrap()
}

fn check_upgrade(text: &str, from: &str, to: &str, expected: &str) {
    let graph = graph(text);
    let applied = applied_at(&graph, from);
    assert_eq!(summary(graph.upgrade(&applied, &[target(to)])), expected, "upgrade {from} to {to}");
}

fn check_downgrade(text: &str, from: &str, to: &str, expected: &str) {
    let graph = graph(text);
    let applied = applied_at(&graph, from);
    assert_eq!(summary(graph.downgrade(&applied, &[target(to)])), expected, "downgrade {from} to {to}");
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
    check_upgrade(LINE, "a", "+99", "error: `+99` leads too far: 99 revisions asked for, 2 available");
    check_upgrade(LINE, "a", "-1", "error: `-1` does not lead up");
    check_upgrade(LINE, "", "q", "error: no revision or label `q`");
}

#[test]
fn upgrades_across_branches() {
    check_upgrade(FORK, "", "heads", "a b c d");
    check_upgrade(FORK, "", "d", "a b d");
    check_upgrade(FORK, "", "head", "error: 2 heads: `c`, `d`");
    check_upgrade(FORK, "", "+1", "a");
    check_upgrade(FORK, "", "+2", "error: `+2` is ambiguous after 1 of 2 revisions: `b`, `c`");
    check_upgrade(FORK, "", "c+1", "error: `c+1` leads too far: 1 revision asked for, 0 available");
    check_upgrade(FORK, "c", "d@+1", "b");
    check_upgrade(FORK, "c", "d@+2", "b d");
    check_upgrade(FORK, "c b", "+1", "error: `+1` counts from several revisions: `b`, `c`");
    check_upgrade(FORK, "", "a@head", "error: 2 heads on branch `a`: `c`, `d`");
    check_upgrade(FORK, "", "b@head", "a b d");
    check_upgrade(FORK, "", "a@heads", "a b c d");
    check_upgrade(DIAMOND, "b", "head", "c d");
    check_upgrade(DIAMOND, "b", "+1", "c d");
    check_upgrade(DIAMOND, "", "d-1", "a b c");
}

#[test]
fn downgrades_along_a_line() {
    check_downgrade(LINE, "c", "base", "c b a");
    check_downgrade(LINE, "c", "a", "c b");
    check_downgrade(LINE, "c", "c", "");
    check_downgrade(LINE, "c", "-1", "c");
    check_downgrade(LINE, "c", "-3", "c b a");
    check_downgrade(LINE, "c", "-4", "error: `-4` leads too far: 4 revisions asked for, 3 available");
    check_downgrade(LINE, "", "-1", "error: `-1` leads too far: 1 revision asked for, 0 available");
    check_downgrade(LINE, "a", "b", "error: revision `b` is not applied");
    check_downgrade(LINE, "a", "+1", "error: `+1` does not lead down");
    check_downgrade(LINE, "", "base", "");
}

#[test]
fn downgrades_across_branches() {
    check_downgrade(FORK, "c d", "b", "d");
    check_downgrade(FORK, "c d", "a", "d c b");
    check_downgrade(FORK, "c d", "-1", "error: `-1` counts from several revisions: `c`, `d`");
    check_downgrade(FORK, "c d", "c@-1", "c");
    check_downgrade(FORK, "c d", "d-1", "d");
    check_downgrade(FORK, "c d", "d@a", "d b");
    check_downgrade(FORK, "c d", "c@b", "error: revision `b` is not on branch `c`");
    check_downgrade(FORK, "c d", "c@base", "d c b a");
    check_downgrade(FORK, "c d", "head", "error: 2 heads: `c`, `d`");
    check_downgrade(FORK, "c d", "heads", "");
    check_downgrade(FORK, "c d", "base+1", "d c b");
    check_downgrade(DIAMOND, "d", "-1", "d");
    check_downgrade(DIAMOND, "d", "-2", "error: `-2` is ambiguous after 1 of 2 revisions: `b`, `c`");
    check_downgrade(DIAMOND, "d", "b", "d");
}

fn check_stamp(graph: &Graph, from: &str, to: &str, expected: &str) {
    let targets: Vec<Target> = to.split_whitespace().map(target).collect();
    let plan = graph.stamp(&applied_at(graph, from), &targets).unwrap();
    assert_eq!(format!("+{} -{}", plan.add.join(" "), plan.remove.join(" ")), expected, "stamp {from} at {to}");
}

#[test]
fn a_stamp_moves_one_branch_and_leaves_the_others() {
    let graph = graph("a -> b, b -> c, x -> y");
    check_stamp(&graph, "", "b", "+a b -");
    check_stamp(&graph, "c y", "a", "+ -c b");
    check_stamp(&graph, "y", "b", "+a b -");
    check_stamp(&graph, "c y", "base", "+ -y x c b a");
    check_stamp(&graph, "a", "heads", "+b c x y -");
    check_stamp(&graph, "a", "+1", "+b -");
    check_stamp(&graph, "c y", "c-1", "+ -c");
    check_stamp(&graph, "c y", "b@base", "+ -c b a");
    check_stamp(&graph, "c y", "a y", "+ -c b");
}

#[test]
fn a_stamp_forgets_only_what_is_above_its_target() {
    let fork = graph("a -> b, a -> c");
    check_stamp(&fork, "b c", "b@-1", "+ -b");
    check_stamp(&fork, "b c", "b@base", "+ -b");
    check_stamp(&fork, "b c", "a", "+ -c b");
    check_stamp(&graph(DIAMOND), "d", "b", "+ -d");
    let needs = needing("c, p -> x", "x", "c");
    check_stamp(&needs, "x", "c", "+ -");
    check_stamp(&needs, "x", "p", "+ -x");
    let base = needing("a, b", "b", "a");
    check_stamp(&base, "b", "a@base", "+ -b a");
    check_stamp(&base, "b", "a-1", "+ -b a");
}

/// A graph in which one revision depends on another as well.
fn needing(text: &str, revision: &str, dependency: &str) -> Graph {
    let mut revisions = revisions(text);
    let found = revisions.iter_mut().find(|one| one.id == revision).unwrap();
    found.depends_on.push(dependency.to_owned());
    Graph::new(revisions).unwrap()
}

#[test]
fn steps_down_undo_the_line_that_they_follow() {
    let graph = needing("p -> c, p -> x", "x", "c");
    let down = |from: &str, to: &str| summary(graph.downgrade(&applied_at(&graph, from), &[target(to)]));
    assert_eq!(down("x", "-1"), "x", "what it needs is on another line");
    assert_eq!(down("x", "p"), "x c");
    let base = needing("a, b", "b", "a");
    assert_eq!(summary(base.downgrade(&applied_at(&base, "b"), &[target("-1")])), "b");
    assert_eq!(summary(base.downgrade(&applied_at(&base, "b"), &[target("a@-1")])), "b a");
}

#[test]
fn what_branches_share_is_not_undone_for_one_that_is_not_applied() {
    let text = "a -> b, b -> m, b -> l";
    let refused = "error: revision `l` is not applied";
    check_downgrade(text, "m", "l@-1", refused);
    check_downgrade(text, "m", "l@base", refused);
    check_downgrade(text, "b", "l@base", refused);
    check_downgrade(text, "m", "b@-1", "m");
    check_downgrade(text, "m l", "l@-1", "l");
    check_downgrade(text, "", "l@base", "");
    check_downgrade(LINE, "b", "c@-1", "b");
}

#[test]
fn several_targets_are_planned_together() {
    let graph = graph("a -> b, x -> y, p -> q");
    let targets = [target("b"), target("x")];
    assert_eq!(summary(graph.upgrade(&applied_at(&graph, ""), &targets)), "a b x");
    let targets = [target("b@base"), target("x")];
    assert_eq!(summary(graph.downgrade(&applied_at(&graph, "b y q"), &targets)), "y b a");
}

#[test]
fn a_branch_that_other_branches_depend_on_is_undone_after_them() {
    let mut revisions = revisions("a -> b, b -> c, x -> y");
    revisions.iter_mut().find(|revision| revision.id == "y").unwrap().depends_on = vec!["b".to_owned()];
    let graph = Graph::new(revisions).unwrap();
    let down = |to: &str| summary(graph.downgrade(&applied_at(&graph, "c y"), &[target(to)]));
    assert_eq!(down("b"), "c", "what depends on the target itself stays");
    assert_eq!(down("a"), "y c b");
    assert_eq!(down("a@base"), "y c b a");
    assert_eq!(summary(graph.upgrade(&applied_at(&graph, "x"), &[target("y@head")])), "a b y");
}

#[test]
fn what_was_spliced_in_below_is_applied_with_the_rest() {
    let graph = graph("a -> new, new -> b, b -> c");
    let rows = |ids: &[&'static str]| ids.iter().map(|&id| (id, vec![])).collect::<Vec<_>>();
    assert_eq!(
        graph.applied(rows(&["a", "b"])).unwrap_err().to_string(),
        "`new` is not applied, though a revision above is: `b`"
    );
    let applied = graph.applied_with_gaps(rows(&["a", "b"])).unwrap();
    assert_eq!(graph.current(&applied).len(), 1);
    assert_eq!(summary(graph.upgrade(&applied, &[Target::HEADS])), "new c");
    assert_eq!(summary(graph.upgrade(&applied, &[])), "new");
    assert_eq!(summary(graph.downgrade(&applied, &[target("a")])), "b");
    assert_eq!(summary(graph.downgrade(&applied, &[target("-1")])), "b", "down to what is missing");
    let error = graph.applied(rows(&["a", "c"])).unwrap_err();
    assert!(matches!(error, crate::AppliedError::Missing { current, .. } if current == ["c"]));
}

#[test]
fn a_step_reads_as_a_route() {
    let graph = graph(DIAMOND);
    let up = graph.upgrade(&applied_at(&graph, ""), &[Target::HEADS]).unwrap();
    assert_eq!(up.to_string(), "upgrade base -> a\nupgrade a -> b\nupgrade a -> c\nupgrade b, c -> d");
    let down = graph.downgrade(&applied_at(&graph, "d"), &[target("-1")]).unwrap();
    assert_eq!(down.to_string(), "downgrade d -> b, c");
}
