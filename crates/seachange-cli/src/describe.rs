//! Texts for revisions, times and counts.

use std::time::Duration;

use seachange_graph::{AppliedError, Graph};

use super::printable;
use super::terminal::{DIM, ID, LABEL, styled};
use crate::project::ListedRevision;

/// A duration in short form: `0.4 ms`, `12 ms`, `3.4 s`, `2 min 5 s`.
pub fn time(elapsed: Duration) -> String {
    let millis = elapsed.as_millis();
    match millis {
        0..10 => format!("{:.1} ms", elapsed.as_secs_f64() * 1_000.0),
        10..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{:.1} s", elapsed.as_secs_f64()),
        _ => format!("{} min {} s", elapsed.as_secs() / 60, elapsed.as_secs() % 60),
    }
}

/// A count of revisions: `1 revision`, `3 revisions`.
pub fn revisions(count: usize) -> String {
    if count == 1 { "1 revision".to_owned() } else { format!("{count} revisions") }
}

/// A count of things, with the word for one or for several.
pub fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// A count of accepted differences: `1 accepted difference`.
pub fn accepted_differences(count: usize) -> String {
    if count == 1 { "1 accepted difference".to_owned() } else { format!("{count} accepted differences") }
}

/// The warning for a database that is ahead, if that is allowed.
pub fn ahead(unknown: &[String]) -> String {
    let error = AppliedError::Ahead { unknown: unknown.to_vec() };
    printable::name(&format!("{error}, and ignored")).into_owned()
}

/// The role of a revision in its graph and its state in the database, in parentheses, and the labels of its branches,
/// in brackets. A replaced revision is not part of the graph.
pub fn marks(graph: &Graph, id: &str, current: &[&str]) -> String {
    if let Some(squash) = graph.squash_of(id) {
        return format!(" (replaced by {})", squash.id);
    }
    let parents = graph.get(id).map_or(0, |revision| revision.down_revision.len());
    let children = graph.children(id).count();
    let marks = [
        (parents == 0, "base"),
        (parents > 1, "merge point"),
        (children > 1, "branch point"),
        (children == 0, "head"),
        (current.contains(&id), "current"),
    ];
    let marks: String = marks.iter().filter(|(holds, _)| *holds).map(|(_, mark)| format!(" ({mark})")).collect();
    marks + &graph.labels(id).iter().map(|label| format!(" [{}]", styled(LABEL, label))).collect::<String>()
}

/// A revision with its marks and its message, without its parents.
pub fn short(graph: &Graph, id: &str, message: &str) -> String {
    format!("{}{}, {message}", styled(ID, id), marks(graph, id, &[]))
}

/// The target for all heads, or for all heads of a branch.
pub fn all_heads(branch: Option<&String>) -> String {
    branch.map_or("heads".to_owned(), |branch| format!("{branch}@heads"))
}

/// The parents and the id of a revision, its marks, and its message.
pub fn line(graph: &Graph, revision: &ListedRevision<'_>, current: &[&str]) -> String {
    let id = revision.id;
    let parents = parents(graph, id);
    format!("{} -> {}{}, {}", parents, styled(ID, id), marks(graph, id, current), revision.message)
}

/// All details of a revision, on several lines.
pub fn block(graph: &Graph, revision: &ListedRevision<'_>, current: &[&str], file: &str) -> String {
    let id = revision.id;
    let mut lines = vec![
        format!("Revision: {}{}", styled(ID, id), marks(graph, id, current)),
        format!("Parent:   {}", parents(graph, id)),
    ];
    let optional = [("Depends:  ", &revision.depends_on), ("Labels:   ", &revision.branch_labels)];
    lines.extend(
        optional.iter().filter(|(_, ids)| !ids.is_empty()).map(|(name, ids)| format!("{name}{}", ids.join(", "))),
    );
    lines.push(format!("Created:  {}", revision.created));
    lines.push(format!("File:     {file}"));
    lines.push(format!("\n    {}\n", revision.message));
    lines.join("\n")
}

fn parents(graph: &Graph, id: &str) -> String {
    match graph.get(id).map(|revision| revision.down_revision.join(", ")) {
        Some(parents) if !parents.is_empty() => parents,
        _ => styled(DIM, "base"),
    }
}
