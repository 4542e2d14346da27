//! `revision`.

use chrono::{SecondsFormat, Utc};
use clap::Args;
use seachange_graph::Graph;
use seachange_graph::fault::quoted;
use seachange_source::check::Problem as SourceProblem;
use seachange_source::{NewRevision, check, new_id, scan, write_new};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;

/// Arguments of `revision`.
#[derive(Debug, Args)]
pub(crate) struct RevisionArgs {
    /// What the revision does, in a few words: the first line of the file, and its name
    #[arg(short, long)]
    message: String,
    /// The id, instead of a random one of 12 hexadecimal digits
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
}

impl RevisionArgs {
    /// Reads the files and not the registry, which may be older than the last file written.
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Problem> {
        let versions = context.project.versions();
        if !context.project.manifest_dir.is_dir() {
            let folder = context.project.manifest_dir.display();
            return Err(Problem::usage(format!("the folder of the migration crate is not here: `{folder}`"))
                .hint("`revision` writes a source file, so it runs where the sources are"));
        }
        let graph = check(&scan(&versions)).map_err(|problems| broken(&problems))?;
        let new = NewRevision {
            id: self.rev_id.unwrap_or_else(new_id),
            message: self.message,
            down_revision: only_head(&graph)?,
            created: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            ..NewRevision::default()
        };
        let path = write_new(&versions, &new)?;
        context.terminal.answer(context.project.shown(&path));
        Ok(Exit::Success)
    }
}

/// The head that the new revision comes after: none in an empty graph.
fn only_head(graph: &Graph) -> Result<Vec<String>, Problem> {
    let heads: Vec<String> = graph.heads().iter().map(|head| head.id.clone()).collect();
    if heads.len() > 1 {
        return Err(Problem::usage(format!(
            "{} heads, and a new revision comes after one: {}",
            heads.len(),
            quoted(&heads)
        ))
        .hint("make them one first: name one as the `down_revision` of the other"));
    }
    Ok(heads)
}

fn broken(problems: &[SourceProblem]) -> Problem {
    let start = Problem::new(Exit::Mismatch, "the revision files make no graph");
    problems.iter().fold(start, |problem, source| problem.detail(source.to_string()).hint(source.way_out()))
}
