//! The graph as one JSON document.

use std::path::Path;

use seachange_graph::draw::{Edge, EdgeKind, GraphLayout, Node, NodeState};
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::project::Project;

#[derive(Debug, Serialize)]
struct GraphJson<'a> {
    /// The newest first.
    revisions: Vec<NodeJson<'a>>,
    edges: Vec<EdgeJson<'a>>,
}

#[derive(Debug, Serialize)]
struct NodeJson<'a> {
    id: &'a str,
    message: &'a str,
    file: Option<&'a Path>,
    created: Option<&'a str>,
    branch_labels: &'a [String],
    is_base: bool,
    is_merge_point: bool,
    is_head: bool,
    /// Omitted if the database was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

/// A line from the revision that points to the one it points at.
#[derive(Debug, Serialize)]
struct EdgeJson<'a> {
    from: &'a str,
    to: &'a str,
    kind: &'static str,
}

/// Writes the document.
pub(super) fn write(picture: &GraphLayout<'_>, project: &Project<'_>) -> Result<String, Diagnostic> {
    let document = GraphJson {
        revisions: picture.nodes().iter().map(|node| entry(node, project)).collect(),
        edges: picture.edges().iter().map(|edge| line(edge, picture)).collect(),
    };
    let text = serde_json::to_string_pretty(&document).map_err(Diagnostic::json)?;
    Ok(text + "\n")
}

fn entry<'a>(node: &'a Node<'_>, project: &'a Project<'_>) -> NodeJson<'a> {
    let listed = project.get(&node.revision.id);
    NodeJson {
        id: &node.revision.id,
        message: listed.map_or(&node.message, |listed| listed.message),
        file: listed.map(|listed| &*listed.path),
        created: listed.map(|listed| listed.created),
        branch_labels: &node.revision.branch_labels,
        is_base: node.is_base(),
        is_merge_point: node.is_merge_point(),
        is_head: node.is_head,
        state: node.state.map(word),
    }
}

fn line<'a>(edge: &Edge, picture: &'a GraphLayout<'_>) -> EdgeJson<'a> {
    let [from, to] = [edge.upper, edge.lower].map(|row| picture.nodes()[row].revision.id.as_str());
    let kind = match edge.kind {
        EdgeKind::Parent => "parent",
        EdgeKind::Dependency => "dependency",
    };
    EdgeJson { from, to, kind }
}

fn word(state: NodeState) -> &'static str {
    match state {
        NodeState::Pending => "pending",
        NodeState::Applied => "applied",
        NodeState::Current => "current",
    }
}
