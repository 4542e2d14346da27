//! Mermaid, which code forges draw inside Markdown.

use std::fmt::Write;

use super::{EdgeKind, GraphLayout, Node, NodeState};

const START: &str = "flowchart BT\n    accTitle: Revision graph\n";

/// Green outlines for what is applied, dashes for what is not: readable on light pages and on dark ones.
const STATES: &str = "    classDef applied stroke:#2da44e,stroke-width:2px
    classDef pending stroke-dasharray:4 3
    classDef current stroke:#2da44e,stroke-width:4px
";

/// Writes revisions as nodes, and arrows the way an upgrade goes.
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

/// A name for a revision. Ids alone would do, were it not for words of the language such as `end`.
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

/// Writes everything but letters, digits and spaces by its number: quotes end a text of the language, and within it
/// `#`, `%`, `<`, backticks, Markdown's emphasis and lists, and in places even a colon mean something.
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
