//! Output of revisions: JSON for programs, and text that several commands share.

use std::path::PathBuf;

use seachange_graph::Graph;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::printable;
use crate::cli::problem::Diagnostic;
use crate::cli::terminal::{ID, Terminal, styled};
use crate::migrator::DatabasePosition;
use crate::revision::RegisteredRevision;
use crate::store::RevisionRow;

/// A revision as JSON.
#[derive(Debug, Serialize)]
struct RevisionJson<'a> {
    id: &'a str,
    /// `None` for a revision that only the database knows.
    message: Option<&'a str>,
    /// The path, relative to the crate.
    file: Option<PathBuf>,
    created: Option<&'a str>,
    down_revision: Vec<&'a str>,
    depends_on: Vec<&'a str>,
    branch_labels: &'a [&'a str],
    is_head: bool,
    /// Omitted if the database was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_current: Option<bool>,
}

impl<'a> RevisionJson<'a> {
    fn new(graph: &Graph, script: &'a RegisteredRevision, current: Option<&[&str]>) -> Self {
        let revision = &script.revision;
        Self {
            id: revision.id,
            message: Some(script.message),
            file: Some(script.path()),
            created: Some(revision.created),
            down_revision: revision.down_revision.to_vec(),
            depends_on: revision.depends_on.to_vec(),
            branch_labels: revision.branch_labels,
            is_head: graph.children(revision.id).next().is_none(),
            is_current: current.map(|current| current.contains(&revision.id)),
        }
    }
}

impl<'a> RevisionJson<'a> {
    /// A current revision that only a newer program knows.
    fn of_row(row: &'a RevisionRow) -> Self {
        let names = |names: &'a [String]| names.iter().map(String::as_str).collect();
        Self {
            id: &row.revision,
            message: None,
            file: None,
            created: None,
            down_revision: names(&row.down_revision),
            depends_on: names(&row.depends_on),
            branch_labels: &[],
            is_head: false,
            is_current: Some(true),
        }
    }
}

/// Prints a revision that only a newer program knows, with the little that is known of it.
pub(crate) fn answer_row(context: &Context, row: &RevisionRow) {
    let id = styled(ID, printable::name(&row.revision));
    context.terminal.print(format!("{id}, not a revision of this program"));
}

/// Prints the current revisions as JSON.
pub(crate) fn answer_standing(
    terminal: Terminal,
    graph: &Graph,
    standing: &DatabasePosition,
) -> Result<(), Diagnostic> {
    let current: Vec<&str> = standing.known.iter().map(|script| script.revision.id).collect();
    let known = standing.known.iter().map(|script| RevisionJson::new(graph, script, Some(&current)));
    let entries: Vec<RevisionJson<'_>> = known.chain(standing.of_newer.iter().map(RevisionJson::of_row)).collect();
    answer_json(terminal, &entries)
}

/// Prints a revision: one line, or with `--verbose` the same details as `show`.
pub(crate) fn answer(context: &Context, graph: &Graph, script: &RegisteredRevision) {
    context.terminal.print(match context.terminal.verbose {
        true => describe::block(graph, script, &[], &context.project.file(script)),
        false => describe::short(graph, script.revision.id, script.message),
    });
}

/// Prints revisions as JSON; `current` are the ids of the current revisions, if the database was read.
pub(crate) fn answer_entries<'a>(
    terminal: Terminal,
    graph: &Graph,
    scripts: impl IntoIterator<Item = &'a RegisteredRevision>,
    current: Option<&[&str]>,
) -> Result<(), Diagnostic> {
    let entries: Vec<RevisionJson<'_>> =
        scripts.into_iter().map(|script| RevisionJson::new(graph, script, current)).collect();
    answer_json(terminal, &entries)
}

/// Prints a value as JSON.
pub(crate) fn answer_json(terminal: Terminal, value: &impl Serialize) -> Result<(), Diagnostic> {
    terminal.answer_raw(serde_json::to_string_pretty(value).map_err(Diagnostic::json)?);
    Ok(())
}
