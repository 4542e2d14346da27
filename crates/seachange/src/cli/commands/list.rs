//! Revisions as answers: JSON for programs, and what several commands print for people.

use std::path::PathBuf;

use seachange_graph::Graph;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::printable;
use crate::cli::problem::Problem;
use crate::cli::terminal::{ID, Terminal, styled};
use crate::migrator::Standing;
use crate::revision::Script;
use crate::store::Row;

/// A revision as JSON.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    /// Nothing for a revision that only the database knows, as some below.
    message: Option<&'a str>,
    /// The path, relative to the crate.
    file: Option<PathBuf>,
    created: Option<&'a str>,
    down_revision: Vec<&'a str>,
    depends_on: Vec<&'a str>,
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

impl<'a> Entry<'a> {
    /// A revision of a newer program, where the database stands.
    fn of_row(row: &'a Row) -> Self {
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

/// Prints a revision of a newer program, of which there is no more to tell.
pub(crate) fn answer_row(context: &Context, row: &Row) {
    let id = styled(ID, printable::name(&row.revision));
    context.terminal.answer(format!("{id}, not a revision of this program"));
}

/// Prints where the database stands as JSON.
pub(crate) fn answer_standing(terminal: Terminal, graph: &Graph, standing: &Standing) -> Result<(), Problem> {
    let current: Vec<&str> = standing.known.iter().map(|script| script.revision.id).collect();
    let known = standing.known.iter().map(|script| Entry::new(graph, script, Some(&current)));
    let entries: Vec<Entry<'_>> = known.chain(standing.of_newer.iter().map(Entry::of_row)).collect();
    answer_json(terminal, &entries)
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
    terminal.answer_raw(serde_json::to_string_pretty(value).map_err(Problem::json)?);
    Ok(())
}
