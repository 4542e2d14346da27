//! Resolution of targets in files, where no database gives a current revision; and a check for revisions below
//! others.

use std::collections::HashMap;

use seachange_graph::{Graph, Revision, Target};

use super::error::PlacementError;

/// Finds the revisions that a target stands for, independent of what a database has applied.
pub(super) fn resolve<'a>(graph: &'a Graph, target: &Target) -> Result<Vec<&'a Revision>, PlacementError> {
    if target.is_relative() {
        return Err(PlacementError::Relative { target: target.clone() });
    }
    Ok(graph.resolve(&graph.all_applied(), target)?)
}

/// Finds two of the revisions of which one descends from the other by parents: the lower and the upper id. Linear in
/// the number of revisions below.
pub(super) fn ancestor(graph: &Graph, revisions: &[&Revision]) -> Option<(String, String)> {
    let mut descendant: HashMap<&str, &str> = HashMap::new();
    for start in revisions {
        let mut open: Vec<&Revision> = vec![start];
        while let Some(revision) = open.pop() {
            for parent in &revision.down_revision {
                if !descendant.contains_key(parent.as_str()) {
                    descendant.insert(parent, &start.id);
                    open.extend(graph.get(parent));
                }
            }
        }
    }
    let lower = revisions.iter().find(|revision| descendant.contains_key(revision.id.as_str()))?;
    Some((lower.id.clone(), descendant.get(lower.id.as_str())?.to_string()))
}
