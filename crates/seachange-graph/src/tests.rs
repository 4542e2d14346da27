//! Small graphs written as text: `a -> b, a -> c, b c -> d` makes `d` the merge point of `b` and `c`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod applied;
mod conformance;
mod history;
mod load;
mod plan;
mod properties;
mod squash;
mod target;

use crate::{AppliedSet, Graph, Plan, PlanError, Revision};

/// Reads a graph; a name that appears only on the left is a base.
fn revisions(text: &str) -> Vec<Revision> {
    let mut revisions: Vec<Revision> = Vec::new();
    for edge in text.split(',').map(str::trim).filter(|edge| !edge.is_empty()) {
        let (parents, child) = edge.split_once("->").unwrap_or(("", edge));
        let parents: Vec<&str> = parents.split_whitespace().collect();
        for &parent in &parents {
            if !revisions.iter().any(|revision| revision.id == parent) {
                revisions.push(Revision::new(parent));
            }
        }
        let child = parents.iter().fold(Revision::new(child.trim()), |child, &parent| child.after(parent));
        match revisions.iter_mut().find(|revision| revision.id == child.id) {
            Some(known) => *known = child,
            None => revisions.push(child),
        }
    }
    revisions
}

fn graph(text: &str) -> Graph {
    Graph::new(revisions(text)).unwrap()
}

/// Takes `heads` and everything below as applied.
fn applied_at(graph: &Graph, heads: &str) -> AppliedSet {
    let nothing = graph.applied([]).unwrap();
    let mut applied: Vec<String> = Vec::new();
    for head in heads.split_whitespace() {
        let plan = graph.upgrade(&nothing, &[head.parse().unwrap()]).unwrap();
        applied.extend(plan.steps.into_iter().map(|step| step.revision));
    }
    graph.applied(applied.iter().map(|id| (id.as_str(), vec![]))).unwrap()
}

/// The steps as one line, or the error.
fn summary(plan: Result<Plan, PlanError>) -> String {
    match plan {
        Ok(plan) => plan.steps.iter().map(|step| step.revision.as_str()).collect::<Vec<_>>().join(" "),
        Err(error) => format!("error: {error}"),
    }
}
