//! The graph as one JSON document.

use std::path::PathBuf;

use seachange_graph::draw::{Edge, EdgeKind, GraphLayout, Node, NodeState};
use serde::Serialize;

use crate::cli::problem::Diagnostic;
use crate::revision::{Migrations, RegisteredRevision};

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
    file: Option<PathBuf>,
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
pub(super) fn write(picture: &GraphLayout<'_>, migrations: &Migrations) -> Result<String, Diagnostic> {
    let document = GraphJson {
        revisions: picture.nodes().iter().map(|node| entry(node, migrations)).collect(),
        edges: picture.edges().iter().map(|edge| line(edge, picture)).collect(),
    };
    let text = serde_json::to_string_pretty(&document).map_err(Diagnostic::json)?;
    Ok(text + "\n")
}

fn entry<'a>(node: &'a Node<'_>, migrations: &Migrations) -> NodeJson<'a> {
    let script = migrations.get(&node.revision.id);
    NodeJson {
        id: &node.revision.id,
        message: script.map_or(&node.message, |script| script.message),
        file: script.map(RegisteredRevision::path),
        created: script.map(|script| script.revision.created),
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
