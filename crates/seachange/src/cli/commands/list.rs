//! Revisions as answers: JSON for programs, and what several commands print for people.

use std::path::PathBuf;

use seachange_graph::Graph;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::revision::Script;

/// A revision as JSON.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    message: &'a str,
    /// The path, relative to the crate.
    file: PathBuf,
    created: &'a str,
    down_revision: &'a [&'a str],
    depends_on: &'a [&'a str],
    branch_labels: &'a [&'a str],
    is_head: bool,
    /// Left out where the database was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_current: Option<bool>,
}

impl<'a> Entry<'a> {
    fn new(graph: &Graph, script: &'a Script, current: Option<&[&str]>) -> Self {
        let revision = &script.revision;
        Self {
            id: revision.id,
            message: script.message,
            file: script.path(),
            created: revision.created,
            down_revision: revision.down_revision,
            depends_on: revision.depends_on,
            branch_labels: revision.branch_labels,
            is_head: graph.children(revision.id).next().is_none(),
            is_current: current.map(|current| current.contains(&revision.id)),
        }
    }
}

/// Prints a revision: a line, or with `--verbose` everything about it, as `show` does.
pub(crate) fn answer(context: &Context, graph: &Graph, script: &Script) {
    context.terminal.answer(match context.terminal.verbose {
        true => describe::block(graph, script, &[], &context.project.file(script)),
        false => describe::short(graph, script.revision.id, script.message),
    });
}

/// Prints revisions as JSON; `current` are the ids where the database stands, if it was asked.
pub(crate) fn answer_entries<'a>(
    terminal: Terminal,
    graph: &Graph,
    scripts: impl IntoIterator<Item = &'a Script>,
    current: Option<&[&str]>,
) -> Result<(), Problem> {
    let entries: Vec<Entry<'_>> = scripts.into_iter().map(|script| Entry::new(graph, script, current)).collect();
    answer_json(terminal, &entries)
}

/// Prints a value as JSON.
pub(crate) fn answer_json(terminal: Terminal, value: &impl Serialize) -> Result<(), Problem> {
    terminal.answer(serde_json::to_string_pretty(value).map_err(Problem::json)?);
    Ok(())
}
