//! Reads the targets of a command.

use seachange_graph::{Graph, ResolveError, Target};

use crate::describe;
use crate::diagnostic::{Diagnostic, SPELLED_OUT};
use crate::project::Project;

/// The maximum number of heads that are described.
const DESCRIBED: usize = 12;

/// Reads one target. Rejects those that are invalid on any database, before a database is reached or created.
///
/// # Errors
///
/// A text that is not a target, and a target that no database can have.
pub fn read_one(project: &Project<'_>, command: &str, text: &str) -> Result<Target, Diagnostic> {
    let target: Target = text.parse()?;
    let graph = project.graph();
    match graph.resolve(&graph.all_applied(), &target) {
        // Whether a name is known does not depend on the database; where steps lead may depend on it.
        Err(error) if !target.is_relative() || matches!(error, ResolveError::Find(_)) => {
            Err(explain(project, graph, command, error))
        }
        _ => Ok(target),
    }
}

/// Adds to the error for an ambiguous `head` a description of each head, and the possible commands.
fn explain(project: &Project<'_>, graph: &Graph, command: &str, error: ResolveError) -> Diagnostic {
    let ResolveError::SeveralHeads { heads, branch } = &error else {
        return error.into();
    };
    let all = describe::all_heads(branch.as_ref());
    let each: Vec<String> = heads.iter().take(SPELLED_OUT).map(|head| format!("`{command} {head}`")).collect();
    let listed = heads.iter().take(DESCRIBED).filter_map(|head| project.get(head));
    let joined = if heads.len() > SPELLED_OUT { all.clone() } else { heads.join(" ") };
    listed
        .map(|head| describe::short(graph, head.id, head.message))
        .fold(Diagnostic::usage(error.to_string()), Diagnostic::styled_detail)
        .hint(format!("`{command} {all}` is for all of them, {} for one", each.join(" or ")))
        .hint(format!("`merge {joined}` writes a revision that joins them"))
}
