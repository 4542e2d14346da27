//! The language of Graphviz.

use std::fmt::Write;

use super::{EdgeKind, GraphLayout, Node, NodeState};

const START: &str = r##"digraph revisions {
    rankdir=BT;
    node [shape=box, style=rounded, fontname="Helvetica,Arial,sans-serif", fontsize=11];
    edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, color="#57606a"];
"##;

/// Writes revisions as nodes, and arrows in the direction of an upgrade.
pub(super) fn write(picture: &GraphLayout<'_>) -> String {
    let mut text = START.to_owned();
    for node in &picture.nodes {
        let _ = writeln!(text, "    {} [label={}{}];", quoted(&node.revision.id), label(node), style(node.state));
    }
    for edge in &picture.edges {
        let [lower, upper] = [edge.lower, edge.upper].map(|row| quoted(&picture.nodes[row].revision.id));
        let style = match edge.kind {
            EdgeKind::Parent => "",
            EdgeKind::Dependency => " [style=dashed, label=\"dependency\"]",
        };
        let _ = writeln!(text, "    {lower} -> {upper}{style};");
    }
    text.push_str("}\n");
    text
}

fn label(node: &Node<'_>) -> String {
    let mut first = node.revision.id.clone();
    first.extend(node.labels().map(|mark| format!(" ({mark})")));
    first.extend(node.revision.branch_labels.iter().map(|label| format!(" [{label}]")));
    let lines = if node.message.is_empty() { first } else { format!("{first}\n{}", node.message) };
    quoted(&lines)
}

/// A string in the language: it must escape backslashes, which begin an escape, and `&`, which begins an entity.
fn quoted(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn style(state: Option<NodeState>) -> &'static str {
    match state {
        None => "",
        Some(NodeState::Pending) => ", style=\"rounded,dashed\"",
        Some(NodeState::Applied) => ", style=\"rounded,filled\", fillcolor=\"#dafbe1\"",
        Some(NodeState::Current) => ", style=\"rounded,filled\", fillcolor=\"#aceebb\", penwidth=2",
    }
}
