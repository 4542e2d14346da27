//! Revisions that find no place among the files: what there is to choose from, as commands to type.

use std::path::PathBuf;

use seachange_graph::ResolveError;
use seachange_graph::fault::quoted;
use seachange_source::{PlaceError, Sources};

use super::graph;
use crate::cli::problem::Problem;
use crate::cli::typed::Typed;

/// How many choices are spelled out at most.
const SPELLED_OUT: usize = 4;

/// Explains why `typed` has no place among `sources`.
pub(crate) fn place(error: &PlaceError, sources: &Sources, typed: &Typed) -> Problem {
    let problem = Problem::usage(error.to_string());
    match error {
        PlaceError::Resolve(ResolveError::SeveralHeads { heads, branch }) => {
            several_heads(heads, branch.as_deref(), sources, typed)
        }
        PlaceError::Resolve(error) => graph::resolve(error),
        PlaceError::Relative { .. } => problem.hint("name a revision or a label, or say `head` or `heads`"),
        PlaceError::SeveralParents { parents } => {
            let problem = listed(problem, parents, sources);
            problem.hint(one_of(parents, typed)).hint(format!("or join them first: `merge {}`", parents.join(" ")))
        }
        PlaceError::NotHead { revision, .. } => not_head(problem, revision, sources, typed),
        PlaceError::NothingToMerge { heads, .. } => nothing_to_merge(problem, heads, sources),
        PlaceError::Ancestor { below, above } => problem.hint(format!("leave `{below}` out: it is part of `{above}`")),
        PlaceError::NoDependency { .. } => problem.hint("name a revision or a label"),
        PlaceError::UnknownFolder { folders, .. } => problem
            .hint(format!("`--version-path` takes {}", or(folders.iter().map(|folder| format!("`{}`", shown(folder))))))
            .hint("`seachange_source::build::revisions_in` in `build.rs` declares another"),
        PlaceError::WhichFolder { folders } => {
            let choices = folders.iter().map(|folder| typed.adding(&["--version-path", &shown(folder)]));
            problem.hint(format!("say which: {}", or(choices)))
        }
        _ => problem,
    }
}

fn several_heads(heads: &[String], branch: Option<&str>, sources: &Sources, typed: &Typed) -> Problem {
    let count = heads.len();
    let place = branch.map(|branch| format!(" on branch `{branch}`")).unwrap_or_default();
    let all = branch.map_or_else(|| "heads".to_owned(), |branch| format!("{branch}@heads"));
    if typed.command == "merge" {
        let problem = Problem::usage(format!("`head` is one, and there are {count}{place}: {}", quoted(heads)));
        return listed(problem, heads, sources).hint(format!("to join them: {}", typed.after(&[all])));
    }
    let problem =
        Problem::usage(format!("{count} heads{place}, and a new revision comes after one: {}", quoted(heads)));
    listed(problem, heads, sources).hint(one_of(heads, typed)).hint(format!("or join them first: `merge {all}`"))
}

/// Says what each revision is: its labels and its message.
fn listed(problem: Problem, ids: &[String], sources: &Sources) -> Problem {
    ids.iter().fold(problem, |problem, id| {
        let labels: String = sources.graph().labels(id).iter().map(|label| format!(" ({label})")).collect();
        let message = sources.file(id).map_or("", |file| &file.message);
        problem.detail(format!("`{id}`{labels}, {message}"))
    })
}

fn one_of(ids: &[String], typed: &Typed) -> String {
    format!("to go on from one: {}", or(ids.iter().map(|id| typed.after(&[id]))))
}

fn not_head(problem: Problem, revision: &str, sources: &Sources, typed: &Typed) -> Problem {
    let problem = problem.hint(format!("to start a branch there: {}", typed.adding(&["--splice"])));
    match sources.graph().heads().as_slice() {
        [head] if typed.command == "revision" => {
            problem.hint(format!("or come after the head: {}", typed.after(&[&head.id])))
        }
        _ if typed.command == "revision" => problem.hint(format!("`heads` lists what is above `{revision}`")),
        _ => problem,
    }
}

fn nothing_to_merge(problem: Problem, heads: &[String], sources: &Sources) -> Problem {
    match heads {
        [] => problem.hint("`revision -m MESSAGE` writes the first"),
        [_] => problem.hint("`revision -m MESSAGE` goes on from the head"),
        heads => listed(problem, heads, sources).hint("to join all heads: `merge heads`"),
    }
}

/// `a or b or c`, of which the first few.
fn or(choices: impl Iterator<Item = String>) -> String {
    choices.take(SPELLED_OUT).collect::<Vec<_>>().join(" or ")
}

fn shown(folder: &PathBuf) -> String {
    folder.display().to_string()
}
