//! Lanes, drawn with letters: a revision is its id, and a line passes it as `|`, a dependency as `:`.

use super::{Edge, EdgeKind, graph, picture};
use crate::draw::GraphLayout;
use crate::draw::lanes::Lanes;

/// The contents of a lane in a row.
fn cell(picture: &GraphLayout<'_>, lanes: &Lanes, row: usize, lane: usize) -> String {
    if lanes.nodes[row] == lane {
        return picture.nodes()[row].revision.id.clone();
    }
    let passes = |(edge, of): &(&Edge, &usize)| **of == lane && (edge.upper + 1..edge.lower).contains(&row);
    match picture.edges().iter().zip(&lanes.edges).find(passes) {
        None => " ".to_owned(),
        Some((Edge { kind: EdgeKind::Parent, .. }, _)) => "|".to_owned(),
        Some((Edge { kind: EdgeKind::Dependency, .. }, _)) => ":".to_owned(),
    }
}

fn drawn(text: &str) -> String {
    let graph = graph(text);
    let picture = picture(&graph);
    let lanes = Lanes::new(&picture);
    let row = |row: usize| {
        let cells: Vec<String> = (0..lanes.count).map(|lane| cell(&picture, &lanes, row, lane)).collect();
        cells.join(" ").trim_end().to_owned()
    };
    (0..picture.nodes().len()).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_line_has_one_lane() {
    insta::assert_snapshot!(drawn("a, a -> b, b -> c"), @"
    c
    b
    a
    ");
}

#[test]
fn a_fork_has_a_lane_for_each_branch() {
    insta::assert_snapshot!(drawn("a, a -> b, b -> c, a -> d, d -> e"), @"
    e
    d
    | c
    | b
    a
    ");
}

#[test]
fn a_diamond_ends_in_one_lane() {
    insta::assert_snapshot!(drawn("a, a -> b, a -> c, b c -> d, d -> e"), @"
    e
    d
    | c
    b |
    a
    ");
}

#[test]
fn trees_of_a_forest_stand_below_each_other() {
    insta::assert_snapshot!(drawn("a, a -> b, x, x -> y"), @"
    y
    x
    b
    a
    ");
}

#[test]
fn a_dependency_has_a_lane_of_its_own() {
    insta::assert_snapshot!(drawn("a, a -> b (x), b -> c (y), x, x -> y, y -> z"), @"
    c
    b :
    a : :
    z : :
    y   :
    x
    ");
}

#[test]
fn a_merge_point_of_many_has_a_lane_for_each() {
    insta::assert_snapshot!(drawn("a, a -> b, a -> c, a -> d, a -> e, b c d e -> f"), @"
    f
    | | | e
    | | d |
    | c | |
    b | | |
    a
    ");
}

#[test]
fn lines_that_merge_again_and_again_take_turns() {
    let text = "a, a -> b, a -> m, b -> c, m b -> n, n -> o, c -> d, o c -> p, p -> q, d -> e, q d -> r";
    insta::assert_snapshot!(drawn(text), @"
    r
    | | e
    | d
    q |
    p |
    | c
    o |
    n |
    | b
    m |
    a
    ");
}
