//! The order of the rows.

use super::{graph, picture};

#[track_caller]
fn check(text: &str, rows: &str) {
    let graph = graph(text);
    let ids: Vec<&str> = picture(&graph).nodes().iter().map(|node| node.revision.id.as_str()).collect();
    assert_eq!(ids.join(" "), rows);
}

#[test]
fn nothing_has_no_rows() {
    check("", "");
}

#[test]
fn a_line_is_drawn_from_its_head() {
    check("a, a -> b, b -> c", "c b a");
}

#[test]
fn branches_stay_together() {
    check("a, a -> b, b -> d, a -> c, c -> e, d -> f, e -> g", "g e c f d b a");
    check("z, z -> m, m -> b, z -> k, k -> a", "b m a k z");
}

#[test]
fn both_sides_of_a_merge_are_below_it() {
    check("a, a -> b, a -> c, b c -> d, d -> e", "e d c b a");
}

#[test]
fn trees_are_drawn_one_after_the_other() {
    check("a1, b1, a1 -> a2, b1 -> b2, a1 -> a3, b1 -> b3", "b3 b2 b1 a3 a2 a1");
}

#[test]
fn a_tree_is_drawn_above_those_it_depends_on() {
    check("a1, a1 -> a2, b1, b1 -> b2 (a1), b2 -> b3", "b3 b2 b1 a2 a1");
    check("b1, b1 -> b2, a1, a1 -> a2 (b1), a2 -> a3", "a3 a2 a1 b2 b1");
}

#[test]
fn trees_that_depend_on_each_other_keep_their_revisions_in_order() {
    check("a1, a1 -> a2 (b1), b1, b1 -> b2 (a2)", "b2 a2 a1 b1");
}

#[test]
fn a_chain_of_any_length_is_ordered() {
    let line = |n: usize| if n == 0 { "r0".to_owned() } else { format!("r{} -> r{n}", n - 1) };
    let text: Vec<String> = (0..100_000).map(line).collect();
    let graph = graph(&text.join(","));
    let picture = picture(&graph);
    assert_eq!(picture.nodes()[0].revision.id, "r99999");
    assert_eq!(picture.nodes()[99_999].revision.id, "r0");
}
