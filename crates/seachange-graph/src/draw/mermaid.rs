//! Mermaid, which code hosting sites draw inside Markdown.

use std::fmt::Write;

use super::{EdgeKind, GraphLayout, Node, NodeState};

const START: &str = "flowchart BT\n    accTitle: Revision graph\n";

/// Green outlines for applied revisions, dashes for pending ones: readable on light and on dark pages.
const STATES: &str = "    classDef applied stroke:#2da44e,stroke-width:2px
    classDef pending stroke-dasharray:4 3
    classDef current stroke:#2da44e,stroke-width:4px
";

/// Writes revisions as nodes, and arrows in the direction of an upgrade.
pub(super) fn write(picture: &GraphLayout<'_>) -> String {
    let mut text = START.to_owned();
    for node in &picture.nodes {
        let _ = writeln!(text, "    {}[\"{}\"]{}", name(node), label(node), class(node.state));
    }
    for edge in &picture.edges {
        let arrow = match edge.kind {
            EdgeKind::Parent => "-->",
            EdgeKind::Dependency => "-. dependency .->",
        };
        let _ = writeln!(text, "    {} {arrow} {}", name(&picture.nodes[edge.lower]), name(&picture.nodes[edge.upper]));
    }
    if picture.nodes.iter().any(|node| node.state.is_some()) {
        text.push_str(STATES);
    }
    text
}

/// A name for a revision. An id alone is not enough, because it can be a word of the language such as `end`.
fn name(node: &Node<'_>) -> String {
    format!("r_{}", node.revision.id)
}

fn label(node: &Node<'_>) -> String {
    let mut label = escaped(&node.revision.id);
    label.extend(node.labels().map(|mark| format!(" ({mark})")));
    label.extend(node.revision.branch_labels.iter().map(|label| escaped(&format!(" [{label}]"))));
    if !node.message.is_empty() {
        label.push_str("<br/>");
        label.push_str(&escaped(&node.message));
    }
    label
}

/// Writes everything except letters, digits and spaces as a numeric entity: quotes end a text of the language, and
/// inside a text `#`, `%`, `<`, backticks, Markdown's emphasis and lists, and sometimes a colon have a meaning.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | ',') {
            escaped.push(c);
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}

fn class(state: Option<NodeState>) -> &'static str {
    match state {
        None => "",
        Some(NodeState::Pending) => ":::pending",
        Some(NodeState::Applied) => ":::applied",
        Some(NodeState::Current) => ":::current",
    }
}
