//! The rows as values: the revisions, their parents and dependencies, and their texts.

use renderdag::Ancestor;
use seachange_graph::draw::{Edge, EdgeKind, GraphLayout};

use crate::terminal::{ID, LABEL, styled};

/// A row of the log.
pub(super) struct LogRow {
    /// The row in the layout.
    pub(super) number: usize,
    /// The revisions that it points at; anonymous if they are not drawn.
    pub(super) below: Vec<Ancestor<usize>>,
}

impl LogRow {
    /// Whether a line leads to a drawn dependency.
    pub(super) fn has_dependencies(&self) -> bool {
        self.below.iter().any(|below| matches!(below, Ancestor::Ancestor(_)))
    }
}

/// The rows of the revisions that are drawn.
pub(super) fn rows(picture: &GraphLayout<'_>, is_drawn: impl Fn(&str) -> bool) -> Vec<LogRow> {
    let is_drawn: Vec<bool> = picture.nodes().iter().map(|node| is_drawn(&node.revision.id)).collect();
    let below = |edge: &Edge| match edge.kind {
        _ if !is_drawn[edge.lower] => Ancestor::Anonymous,
        EdgeKind::Parent => Ancestor::Parent(edge.lower),
        EdgeKind::Dependency => Ancestor::Ancestor(edge.lower),
    };
    let row = |number| LogRow { number, below: picture.edges_below(number).iter().map(below).collect() };
    (0..is_drawn.len()).filter(|&number| is_drawn[number]).map(row).collect()
}

/// The id of a revision, its marks, its dependencies, and its message.
pub(super) fn line(picture: &GraphLayout<'_>, number: usize) -> String {
    let node = &picture.nodes()[number];
    let mut line = styled(ID, &node.revision.id);
    line.extend(node.labels().map(|mark| format!(" ({mark})")));
    line.extend(node.revision.branch_labels.iter().map(|label| format!(" [{}]", styled(LABEL, label))));
    let edges = picture.edges_below(number).iter();
    let needs: Vec<&str> = edges
        .filter(|edge| edge.kind == EdgeKind::Dependency)
        .map(|edge| picture.nodes()[edge.lower].revision.id.as_str())
        .collect();
    if !needs.is_empty() {
        line.push_str(&format!(" (needs {})", needs.join(", ")));
    }
    if node.message.is_empty() { line } else { format!("{line}, {}", node.message) }
}
