//! Small graphs, drawn.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod documents;
mod layout;
mod order;
mod properties;

use super::{Edge, EdgeKind, GraphLayout, NodeLabel};
use crate::{Graph, Revision};

/// Reads a graph: `a, a -> b, a -> c (b), b c -> d [x]` makes `c` depend on `b`, and `d`, labelled `x`, the merge point
/// of `b` and `c`.
fn graph(text: &str) -> Graph {
    Graph::new(text.split(',').map(str::trim).filter(|line| !line.is_empty()).map(revision)).unwrap()
}

fn revision(line: &str) -> Revision {
    let (parents, rest) = line.split_once("->").unwrap_or(("", line));
    let mut words = rest.split_whitespace();
    let start = parents.split_whitespace().fold(Revision::new(words.next().unwrap()), Revision::after);
    words.fold(start, |revision, word| {
        let name = word.trim_matches(['(', ')', '[', ']']);
        if word.starts_with('(') { revision.depending_on(name) } else { revision.labelled(name) }
    })
}

/// Draws without messages.
fn picture(graph: &Graph) -> GraphLayout<'_> {
    GraphLayout::new(graph, |_| NodeLabel::default())
}

/// One example of everything: two bases, a branch, a merge point, a label, a dependency, and applied revisions.
const EVERYTHING: &str = "a, a -> b, a -> c, b c -> d, d -> e (y), x [side], x -> y, y -> z";

fn everything(graph: &Graph) -> GraphLayout<'_> {
    GraphLayout::new(graph, |revision| {
        let message = match revision.id.as_str() {
            "a" => "create \"posts\" & <users>",
            "d" => "",
            _ => "add a column",
        };
        NodeLabel::new(message).applied(["a", "b", "x"].contains(&revision.id.as_str()))
    })
}
