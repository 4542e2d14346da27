//! The graph as one JSON document.

use seachange_graph::draw::{Edge, EdgeKind, Node, Picture, State};
use serde::Serialize;

use crate::cli::problem::Problem;
use crate::revision::Migrations;

#[derive(Debug, Serialize)]
struct Document<'a> {
    /// The newest first.
    revisions: Vec<Entry<'a>>,
    edges: Vec<Line<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    message: &'a str,
    file: Option<&'a str>,
    created: Option<&'a str>,
    branch_labels: &'a [String],
    is_base: bool,
    is_merge_point: bool,
    is_head: bool,
    /// Left out where the database was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

/// From the revision that points to the one it points at.
#[derive(Debug, Serialize)]
struct Line<'a> {
    from: &'a str,
    to: &'a str,
    kind: &'static str,
}

/// Writes the document.
pub(super) fn write(picture: &Picture<'_>, migrations: &Migrations) -> Result<String, Problem> {
    let document = Document {
        revisions: picture.nodes().iter().map(|node| entry(node, migrations)).collect(),
        edges: picture.edges().iter().map(|edge| line(edge, picture)).collect(),
    };
    let text = serde_json::to_string_pretty(&document).map_err(Problem::json)?;
    Ok(text + "\n")
}

fn entry<'a>(node: &'a Node<'_>, migrations: &Migrations) -> Entry<'a> {
    let script = migrations.get(&node.revision.id);
    Entry {
        id: &node.revision.id,
        message: script.map_or(&node.message, |script| script.message),
        file: script.map(|script| script.file),
        created: script.map(|script| script.revision.created),
        branch_labels: &node.revision.branch_labels,
        is_base: node.is_base(),
        is_merge_point: node.is_merge_point(),
        is_head: node.is_head,
        state: node.state.map(word),
    }
}

fn line<'a>(edge: &Edge, picture: &'a Picture<'_>) -> Line<'a> {
    let [from, to] = [edge.upper, edge.lower].map(|row| picture.nodes()[row].revision.id.as_str());
    let kind = match edge.kind {
        EdgeKind::Parent => "parent",
        EdgeKind::Dependency => "dependency",
    };
    Line { from, to, kind }
}

fn word(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Applied => "applied",
        State::Current => "current",
    }
}
