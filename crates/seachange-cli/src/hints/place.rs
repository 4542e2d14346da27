//! Hints for revisions that cannot be placed: the possible choices, as commands to type.

use seachange_graph::{ResolveError, Target};
use seachange_source::{PlacementError, RevisionFiles};

use crate::command_line::CommandLine;
use crate::describe;
use crate::diagnostic::{Diagnostic, SPELLED_OUT};

/// Explains why the command `typed` cannot place a revision among `sources`.
pub fn place(error: &PlacementError, sources: &RevisionFiles, typed: &CommandLine) -> Diagnostic {
    let problem = Diagnostic::usage(error.to_string());
    match error {
        PlacementError::Resolve(error) => unresolved(error, sources, typed),
        PlacementError::Dependency { target, error } => dependency(problem, target, error, sources, typed),
        PlacementError::Relative { .. } => problem.hint("name a revision or a label, or say `head` or `heads`"),
        PlacementError::SeveralParents { parents } => {
            let message = format!("{} revisions were named, but a new revision has one parent", parents.len());
            let problem = one_of(listed(Diagnostic::usage(message), parents, sources), parents, typed);
            problem.hint(format!("or join them first: `merge {}`", parents.join(" ")))
        }
        PlacementError::NotHead { revision, .. } => not_head(problem, revision, sources, typed),
        PlacementError::NothingToMerge { heads, .. } => nothing_to_merge(problem, heads, sources, typed),
        PlacementError::Ancestor { below, above } => problem.hint(format!("omit `{below}`: it is part of `{above}`")),
        PlacementError::NoDependency { .. } => problem.hint("name a revision or a label"),
        PlacementError::UnknownFolder { .. } => {
            problem.hint("`seachange_source::build::revisions_in` in `build.rs` declares another")
        }
        PlacementError::WhichFolder { folders } => folders.iter().take(SPELLED_OUT).fold(problem, |problem, folder| {
            let folder = folder.to_string_lossy();
            problem.hint(format!("for `{folder}`: {}", typed.adding(&["--version-path", &folder])))
        }),
        _ => problem,
    }
}

fn unresolved(error: &ResolveError, sources: &RevisionFiles, typed: &CommandLine) -> Diagnostic {
    let problem = Diagnostic::usage(error.to_string());
    match error {
        ResolveError::SeveralHeads { heads, branch } => several_heads(heads, branch.as_ref(), sources, typed),
        ResolveError::SeveralWays { candidates, .. } => one_of(listed(problem, candidates, sources), candidates, typed),
        ResolveError::TooFar { .. } => problem.hint("`history` lists the revisions"),
        error => error.clone().into(),
    }
}

fn several_heads(
    heads: &[String],
    branch: Option<&String>,
    sources: &RevisionFiles,
    typed: &CommandLine,
) -> Diagnostic {
    let place = branch.map(|branch| format!(" on branch `{branch}`")).unwrap_or_default();
    let all = describe::all_heads(branch);
    let start = format!("{} heads{place}", heads.len());
    if typed.command == "merge" {
        let problem = Diagnostic::usage(format!("{start}, but `head` stands for one"));
        return listed(problem, heads, sources).hint(format!("to join them: {}", typed.after(&[all])));
    }
    let problem = Diagnostic::usage(format!("{start}, but a new revision has one parent"));
    one_of(listed(problem, heads, sources), heads, typed).hint(format!("or join them first: `merge {all}`"))
}

/// Explains a dependency that cannot be resolved: the possible values of `--depends-on`.
fn dependency(
    problem: Diagnostic,
    target: &Target,
    error: &ResolveError,
    sources: &RevisionFiles,
    typed: &CommandLine,
) -> Diagnostic {
    let instead = |id: &str| typed.replacing("--depends-on", target, id);
    let one_of = |ids: &[String]| {
        let hint = |id: &String| format!("to depend on `{id}`: {}", instead(id));
        let listed = listed(Diagnostic::usage(&problem.message), ids, sources);
        ids.iter().take(SPELLED_OUT).map(hint).fold(listed, Diagnostic::hint)
    };
    match error {
        ResolveError::SeveralHeads { heads, branch } => {
            let all = describe::all_heads(branch.as_ref());
            one_of(heads).hint(format!("to depend on all of them: {}", instead(&all)))
        }
        ResolveError::SeveralWays { candidates, .. } => one_of(candidates),
        error => Diagnostic::from(error.clone()).hints.into_iter().fold(problem, Diagnostic::hint),
    }
}

/// Describes each revision: its labels, its marks and its message.
fn listed(problem: Diagnostic, ids: &[String], sources: &RevisionFiles) -> Diagnostic {
    ids.iter().fold(problem, |problem, id| {
        let message = sources.file(id).map_or("", |file| &file.message);
        problem.styled_detail(describe::short(sources.graph(), id, message))
    })
}

/// Adds a command for each revision that the new one can come after.
fn one_of(problem: Diagnostic, ids: &[String], typed: &CommandLine) -> Diagnostic {
    ids.iter()
        .take(SPELLED_OUT)
        .fold(problem, |problem, id| problem.hint(format!("to continue from `{id}`: {}", typed.after(&[id]))))
}

fn not_head(problem: Diagnostic, revision: &str, sources: &RevisionFiles, typed: &CommandLine) -> Diagnostic {
    let spliced = typed.adding(&["--splice"]);
    if typed.command == "merge" {
        return problem.hint(format!("to join it anyway: {spliced}"));
    }
    let problem = problem.hint(format!("to start a branch there: {spliced}"));
    one_of(problem, &heads_above(revision, sources), typed)
}

fn heads_above(revision: &str, sources: &RevisionFiles) -> Vec<String> {
    let graph = sources.graph();
    let Ok(target) = format!("{revision}@heads").parse() else { return Vec::new() };
    let heads = graph.resolve(&graph.all_applied(), &target).unwrap_or_default();
    heads.iter().map(|head| head.id.clone()).collect()
}

fn nothing_to_merge(problem: Diagnostic, heads: &[String], sources: &RevisionFiles, typed: &CommandLine) -> Diagnostic {
    match heads {
        [] => problem.hint("`revision -m MESSAGE` writes the first"),
        [_] => problem.hint("`revision -m MESSAGE` continues from the head"),
        heads => listed(problem, heads, sources).hint(format!("to join all heads: {}", typed.after(&["heads"]))),
    }
}
