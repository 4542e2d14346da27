//! Output of revisions: JSON for programs, and text that several commands share.

use std::path::Path;

use seachange_graph::Graph;
use serde::Serialize;

use crate::describe;
use crate::diagnostic::Diagnostic;
use crate::project::{ListedRevision, Project};
use crate::terminal::Terminal;

/// A revision as JSON.
#[derive(Debug, Serialize)]
pub struct RevisionJson<'a> {
    /// The id.
    pub id: &'a str,
    /// `None` for a revision that only the database knows.
    pub message: Option<&'a str>,
    /// The path, relative to the crate.
    pub file: Option<&'a Path>,
    /// When the file was created.
    pub created: Option<&'a str>,
    /// The parents.
    pub down_revision: Vec<&'a str>,
    /// The dependencies.
    pub depends_on: Vec<&'a str>,
    /// The labels that the file gives.
    pub branch_labels: Vec<&'a str>,
    /// Whether it has no children.
    pub is_head: bool,
    /// Omitted if the database was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_current: Option<bool>,
}

impl<'a> RevisionJson<'a> {
    /// The JSON of a revision; `current` are the ids of the current revisions, if the database was read.
    pub fn new(graph: &Graph, revision: &'a ListedRevision<'_>, current: Option<&[&str]>) -> Self {
        Self {
            id: revision.id,
            message: Some(revision.message),
            file: Some(&revision.path),
            created: Some(revision.created),
            down_revision: revision.down_revision.clone(),
            depends_on: revision.depends_on.clone(),
            branch_labels: revision.branch_labels.clone(),
            is_head: graph.children(revision.id).next().is_none(),
            is_current: current.map(|current| current.contains(&revision.id)),
        }
    }
}

/// Prints a revision: one line, or with `--verbose` the same details as `show`.
pub fn answer(terminal: Terminal, project: &Project<'_>, revision: &ListedRevision<'_>) {
    let graph = project.graph();
    terminal.print(match terminal.verbose {
        true => describe::block(graph, revision, &[], &project.file(revision)),
        false => describe::short(graph, revision.id, revision.message),
    });
}

/// Prints revisions as JSON; `current` are the ids of the current revisions, if the database was read.
pub fn answer_entries<'a, 'p: 'a>(
    terminal: Terminal,
    graph: &Graph,
    revisions: impl IntoIterator<Item = &'a ListedRevision<'p>>,
    current: Option<&[&str]>,
) -> Result<(), Diagnostic> {
    let entry = |revision| RevisionJson::new(graph, revision, current);
    answer_json(terminal, &revisions.into_iter().map(entry).collect::<Vec<_>>())
}

/// Prints a value as JSON.
pub fn answer_json(terminal: Terminal, value: &impl Serialize) -> Result<(), Diagnostic> {
    terminal.answer_raw(serde_json::to_string_pretty(value).map_err(Diagnostic::json)?);
    Ok(())
}
