//! Properties of every graph and every message.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{EdgeKind, GraphLayout, NodeLabel};
use crate::draw::lanes::Lanes;
use crate::draw::text::one_line;
use crate::{Graph, Revision};

/// A random graph: each revision has up to three parents and a dependency among the earlier ones.
fn any_graph() -> impl Strategy<Value = Graph> {
    let pointers = (prop::collection::vec(any::<prop::sample::Index>(), 0..4), any::<Option<prop::sample::Index>>());
    prop::collection::vec(pointers, 0..30).prop_map(|pointers| {
        let revision =
            |(n, (parents, dependency)): (usize, (Vec<prop::sample::Index>, Option<prop::sample::Index>))| {
                let mut revision = Revision::new(format!("r{n}"));
                if n > 0 {
                    let ids: HashSet<String> = parents.iter().map(|index| format!("r{}", index.index(n))).collect();
                    revision.down_revision = ids.into_iter().collect();
                    revision.depends_on = dependency.iter().map(|index| format!("r{}", index.index(n))).collect();
                }
                revision
            };
        Graph::new(pointers.into_iter().enumerate().map(revision)).unwrap()
    })
}

/// Draws one revision with this message.
fn alone(message: &str, write: impl Fn(&GraphLayout<'_>) -> String) -> String {
    let graph = Graph::new([Revision::new("a")]).unwrap();
    write(&GraphLayout::new(&graph, |_| NodeLabel::new(message)))
}

proptest! {
    #[test]
    fn every_revision_has_a_row_above_all_it_points_at(graph in any_graph()) {
        let picture = GraphLayout::new(&graph, |_| NodeLabel::default());
        let ids: HashSet<&str> = picture.nodes().iter().map(|node| node.revision.id.as_str()).collect();
        prop_assert_eq!(ids.len(), graph.len());
        prop_assert_eq!(picture.nodes().len(), graph.len());
        prop_assert!(picture.edges().iter().all(|edge| edge.upper < edge.lower));
    }

    #[test]
    fn every_pointer_is_drawn_once(graph in any_graph()) {
        let picture = GraphLayout::new(&graph, |_| NodeLabel::default());
        let id = |row: usize| picture.nodes()[row].revision.id.as_str();
        let drawn: Vec<(&str, &str, bool)> = picture
            .edges()
            .iter()
            .map(|edge| (id(edge.upper), id(edge.lower), edge.kind == EdgeKind::Parent))
            .collect();
        let pointers: HashSet<(&str, &str, bool)> = graph
            .iter()
            .flat_map(|revision| {
                let is_parent = |below: &String| revision.down_revision.contains(below);
                let all = revision.down_revision.iter().chain(&revision.depends_on);
                all.map(move |below| (revision.id.as_str(), below.as_str(), is_parent(below)))
            })
            .collect();
        prop_assert_eq!(drawn.len(), pointers.len());
        prop_assert_eq!(drawn.into_iter().collect::<HashSet<_>>(), pointers);
    }

    #[test]
    fn no_line_runs_through_a_revision_or_along_another(graph in any_graph()) {
        let picture = GraphLayout::new(&graph, |_| NodeLabel::default());
        let lanes = Lanes::new(&picture);
        prop_assert_eq!(lanes.edges.len(), picture.edges().len());
        for (number, edge) in picture.edges().iter().enumerate() {
            let lane = lanes.edges[number];
            prop_assert!(lane < lanes.count);
            prop_assert!((edge.upper + 1..edge.lower).all(|row| lanes.nodes[row] != lane));
            for (other, &other_lane) in picture.edges().iter().zip(&lanes.edges).skip(number + 1) {
                let overlap = edge.upper.max(other.upper) + 1 < edge.lower.min(other.lower);
                let is_shared = edge.lower == other.lower && edge.kind == EdgeKind::Parent && edge.kind == other.kind;
                prop_assert!(other_lane != lane || !overlap || is_shared);
            }
        }
    }

    #[test]
    fn the_order_does_not_depend_on_the_order_of_files(
        (revisions, shuffled) in any_graph().prop_flat_map(|graph| {
            let revisions: Vec<Revision> = graph.iter().cloned().collect();
            (Just(revisions.clone()), Just(revisions).prop_shuffle())
        })
    ) {
        let [one, other] = [revisions, shuffled].map(|revisions| Graph::new(revisions).unwrap());
        let [one, other] = [&one, &other].map(|graph| GraphLayout::new(graph, |_| NodeLabel::default()).dot());
        prop_assert_eq!(one, other);
    }

    #[test]
    fn svg_holds_any_message(message in any::<String>()) {
        let message = format!("x{message}");
        let svg = alone(&message, |picture| picture.svg());
        let document = roxmltree::Document::parse(&svg).unwrap();
        let title = document.descendants().filter(|node| node.has_tag_name("title")).nth(1).unwrap();
        prop_assert_eq!(title.text().unwrap(), format!("a: {}", one_line(&message)));
        prop_assert_eq!(document.descendants().filter(|node| node.is_element()).count(), ELEMENTS);
    }

    #[test]
    fn dot_holds_any_message(message in any::<String>()) {
        let dot = alone(&message, |picture| picture.dot());
        prop_assert_eq!(dot.lines().count(), 6);
        let line = dot.lines().nth(4).unwrap();
        let label = line.strip_prefix("    \"a\" [label=\"a (base) (head)").and_then(|rest| rest.strip_suffix("\"];"));
        let message = one_line(&message);
        let expected = if message.is_empty() { message } else { format!("\\n{message}") };
        // A quote only ever follows an odd number of backslashes: nothing ends the text early.
        let unescaped = label.unwrap().replace("\\\\", "\u{1}").replace("\\\"", "\u{2}");
        prop_assert!(!unescaped.contains('"'), "{}", line);
        let unescaped = unescaped.replace('\u{1}', "\\").replace('\u{2}', "\"").replace("&amp;", "&");
        prop_assert_eq!(unescaped, expected);
    }

    #[test]
    fn mermaid_holds_any_message(message in any::<String>()) {
        let mermaid = alone(&message, |picture| picture.mermaid());
        let start = "flowchart BT\n    accTitle: Revision graph\n    r_a[\"a (base) (head)";
        let label = mermaid.strip_prefix(start).and_then(|rest| rest.strip_suffix("\"]\n")).unwrap();
        let label = label.strip_prefix("<br/>").unwrap_or(label);
        prop_assert_eq!(unescaped(label), one_line(&message));
        let is_plain = |c: char| c.is_alphanumeric() || " ,#;".contains(c);
        prop_assert!(label.chars().all(is_plain), "{}", label);
    }
}

/// The elements of a document with one revision that has a message: the document, its title, description, style and
/// page; the row, its title and circle; the id, two badges of three elements, and the message.
const ELEMENTS: usize = 16;

/// Reads numbers between `#` and `;`.
fn unescaped(label: &str) -> String {
    let mut parts = label.split('#');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(';').unwrap();
        text.push(char::from_u32(number.parse().unwrap()).unwrap());
        text.push_str(rest);
    }
    text
}
