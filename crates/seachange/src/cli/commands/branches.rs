//! `branches`.

use clap::Args;
use seachange_graph::{Graph, Revision};
use serde::Serialize;

use super::list::{answer, answer_json};
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Diagnostic;
use crate::revision::RegisteredRevision;

/// Arguments of `branches`.
#[derive(Debug, Args)]
pub(crate) struct BranchesArgs {
    #[command(flatten)]
    format: FormatArgs,
}

/// A revision and the branches that leave it.
struct BranchPoint {
    script: &'static RegisteredRevision,
    branches: Vec<&'static RegisteredRevision>,
}

/// A branch point as JSON.
#[derive(Debug, Serialize)]
struct BranchPointJson<'a> {
    id: &'a str,
    message: &'a str,
    branches: Vec<BranchJson<'a>>,
}

/// A branch that leaves a branch point, as JSON.
#[derive(Debug, Serialize)]
struct BranchJson<'a> {
    id: &'a str,
    message: &'a str,
    labels: Vec<&'a str>,
}

impl BranchesArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let graph = context.graph()?;
        let script = |revision: &Revision| context.project.migrations.get(&revision.id);
        let branch_point = |revision: &&Revision| {
            let branches = graph.children(&revision.id).filter_map(script).collect();
            Some(BranchPoint { script: script(revision)?, branches })
        };
        let points: Vec<BranchPoint> = graph.branch_points().iter().filter_map(branch_point).collect();
        match self.format.format {
            Format::Json => {
                let entries: Vec<BranchPointJson<'_>> = points.iter().map(|point| entry(graph, point)).collect();
                answer_json(context.terminal, &entries)?;
            }
            Format::Text if points.is_empty() => context.terminal.status("no revision has several children"),
            Format::Text => points.iter().for_each(|point| print(context, graph, point)),
        }
        Ok(Exit::Success)
    }
}

fn print(context: &Context, graph: &Graph, point: &BranchPoint) {
    answer(context, graph, point.script);
    for branch in &point.branches {
        context.terminal.print(format!("    -> {}", describe::short(graph, branch.revision.id, branch.message)));
    }
}

fn entry<'a>(graph: &'a Graph, point: &BranchPoint) -> BranchPointJson<'a> {
    let branch = |script: &&'static RegisteredRevision| {
        let id = script.revision.id;
        BranchJson { id, message: script.message, labels: graph.labels(id) }
    };
    let script = point.script;
    BranchPointJson {
        id: script.revision.id,
        message: script.message,
        branches: point.branches.iter().map(branch).collect(),
    }
}
