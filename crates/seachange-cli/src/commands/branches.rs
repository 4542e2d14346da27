//! `branches`.

use clap::Args;
use seachange_graph::{Graph, Revision};
use serde::Serialize;

use super::list::{answer, answer_json};
use crate::describe;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::format::{Format, FormatArgs};
use crate::project::{ListedRevision, Project};
use crate::terminal::Terminal;

/// Arguments of `branches`.
#[derive(Debug, Args)]
pub struct BranchesArgs {
    #[command(flatten)]
    format: FormatArgs,
}

/// A revision and the branches that leave it.
struct BranchPoint<'a> {
    revision: &'a ListedRevision<'a>,
    branches: Vec<&'a ListedRevision<'a>>,
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
    /// Prints the branch points.
    pub fn run(self, terminal: Terminal, project: &Project<'_>) -> Result<Exit, Diagnostic> {
        let graph = project.graph();
        let branch_point = |revision: &&Revision| {
            let branches = project.select(graph.children(&revision.id));
            Some(BranchPoint { revision: project.get(&revision.id)?, branches })
        };
        let points: Vec<BranchPoint<'_>> = graph.branch_points().iter().filter_map(branch_point).collect();
        match self.format.format {
            Format::Json => {
                let entries: Vec<BranchPointJson<'_>> = points.iter().map(|point| entry(graph, point)).collect();
                answer_json(terminal, &entries)?;
            }
            Format::Text if points.is_empty() => terminal.status("no revision has several children"),
            Format::Text => points.iter().for_each(|point| print(terminal, project, point)),
        }
        Ok(Exit::Success)
    }
}

fn print(terminal: Terminal, project: &Project<'_>, point: &BranchPoint<'_>) {
    answer(terminal, project, point.revision);
    for branch in &point.branches {
        terminal.print(format!("    -> {}", describe::short(project.graph(), branch.id, branch.message)));
    }
}

fn entry<'a>(graph: &'a Graph, point: &BranchPoint<'a>) -> BranchPointJson<'a> {
    let branch = |branch: &&'a ListedRevision<'a>| BranchJson {
        id: branch.id,
        message: branch.message,
        labels: graph.labels(branch.id),
    };
    BranchPointJson {
        id: point.revision.id,
        message: point.revision.message,
        branches: point.branches.iter().map(branch).collect(),
    }
}
